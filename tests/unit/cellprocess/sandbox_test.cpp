// sandbox_test.cpp: denied accesses one by one, each told by name.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "jail.hpp"

using socle::cell::CapturedLog;
using socle::cell::Jail;
using socle::cell::Sandbox;

namespace {

void write_file(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("sandbox: all of it is enforced on a machine that can, and what is not is said", "[cell]") {
  Jail jail;
  REQUIRE(jail.what_becomes_of("nothing") == "done");
  CHECK(jail.control.confinement().sound);
  for (const std::string& problem : jail.control.confinement().missing) {
    CAPTURE(problem);
    // Control groups belong to root and namespaces may be switched off; all else needs no privilege.
    CHECK((problem.starts_with("no writable control group for ") || problem.starts_with("namespaces: ")));
  }
}

TEST_CASE("sandbox: a file that is not declared cannot be read, and is told", "[cell]") {
  const CapturedLog log;
  Jail jail;
  const std::string secret = jail.dir / "secret";
  write_file(secret, "42");
  CHECK(jail.what_becomes_of("read " + secret) == "EACCES");
  CHECK(log.tells("the sandbox refused openat of " + secret));
  CHECK(log.tells("\"generation\":\"7\""));
}

TEST_CASE("sandbox: a declared file can be read and not written", "[cell]") {
  const CapturedLog log;
  Jail jail;
  const std::string file = jail.dir / "declared";
  write_file(file, "42");
  Sandbox sandbox;
  sandbox.read = {file};
  CHECK(jail.what_becomes_of("read " + file, sandbox) == "read 42");
  CHECK(jail.what_becomes_of("create " + file, sandbox) == "EACCES");
  CHECK(jail.what_becomes_of("read " + file + ".other", sandbox) == "EACCES");
}

TEST_CASE("sandbox: below a declared folder files can be made, beside it not", "[cell]") {
  const CapturedLog log;
  Jail jail;
  std::filesystem::create_directory(jail.dir / "own");
  Sandbox sandbox;
  sandbox.write = {jail.dir / "own"};
  CHECK(jail.what_becomes_of("create " + (jail.dir / "own/file"), sandbox) == "done");
  CHECK(std::filesystem::file_size(jail.dir / "own/file") == 3);
  CHECK(jail.what_becomes_of("create " + (jail.dir / "beside"), sandbox) == "EACCES");
  CHECK(jail.what_becomes_of("create " + (jail.dir / "own/../beside"), sandbox) == "EACCES");
  CHECK_FALSE(std::filesystem::exists(jail.dir / "beside"));
}

TEST_CASE("sandbox: a link inside a declared folder does not lead out of it", "[cell]") {
  const CapturedLog log;
  Jail jail;
  std::filesystem::create_directory(jail.dir / "own");
  write_file(jail.dir / "secret", "42");
  std::filesystem::create_symlink(jail.dir / "secret", jail.dir / "own/link");
  Sandbox sandbox;
  sandbox.read = {jail.dir / "own"};
  CHECK(jail.what_becomes_of("read " + (jail.dir / "own/link"), sandbox) == "EACCES");
}

TEST_CASE("sandbox: names cannot be changed, not even where files can be written", "[cell]") {
  const CapturedLog log;
  Jail jail;
  std::filesystem::create_directory(jail.dir / "own");
  write_file(jail.dir / "own/file", "42");
  Sandbox sandbox;
  sandbox.write = {jail.dir / "own"};
  CHECK(jail.what_becomes_of("unlink " + (jail.dir / "own/file"), sandbox) == "EPERM");
  CHECK(log.tells("the sandbox refused unlink of " + (jail.dir / "own/file")));
  CHECK(jail.what_becomes_of("mkdir " + (jail.dir / "own/folder"), sandbox) == "EPERM");
  CHECK(log.tells("the sandbox refused mkdir of " + (jail.dir / "own/folder")));
  CHECK(jail.what_becomes_of("rename " + (jail.dir / "own/file") + " " + (jail.dir / "own/other"), sandbox) == "EPERM");
  CHECK(log.tells("the sandbox refused rename of " + (jail.dir / "own/file")));
}

TEST_CASE("sandbox: sockets need the permission", "[cell]") {
  const CapturedLog log;
  Jail jail;
  CHECK(jail.what_becomes_of("inet") == "EPERM");
  CHECK(log.tells("the sandbox refused socket"));
  CHECK(jail.what_becomes_of("unix") == "EPERM");
  Sandbox sandbox;
  sandbox.network = true;
  CHECK(jail.what_becomes_of("inet", sandbox) == "done");
}

TEST_CASE("sandbox: there are no other processes", "[cell]") {
  const CapturedLog log;
  Jail jail;
  CHECK(jail.what_becomes_of("fork") == "EPERM");
  CHECK(log.tells("the sandbox refused fork"));
  CHECK(jail.what_becomes_of("vfork-by-hand") == "EPERM");
  CHECK(jail.what_becomes_of("exec") == "EPERM");
  CHECK(log.tells("the sandbox refused execve of /bin/true"));
  CHECK(jail.what_becomes_of("ptrace") == "EPERM");
  CHECK(log.tells("the sandbox refused ptrace"));
  CHECK(jail.what_becomes_of("kill-parent") == "EPERM");
  CHECK(log.tells("the sandbox refused kill"));
  CHECK(jail.what_becomes_of("signal-by-fcntl") == "EPERM");
  CHECK(log.tells("the sandbox refused fcntl"));
  CHECK(jail.what_becomes_of("pin-parent") == "EPERM");
  CHECK(log.tells("the sandbox refused sched_setaffinity"));
}

TEST_CASE("sandbox: the system cannot be reached by its rarer doors", "[cell]") {
  const CapturedLog log;
  Jail jail;
  for (const std::string call : {"unshare", "mount", "bpf"}) {
    CHECK(jail.what_becomes_of(call) == "EPERM");
    CHECK(log.tells("the sandbox refused " + call));
  }
  CHECK(jail.what_becomes_of("memfd") == "EPERM");
  CHECK(log.tells("the sandbox refused memfd_create"));
  CHECK(jail.what_becomes_of("unknown-call") == "EPERM");
  CHECK(log.tells("the sandbox refused system call 999"));
  CHECK(jail.what_becomes_of("shared-memory") == "ENOMEM");
}

TEST_CASE("sandbox: a cell cannot arrange to outlive the kernel", "[cell]") {
  const CapturedLog log;
  Jail jail;
  CHECK(jail.what_becomes_of("outlive") == "EPERM");
  CHECK(log.tells("the sandbox refused prctl"));
}

TEST_CASE("sandbox: one that never stops asking is ended", "[cell]") {
  const CapturedLog log;
  Jail jail;
  auto inmate = jail.hold("ask-for-ever");
  REQUIRE(inmate);
  CHECK(inmate->result().empty());
  CHECK(inmate->process->epitaph({}).starts_with("killed by SIGKILL"));
  CHECK(log.tells("a cell is ended: it floods the kernel with calls that its sandbox refuses"));
}

TEST_CASE("sandbox: one that opens what it may without end is ended, too", "[cell]") {
  const CapturedLog log;
  Jail jail;
  auto inmate = jail.hold("open-for-ever");
  REQUIRE(inmate);
  CHECK(inmate->result().empty());
  CHECK(inmate->process->epitaph({}).starts_with("killed by SIGKILL"));
  CHECK(log.tells("a cell is ended: it floods the kernel with files that it opens"));
}

TEST_CASE("sandbox: what a plugin needs works", "[cell]") {
  Jail jail;
  CHECK(jail.what_becomes_of("thread") == "a thread ran");
  CHECK(jail.what_becomes_of("maps") == "readable");
  CHECK(jail.what_becomes_of("read /dev/null") == "read ");
}

TEST_CASE("sandbox: memory ends at its limit, as a refusal or with the process", "[cell]") {
  Jail jail;
  Sandbox sandbox;
  sandbox.memory = uint64_t{64} << 20U;
  auto inmate = jail.hold("memory", sandbox);
  REQUIRE(inmate);
  const std::string result = inmate->result();
  const std::string epitaph = inmate->process->epitaph({});
  CAPTURE(result, epitaph);
  CHECK((result.starts_with("refused after ") || epitaph.starts_with("killed by SIGKILL")));
}

TEST_CASE("sandbox: descriptors end at their limit", "[cell]") {
  Jail jail;
  Sandbox sandbox;
  sandbox.files = 64;
  CHECK(jail.what_becomes_of("descriptors", sandbox).starts_with("refused after "));
}
