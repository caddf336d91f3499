// What a cell's death costs: its own calls in flight, and nothing else.
#include "fixture.hpp"

#include <atomic>
#include <cstdio>
#include <fstream>

#include "support/captured_log.hpp"

using namespace socle;
using namespace socle::cell::test;

namespace {

// Counts the epitaphs, of which each may be a crash report.
class Mourned : public cell::Process {
 public:
  Mourned(std::unique_ptr<cell::Process> process, std::atomic<int>& epitaphs)
      : process_(std::move(process)), epitaphs_(epitaphs) {}
  [[nodiscard]] pid_t pid() const override { return process_->pid(); }
  [[nodiscard]] int pidfd() const override { return process_->pidfd(); }
  void kill() override { process_->kill(); }
  bool ended_as_told() override { return process_->ended_as_told(); }
  std::string epitaph(const cell::LastWork& work) override {
    ++epitaphs_;
    return process_->epitaph(work);
  }
  static std::function<void(cell::CellSpec&)> count(std::atomic<int>& epitaphs) {
    return [&epitaphs](cell::CellSpec& spec) {
      spec.spawn = [&epitaphs,
                    spawn = spec.spawn](const cell::CellBoot& boot) -> Result<std::unique_ptr<cell::Process>> {
        auto process = spawn(boot);
        if (!process) return std::move(process).error();
        return std::unique_ptr<cell::Process>(std::make_unique<Mourned>(std::move(*process), epitaphs));
      };
    };
  }

 private:
  const std::unique_ptr<cell::Process> process_;
  std::atomic<int>& epitaphs_;
};

std::string temp_file() {
  std::string name = "/tmp/socle-cell-test-XXXXXX";
  close(mkstemp(name.data()));
  return name;
}

}  // namespace

TEST_CASE("death: a call in flight answers unavailable, and the next one is answered by the restarted cell", "[cell]") {
  ServingCell f;
  const Got got = f.ask("crash");
  CHECK(got.status == SOCLE_UNAVAILABLE);
  CHECK(got.code == "cell_died");
  CHECK(got.message == "the cell of plugin 'parrot' died before it answered; ask again");
  const int64_t begun = telemetry::monotonic_now();
  CHECK(f.ask("echo", "again").text == "again");
  CHECK(telemetry::monotonic_now() - begun < 5'000'000'000);  // generous: the machine may be busy
}

TEST_CASE("death: a call of an idempotent method is asked again of the restarted cell", "[cell]") {
  ServingCell f;
  const std::string file = temp_file();
  const Got got = f.ask("crash_once", file);
  CHECK(got.status == SOCLE_OK);
  CHECK(got.text == "survived");
  CHECK(access(file.c_str(), F_OK) == -1);
}

TEST_CASE("death: it is asked again once, not for ever", "[cell]") {
  ServingCell f;
  f.next.routes[*f.bus.target("parrot/1", "crash")].idempotent = true;
  f.install();
  const Got got = f.ask("crash");
  CHECK(got.status == SOCLE_UNAVAILABLE);
  f.await([&] { return f.facts().deaths == 2; });
}

TEST_CASE("death: the report names tenant, method and input from the kernel's own table", "[cell]") {
  ServingCell f;
  f.ask("crash", "abc", {.tenant = "globex"});
  f.await([&] { return f.facts().deaths > 0; });
  // sha256sum of "abc"
  CHECK(f.facts().last_death == "signal 9 in call of crash for tenant 'globex', 3 B of ba7816bf");
}

TEST_CASE("death: a cell that ends because it was told to has not died, and leaves no report", "[cell]") {
  std::atomic<int> epitaphs{0};
  for (const bool kindly : {true, false}) {
    CAPTURE(kindly);
    ServingCell f("parrot", CellFixture::all_grants(), {}, Mourned::count(epitaphs));
    CHECK(f.ask("echo", "here").text == "here");
    if (!kindly) f.link->kill();
  }  // waits until it is buried
  CHECK(epitaphs == 0);
  {
    ServingCell f("parrot", CellFixture::all_grants(), {}, Mourned::count(epitaphs));
    CHECK(f.ask("crash").status == SOCLE_UNAVAILABLE);
    CHECK(f.ask("echo", "again").text == "again");
    f.await([&] { return f.facts().deaths > 0; });
  }
  CHECK(epitaphs == 1);
}

TEST_CASE("death: a cell that hangs is killed, and its callers are answered at their deadlines before that", "[cell]") {
  ServingCell f;
  const Got got = f.ask("spin", "", {.tenant = "acme", .deadline = telemetry::monotonic_now() + 50'000'000});
  CHECK(got.status == SOCLE_DEADLINE);
  f.await([&] { return f.facts().deaths > 0; });
  CHECK(f.facts().last_death.find("it hangs") != std::string::npos);
  CHECK(f.ask("echo", "well again").text == "well again");
}

TEST_CASE("death: a cell whose timer never ends is killed, though no call is in flight", "[cell]") {
  ServingCell f("parrot", CellFixture::all_grants(), {},
                [](cell::CellSpec& spec) { spec.hang = std::chrono::milliseconds(300); });
  CHECK(f.ask("spin_later").status == SOCLE_OK);
  f.await([&] { return f.facts().deaths > 0; });
  CHECK(f.facts().last_death.find("it hangs") != std::string::npos);
}

TEST_CASE("death: a cell whose offloaded work computes on behind all deadlines is ended, and the work is named",
          "[cell]") {
  testing::CapturedLog log;
  {
    ServingCell f("parrot", CellFixture::all_grants(), {}, [](cell::CellSpec& spec) {
      spec.hang = std::chrono::milliseconds(300);
      spec.text.loop_patience = 500'000'000;
    });
    sched::Account& acme = f.bus.accounts().tenant("acme");
    const int64_t deadline = telemetry::monotonic_now() + 100'000'000;
    const Got got = f.ask("spin_aside", "", {.tenant = "acme", .deadline = deadline, .account = &acme});
    CHECK(got.status == SOCLE_DEADLINE);
    CHECK(f.ask("echo", "meanwhile").text == "meanwhile");
    f.await([&] { return f.facts().deaths > 0; });
    CHECK(f.facts().last_death == "signal 9 in call of spin_aside for tenant 'acme': it hangs");
    CHECK(f.ask("echo", "well again").text == "well again");
  }
  log.stop();
  CHECK(log.text().find("offloaded work of plugin 'parrot' for 'acme' does not end: it computes on, 500 ms after the "
                        "deadline of the call that asked for it") != std::string::npos);
}

TEST_CASE("death: a cell whose instance takes its time to be made does not hang", "[cell]") {
  CellFixture f("slow", CellFixture::all_grants(), {},
                [](cell::CellSpec& spec) { spec.hang = std::chrono::milliseconds(200); });
  CHECK(f.start().empty());
  CHECK(f.facts().deaths == 0);
}

TEST_CASE("death: calls that wait for a restart are answered at their deadlines", "[cell]") {
  ServingCell f("parrot");
  f.link->kill();  // for good: nobody restarts it
  f.await([&] { return f.facts().state == "down"; });
  const Got got = f.ask("echo", "", {.tenant = "acme", .deadline = telemetry::monotonic_now() + 20'000'000});
  CHECK(got.status != SOCLE_OK);
  CHECK(f.runtime->at(0).in_flight.get() == 0);
}

TEST_CASE("death: eight hundred calls around four deaths are each answered once", "[cell]") {
  ServingCell f;
  const uint32_t echo = *f.bus.target("parrot/1", "echo");
  const uint32_t crash = *f.bus.target("parrot/1", "crash");
  std::vector<std::future<Got>> all;
  const bus::Identity who{.tenant = "acme"};
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 100; ++i)
      all.push_back(CellFixture::asked(f.bus, echo, "x", who, static_cast<uint32_t>(i % 2)));
    all.push_back(CellFixture::asked(f.bus, crash, "x", who, 0));
    for (int i = 0; i < 100; ++i)
      all.push_back(CellFixture::asked(f.bus, echo, "x", who, static_cast<uint32_t>(i % 2)));
    int bad = 0;
    for (auto& one : all) {
      const Got got = one.get();
      bad += got.status == SOCLE_OK || got.status == SOCLE_UNAVAILABLE ? 0 : 1;
    }
    CHECK(bad == 0);
    all.clear();
  }
  for (uint32_t w = 0; w < 2; ++w) CHECK(f.runtime->at(w).in_flight.get() == 0);
}

TEST_CASE("death: a cell that dies more often than its intensity allows is left alone for a while", "[cell]") {
  constexpr std::chrono::milliseconds window{4'000};
  ServingCell f("parrot", CellFixture::all_grants(), {}, [&](cell::CellSpec& spec) {
    spec.restart = {std::chrono::milliseconds(1), std::chrono::milliseconds(2), 2, window};
  });
  for (int i = 0; i < 3; ++i) CHECK(f.ask("crash").status == SOCLE_UNAVAILABLE);
  f.await([&] { return f.facts().state == "down"; });
  const int64_t begun = telemetry::monotonic_now();
  const Got impatient = f.ask("echo", "", {.tenant = "acme", .deadline = begun + 20'000'000});
  CHECK(impatient.status == SOCLE_UNAVAILABLE);
  CHECK(impatient.code == "cell_down");
  CHECK(impatient.retry_after == "4");
  CHECK(telemetry::monotonic_now() < begun + 20'000'000);  // at once, not at its deadline
  CHECK(f.facts().state == "down");
  CHECK(f.ask("echo", "back").text == "back");  // waits for the cell, which comes back by itself
  CHECK(telemetry::monotonic_now() - begun > std::chrono::nanoseconds(window).count() / 2);
  CHECK(f.facts().deaths == 3);
}
