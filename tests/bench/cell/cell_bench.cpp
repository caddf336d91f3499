// cell_bench: a call of 256 bytes into a cell and back, against a bare shared-memory ring with the same wake-up (an
// eventfd in an epoll on both sides) in the same run; both placements (both processes on one core, each on its own),
// one call at a time and many in flight. Best of five rounds, because other load only ever adds; then what an idle cell
// costs. On two cores a ring whose ends do nothing at all between receiving and sending answers before its peer is
// asleep, so it is measured three times: as it is, with 2 µs of work on each side (it then sleeps, as whatever serves
// requests does), and with that work and the look before a sleep that workers have.
//
//   kernel ── bus.call ─▶ ring ─▶ cell: bus, plugin ─▶ ring ─▶ done callback
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <future>
#include <sstream>
#include <string>
#include <vector>

#include "cell/link/link.hpp"
#include "unit/cell/spawned.hpp"

namespace {

using namespace socle;
using Clock = std::chrono::steady_clock;

constexpr int round_trips = 20'000;
constexpr int rounds = 5;
constexpr size_t body = 256;

void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

double best(const std::function<double()>& round) {
  round();
  double least = 1e18;
  for (int i = 0; i < rounds; ++i) least = std::min(least, round());
  return least;
}

// ---- the bare ring: two counters, a buffer each way, an eventfd in an epoll each side

struct Bare {
  struct Side {
    alignas(64) std::atomic<uint64_t> count;
    char bytes[body];
  } there, back;
};

class Sleeper {
 public:
  Sleeper(int fd, bool looks) : epoll_(epoll_create1(0)), looks_(looks) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void wait() const {
    epoll_event event{};
    const auto until = Clock::now() + std::chrono::microseconds(20);
    while (looks_ && Clock::now() < until) {
      if (epoll_wait(epoll_, &event, 1, 0) > 0) return;
    }
    epoll_wait(epoll_, &event, 1, -1);
  }

 private:
  int epoll_;
  bool looks_;
};

void wake(int fd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(fd, &one, sizeof one);
}

// Waits until `side` has sent `n` messages, sleeping where nothing is there.
void receive(const Bare::Side& side, uint64_t n, const Sleeper& sleeper, char* to) {
  while (side.count.load(std::memory_order_acquire) < n) sleeper.wait();
  std::memcpy(to, side.bytes, body);
}

void work(std::chrono::nanoseconds time) {
  for (const auto until = Clock::now() + time; Clock::now() < until;) {}
}

double bare_round_trip(int core_here, int core_there, std::chrono::nanoseconds busy, bool looks) {
  auto* shared =
      static_cast<Bare*>(mmap(nullptr, sizeof(Bare), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const int to_child = eventfd(0, EFD_NONBLOCK), to_parent = eventfd(0, EFD_NONBLOCK);
  const pid_t child = fork();
  if (child == 0) {
    pin(core_there);
    const Sleeper sleeper(to_child, looks);
    char text[body];
    for (uint64_t n = 1;; ++n) {
      receive(shared->there, n, sleeper, text);
      if (busy.count() > 0) work(busy);
      std::memcpy(shared->back.bytes, text, body);
      shared->back.count.store(n, std::memory_order_release);
      wake(to_parent);
    }
  }
  pin(core_here);
  const Sleeper sleeper(to_parent, looks);
  uint64_t n = 0;
  char text[body] = {};
  const double ns = best([&] {
    const auto begun = Clock::now();
    for (int i = 0; i < round_trips; ++i) {
      std::memcpy(shared->there.bytes, text, body);
      shared->there.count.store(++n, std::memory_order_release);
      wake(to_child);
      receive(shared->back, n, sleeper, text);
      if (busy.count() > 0) work(busy);
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - begun).count() / round_trips;
  });
  ::kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return ns;
}

// ---- the cell: the parrot of tests/unit/cell, whose `echo` gives the payload back

double pss_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string word;
  double pss = 0;
  while (file >> word) {
    if (word == "Pss:") file >> pss;
  }
  return pss / 1024;
}

double calls_at_once(bus::Bus& bus, uint32_t target, int in_flight) {
  struct State {
    bus::Bus& bus;
    uint32_t target;
    int left, pending;
    bus::Context* context;
    bus::Payload* payload;
    std::promise<void> done{};
    void more() {
      while (left > 0 && pending < most) {
        --left;
        ++pending;
        socle_reply reply{};
        const auto answered = [](void* user, const socle_reply* r) {
          auto& s = *static_cast<State*>(user);
          bus::Payload::of(r->payload)->release();
          --s.pending;
          s.more();
          if (s.left == 0 && s.pending == 0) s.done.set_value();
        };
        bus.call(bus.worker(0), nullptr, *context, target, payload, nullptr, &reply, answered, this);
      }
    }
    int most;
  };
  const auto begun = Clock::now();
  auto state = std::make_shared<State>(State{bus, target, round_trips, 0, nullptr, nullptr, {}, in_flight});
  bus.worker(0).post([state] {
    bus::Identity who;
    who.tenant = "acme";
    who.principal = "ann";
    state->context = bus::Context::open(who, nullptr);
    state->payload = bus::Payload::make(std::string(body, 'x'), SOCLE_MEDIA_TEXT, {});
    state->more();
  });
  state->done.get_future().wait();
  return std::chrono::duration<double, std::nano>(Clock::now() - begun).count() / round_trips;
}

struct Measured {
  double one, piped, pss;
};

Measured measure_cell(int core_here, int core_there) {
  telemetry::Metrics metrics;
  bus::Settings settings;
  settings.workers = 1;
  bus::Bus bus(settings, metrics);
  bus.start();
  bus::Generation g(bus, "parrot", "1", 1, {}, 2);
  cell::CellSpec spec;
  spec.text.plugin = "parrot";
  spec.text.methods = {{"parrot/1", "echo"}};
  spec.text.offload_threads = 1;
  spec.spawn = [core_there](const cell::CellBoot& boot) {
    pin(core_there);  // the staging thread's, which the child inherits
    return cell::test::Spawned::start(boot, "parrot");
  };
  cell::Link link(bus, g, std::move(spec));
  g.attach(&link.descriptor());
  bus.run_staged(
      [&] {
        socle_reply error{};
        if (link.descriptor().create(&g, nullptr, &g.instance, &error) != SOCLE_OK) std::abort();
      },
      std::chrono::seconds(20));
  auto snapshot = std::make_shared<bus::Snapshot>();
  const uint32_t target = *bus.target("parrot/1", "echo");
  snapshot->routes.resize(target + 1);
  snapshot->routes[target].primary = {&g, 0};
  if (!bus.install(snapshot, std::chrono::seconds(5))) std::abort();
  std::promise<void> pinned;
  bus.worker(0).post([&] {
    pin(core_here);
    pinned.set_value();
  });
  pinned.get_future().wait();
  Measured m{};
  m.pss = pss_of(link.facts().front().pid);
  m.one = best([&] { return calls_at_once(bus, target, 1); });
  m.piped = best([&] { return calls_at_once(bus, target, 32); });
  bus.run_staged([&] { link.descriptor().destroy(g.instance); }, std::chrono::seconds(20));
  bus.stop();
  return m;
}

}  // namespace

int main() {
  const int other = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 1 : 0;
  for (const int there : {0, other}) {
    const double bare = bare_round_trip(0, there, {}, false);
    const double busy = bare_round_trip(0, there, std::chrono::microseconds(2), false);
    const double looking = there == 0 ? busy : bare_round_trip(0, there, std::chrono::microseconds(2), true);
    const Measured cell = measure_cell(0, there);
    std::printf(
        "cell round trip %zu B, %-10s: bare ring %.2f us, with 2 us of work a side %.2f us, and looking before it "
        "sleeps %.2f us; cell %.2f us = %.2f x, %.2f x, %.2f x; 32 in flight %.0f calls/s\n",
        body, there == 0 ? "same core" : "other core", bare / 1e3, busy / 1e3, looking / 1e3, cell.one / 1e3,
        cell.one / bare, cell.one / busy, cell.one / looking, 1e9 / cell.piped);
    if (there == 0) std::printf("idle cell: %.1f MB Pss (limit 5), a plugin built in\n", cell.pss);
    std::fflush(stdout);
    if (there == other) break;
  }
  std::printf(
      "settings: %d round trips, best of %d rounds; wake-up by eventfd in an epoll on both sides; workers look for 20 "
      "us first\n",
      round_trips, rounds);
  return 0;
}
