// process_test.cpp: births, deaths and what is left of them.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "crash/report.hpp"
#include "jail.hpp"

using socle::cell::CapturedLog;
using socle::cell::Jail;
using socle::cell::LastWork;
using socle::cell::ProcessControl;

namespace {

LastWork work_of(const std::string& plugin) {
  LastWork work;
  work.plugin = plugin;
  work.version = "1.0.0";
  work.generation = 7;
  work.tenant = "acme";
  work.method = "notes/1.put";
  work.input_sha256 = "abcd";
  work.input_size = 12;
  return work;
}

size_t open_descriptors() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

}  // namespace

TEST_CASE("cell process: it lives, ends, and says how", "[cell]") {
  Jail jail;
  auto inmate = jail.hold("exit 5");
  REQUIRE(inmate);
  CHECK(inmate->process->pid() > 0);
  inmate->result();
  CHECK(inmate->process->epitaph(work_of("p")).starts_with("exit code 5 in notes/1.put, report "));
}

TEST_CASE("cell process: a crash leaves a report with signal, stack and the kernel's word on whose it was", "[cell]") {
  Jail jail;
  for (const auto& [what, signal] :
       {std::pair("segv", "SIGSEGV"), std::pair("abort", "SIGABRT"), std::pair("overflow", "SIGSEGV")}) {
    CAPTURE(what);
    auto inmate = jail.hold(what);
    REQUIRE(inmate);
    inmate->result();
    const std::string epitaph = inmate->process->epitaph(work_of(what));
    CHECK(epitaph.starts_with("killed by " + std::string(signal) + " in notes/1.put, report "));
    const auto report = socle::crash::last_of(jail.dir.path(), what);
    REQUIRE(report);
    CHECK(report->find(R"("process":"cell")") != std::string::npos);
    CHECK(report->find(R"("tenant":"acme")") != std::string::npos);
    CHECK(report->find(R"("input_size":12,"input_sha256":"abcd")") != std::string::npos);
    CHECK(report->find("cell_fixture+0x") != std::string::npos);
  }
}

TEST_CASE("cell process: exit 0 and a kill are the ends of one that was told to, a crash and another exit are not",
          "[cell]") {
  Jail jail;
  for (const auto& [what, told] :
       {std::pair("exit 0", true), std::pair("wait", true), std::pair("exit 5", false), std::pair("segv", false)}) {
    CAPTURE(what);
    auto inmate = jail.hold(what);
    REQUIRE(inmate);
    if (std::string(what) == "wait") inmate->process->kill();
    inmate->result();
    CHECK(inmate->process->ended_as_told() == told);
  }
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path(jail.dir.path()) / "crashes"));  // asking writes no report
}

TEST_CASE("cell process: kill ends one that runs, one that is stopped, and one that is dead", "[cell]") {
  Jail jail;
  for (const bool stop : {false, true}) {
    auto inmate = jail.hold("wait");
    REQUIRE(inmate);
    if (stop) ::kill(inmate->process->pid(), SIGSTOP);
    inmate->process->kill();
    inmate->result();
    inmate->process->kill();
    CHECK(inmate->process->epitaph({}).starts_with("killed by SIGKILL"));
  }
}

TEST_CASE("cell process: the report of one that was killed has what the kernel knows of its input", "[cell]") {
  Jail jail;
  auto inmate = jail.hold("wait");
  REQUIRE(inmate);
  inmate->process->kill();
  inmate->result();
  CHECK(inmate->process->epitaph(work_of("wait")).starts_with("killed by SIGKILL in notes/1.put, report "));
  const auto report = socle::crash::last_of(jail.dir.path(), "wait");
  REQUIRE(report);
  CHECK(report->find(R"("signal":"SIGKILL")") != std::string::npos);
  CHECK(report->find(R"("input_size":12,"input_sha256":"abcd")") != std::string::npos);
}

TEST_CASE("cell process: one that is let go of is ended and reaped", "[cell]") {
  Jail jail;
  auto inmate = jail.hold("wait");
  REQUIRE(inmate);
  const pid_t pid = inmate->process->pid();
  inmate->process.reset();
  CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("cell process: what it writes to stderr is a log line with its name", "[cell]") {
  const CapturedLog log;
  Jail jail;
  CHECK(jail.what_becomes_of("say hello-from-inside") == "done");
  CHECK(log.tells(R"("msg":"hello-from-inside","plugin":"say hello-from-inside","generation":"7","home":"cell")"));
}

TEST_CASE("cell process: a zygote that was killed is replaced", "[cell]") {
  Jail jail;
  auto inmate = jail.hold("wait");
  REQUIRE(inmate);
  // Its cells are the kernel's children and live on.
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream comm(entry.path() / "comm");
    std::string name;
    std::getline(comm, name);
    std::ifstream stat(entry.path() / "stat");
    std::string text;
    std::getline(stat, text);
    if (name != "socle-zygote") continue;
    const int parent = std::atoi(text.c_str() + text.rfind(')') + 4);
    if (parent == getpid()) ::kill(std::atoi(entry.path().filename().c_str()), SIGKILL);
  }
  CHECK(jail.what_becomes_of("nothing") == "done");
  CHECK(::kill(inmate->process->pid(), 0) == 0);
}

TEST_CASE("cell process: without a cell the sandbox is tried out", "[cell]") {
  Jail jail;
  CHECK(jail.control.confinement().sound);
}

TEST_CASE("cell process: an executable that is not there is told", "[cell]") {
  const socle::testing::TempDir dir;
  ProcessControl control({dir.path(), {}, "/nowhere/socle"});
  const auto started = control.warm_up();
  REQUIRE_FALSE(started);
  CHECK(started.error().message == "the zygote cannot be started: /nowhere/socle: No such file or directory");
}

TEST_CASE("cell process: a hundred crashes leave no descriptor and no process", "[cell]") {
  const CapturedLog log;
  Jail jail;
  REQUIRE(jail.what_becomes_of("nothing") == "done");
  const size_t before = open_descriptors();
  for (int i = 0; i < 100; ++i) {
    auto inmate = jail.hold("segv");
    REQUIRE(inmate);
    inmate->result();
    REQUIRE(inmate->process->epitaph(work_of("segv")).starts_with("killed by SIGSEGV"));
  }
  // The warden closes its ends when it hears that a cell is gone.
  for (int i = 0; i < 1000 && open_descriptors() > before; ++i) poll(nullptr, 0, 10);
  CHECK(open_descriptors() <= before);
}
