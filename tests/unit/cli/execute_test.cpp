// execute_test.cpp: whole command lines against a kernel that the test plays.
#include "cli/execute.hpp"

#include <catch2/catch.hpp>

#include "loader/verify.hpp"
#include "temp_folder.hpp"

namespace socle::cli {
namespace {

using Words = std::vector<std::string>;

const Error nobody{Code::unavailable, "no kernel answers at data/control.sock"};

struct Fake {
  Result<control::Answer> answer = nobody;
  std::filesystem::path asked_at;
  Words asked;
  World world;

  explicit Fake(Result<control::Answer> with) : answer(std::move(with)) {
    world.ask = [this](const std::filesystem::path& socket, const Words& words) {
      asked_at = socket;
      asked = words;
      return answer;
    };
    world.here = "/home/op";
    world.executable = "/usr/bin/socle";
  }
  Outcome run(const Words& words) {
    const auto parsed = parse(words, world.here);
    REQUIRE(parsed);
    return execute(*parsed, world);
  }
};

control::Answer answered(std::string json, int code = 0) { return {code, std::move(json)}; }

}  // namespace

TEST_CASE("execute: the socket is the flag's, else the environment's, else ./data's", "[cli]") {
  Fake fake(answered(R"({"status":"ok"})"));
  static_cast<void>(fake.run({"status"}));
  CHECK(fake.asked_at == "data/control.sock");
  fake.world.environment_control = "/run/s.sock";
  static_cast<void>(fake.run({"status"}));
  CHECK(fake.asked_at == "/run/s.sock");
  static_cast<void>(fake.run({"status", "--control", "/x"}));
  CHECK(fake.asked_at == "/x");
  fake.world.environment_control = "";
  static_cast<void>(fake.run({"status"}));
  CHECK(fake.asked_at == "data/control.sock");
}

TEST_CASE("execute: --json prints the kernel's answer as it is", "[cli]") {
  const std::string json = R"({ "status": "ok", "unknown": [1.0] })";
  const auto outcome = Fake(answered(json)).run({"status", "--json"});
  CHECK(outcome.out == json + "\n");
  CHECK(outcome.err.empty());
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("execute: a refusal goes to stderr, and with --json to stdout as well", "[cli]") {
  const std::string json = R"({"error":{"code":"not_found","message":"no plugin 'x' is loaded"}})";
  const auto people = Fake(answered(json, 1)).run({"plugin", "unload", "x"});
  CHECK(people.exit_code == 1);
  CHECK(people.out.empty());
  CHECK(people.err == "socle: no plugin 'x' is loaded\n");
  const auto programs = Fake(answered(json, 1)).run({"plugin", "unload", "x", "--json"});
  CHECK(programs.exit_code == 1);
  CHECK(programs.out == json + "\n");
  CHECK(programs.err == people.err);
}

TEST_CASE("execute: the kernel's usage error keeps its exit code", "[cli]") {
  CHECK(Fake(answered(R"({"error":{"code":"invalid","message":"m"}})", 2)).run({"status"}).exit_code == 2);
}

TEST_CASE("execute: without a kernel the error says so and the exit code is 1", "[cli]") {
  const auto outcome = Fake(nobody).run({"plugin", "list"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.err == "socle: no kernel answers at data/control.sock\n");
  const auto json = Fake(nobody).run({"plugin", "list", "--json"});
  CHECK(json.out == R"({"error":{"code":"unavailable","message":"no kernel answers at data/control.sock"}})"
                    "\n");
}

TEST_CASE("execute: an answer that is no JSON is an error that says what to do", "[cli]") {
  const auto outcome = Fake(answered("{half")).run({"status"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.err.starts_with("socle: the kernel's answer is no JSON ("));
  CHECK(outcome.err.ends_with("); use the `socle` that belongs to the running kernel\n"));
}

TEST_CASE("execute: error texts keep their lines and lose control characters", "[cli]") {
  const auto outcome =
      Fake(answered(R"({"error":{"code":"invalid","message":"a.yaml:1:2: x\na.yaml:2:1: \u001b[2J"}})", 1))
          .run({"status"});
  CHECK(outcome.err == "socle: a.yaml:1:2: x\na.yaml:2:1: \\x1b[2J\n");
}

TEST_CASE("execute: findings of a verification stand on lines of their own", "[cli]") {
  const auto outcome = Fake(answered(R"({"error":{"code":"invalid","message":)"
                                     R"("verify plugin 'a': 2 findings: [x] found 1; wanted 2; do: 3 | [y] found 4; )"
                                     R"(wanted 5; do: 6"}})",
                                     1))
                           .run({"plugin", "verify", "/p"});
  CHECK(outcome.err ==
        "socle: verify plugin 'a': 2 findings:\n"
        "  [x] found 1; wanted 2; do: 3\n"
        "  [y] found 4; wanted 5; do: 6\n");
}

TEST_CASE("execute: a canary that was sent back is a report and an error", "[cli]") {
  const auto outcome = Fake(answered(R"({"plugin":"a","version":"1","outcome":"reverted: too few calls","from":1,)"
                                     R"("to":2,"old_state":"unmapped"})",
                                     1))
                           .run({"plugin", "swap", "a", "/p", "--canary", "5%"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out.starts_with("a 1: generation 1 → 2, reverted: too few calls\n"));
  CHECK(outcome.err ==
        "socle: the canary of plugin 'a' was sent back: reverted: too few calls; the old generation goes on; `socle "
        "plugin show` tells its counts, swap again when the cause is gone\n");
}

TEST_CASE("execute: a damaged backup exits 1 in both forms", "[cli]") {
  const std::string json = R"({"ok":false,"documents":3,"problems":["a","b"]})";
  const auto people = Fake(answered(json)).run({"storage", "verify", "/b"});
  CHECK(people.exit_code == 1);
  CHECK(people.out == "ok         no\ndocuments  3\nproblems   a\nproblems   b\n");
  CHECK(people.err ==
        "socle: the backup does not verify: 2 problems found, none wanted; keep it for analysis, and make or use "
        "another one\n");
  CHECK(Fake(answered(json)).run({"storage", "verify", "/b", "--json"}).exit_code == 1);
  CHECK(Fake(answered(R"({"ok":true,"problems":[]})")).run({"storage", "verify", "/b"}).exit_code == 0);
}

TEST_CASE("execute: plan without a kernel checks the file and says what is missing", "[cli]") {
  const TempFolder temp;
  const auto good = temp.write("good.yaml", "socle: 1\nplugins: []\n").string();
  const auto outcome = Fake(nobody).run({"plan", good});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.err ==
        "socle: " + good + " is a valid system manifest (0 plugins), but no kernel answers at data/control.sock\n");
  const auto bad = temp.write("bad.yaml", "socle: 1\npluigns: []\n").string();
  const auto refused = Fake(nobody).run({"plan", bad});
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("bad.yaml:2:1: ") != std::string::npos);
  CHECK(refused.err.find("'plugins'") != std::string::npos);
}

TEST_CASE("execute: plugin verify checks by itself when no kernel answers or --system is given", "[cli]") {
  const auto outcome = Fake(nobody).run({"plugin", "verify", SOCLE_BROKEN_PLUGINS "/good_a"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.starts_with("✓ plugin 'swap' 1.0.0: sha256 "));
  const TempFolder temp;
  Fake fake(answered("{}"));
  static_cast<void>(fake.run({"plugin", "verify", SOCLE_BROKEN_PLUGINS "/good_a", "--system",
                              temp.write("s.yaml", "socle: 1\nplugins: []\n").string()}));
  CHECK(fake.asked.empty());
}

TEST_CASE("execute: a kernel's good verdict is refused when the library's file contradicts the manifest", "[cli]") {
  const control::Answer good = answered(R"({"verified":true,"text":"plugin 'x' 1.0.0"})");
  const auto refused = Fake(good).run({"plugin", "verify", SOCLE_BROKEN_PLUGINS "/null_create"});
  if (!loader::sanitizer_build() || refused.exit_code != 0) {
    CHECK(refused.exit_code == 1);
    CHECK(refused.out.empty());
    CHECK(refused.err ==
          "socle: verify plugin 'null-create': 1 finding:\n"
          "  [descriptor] found no create() (NULL); wanted a function; do: fill create in the descriptor\n");
    CHECK(Fake(good).run({"plugin", "verify", SOCLE_BROKEN_PLUGINS "/good_a"}).out == "✓ plugin 'x' 1.0.0\n");
  }
  const auto unread = Fake(good).run({"plugin", "verify", SOCLE_BROKEN_PLUGINS "/entry_throws"});
  CHECK(unread.exit_code == 0);
  CHECK(unread.out ==
        "✓ plugin 'x' 1.0.0\n"
        "  its entry does more than return a constant: loading it will tell whether its methods are the manifest's\n");
  const auto json = Fake(good).run({"plugin", "verify", SOCLE_BROKEN_PLUGINS "/entry_throws", "--json"});
  CHECK(json.out == R"({"verified":true,"text":"plugin 'x' 1.0.0","descriptor":"unread"})"
                    "\n");
}

TEST_CASE("execute: plugin new tells the next three commands", "[cli]") {
  const TempFolder temp;
  Fake fake(nobody);
  fake.world.here = temp.path();
  const auto outcome = fake.run({"plugin", "new", "stock-keeper"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out ==
        "stock-keeper: plugin 'stock-keeper': CMakeLists.txt, manifest.yaml, stock_keeper.cpp, stock_keeper_test.cpp\n"
        "next:\n"
        "  cmake -S stock-keeper -B stock-keeper/build -DCMAKE_PREFIX_PATH=PREFIX && cmake --build stock-keeper/build\n"
        "  ctest --test-dir stock-keeper/build\n"
        "  socle plugin load stock-keeper/build/plugins/stock-keeper --home kernel\n"
        "PREFIX is where the SDK was put by `cmake --install BUILD --prefix PREFIX`.\n");
  CHECK(fake.run({"plugin", "new", "stock-keeper"}).exit_code == 1);
  CHECK(fake.run({"plugin", "new", "Stock"}).exit_code == 2);
  CHECK(fake.run({"plugin", "new", "b", "--dir", "x/y", "--json"}).out ==
        R"({"plugin":"b","dir":")" + (temp.path() / "x/y").string() +
            R"(","files":["CMakeLists.txt","b.cpp","b_test.cpp","manifest.yaml"]})"
            "\n");
}

TEST_CASE("execute: help and version need nobody", "[cli]") {
  Fake fake(nobody);
  CHECK(fake.run({"--help"}).out.starts_with("socle: the kernel"));
  CHECK(fake.run({"plugin", "--help"}).out.starts_with("usage: socle plugin COMMAND"));
  CHECK(fake.run({"plugin", "swap", "--help"}).out.starts_with("usage: socle plugin swap NAME PATH"));
  CHECK(fake.run({"--version"}).out.starts_with("socle 0."));
  CHECK(fake.run({"--version", "--json"}).out.starts_with(R"({"version":"0.)"));
  CHECK(fake.asked.empty());
}

TEST_CASE("execute: a complaint is one line on stderr, JSON on stdout when asked", "[cli]") {
  const auto outcome = complaint(2, {Code::invalid, "unknown command 'x'"}, true);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err == "socle: unknown command 'x'\n");
  CHECK(outcome.out == R"({"error":{"code":"invalid","message":"unknown command 'x'"}})"
                       "\n");
}

}  // namespace socle::cli
