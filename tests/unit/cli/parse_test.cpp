// parse_test.cpp: the command line against the table, and every usage error's text.
#include "cli/parse.hpp"

#include <catch2/catch.hpp>

namespace socle::cli {
namespace {

using Words = std::vector<std::string>;

Invocation good(const Words& words) {
  auto parsed = parse(words, "/home/op");
  INFO((parsed ? "" : parsed.error().message));
  REQUIRE(parsed);
  return std::move(*parsed);
}

std::string refusal(const Words& words) {
  const auto parsed = parse(words, "/home/op");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == Code::invalid);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("parse: flags may stand before, between and after the words", "[cli]") {
  for (const Words& words : {Words{"--json", "plugin", "show", "a"}, Words{"plugin", "--json", "show", "a"},
                             Words{"plugin", "show", "a", "--json"}}) {
    const auto parsed = good(words);
    CHECK(parsed.command->words == "plugin show");
    CHECK(parsed.arguments == Words{"a"});
    CHECK(parsed.has("--json"));
  }
}

TEST_CASE("parse: --flag=value is --flag value", "[cli]") {
  CHECK(good({"plugin", "move", "a", "--home=cell"}).get("--home") == "cell");
  CHECK(good({"status", "--control=/x/y"}).get("--control") == "/x/y");
}

TEST_CASE("parse: paths for the kernel are made absolute and lose their last slash", "[cli]") {
  CHECK(good({"plugin", "load", "plugins/hello/"}).arguments == Words{"/home/op/plugins/hello"});
  CHECK(good({"plugin", "swap", "hello", "../b/./hello"}).arguments == Words{"hello", "/home/b/hello"});
  CHECK(good({"storage", "backup", "/srv/b"}).arguments == Words{"/srv/b"});
  CHECK(good({"plan", "next.yaml"}).arguments == Words{"/home/op/next.yaml"});
  CHECK(good({"plugin", "load", "."}).arguments == Words{"/home/op"});
}

TEST_CASE("parse: what this process opens itself stays as typed", "[cli]") {
  CHECK(good({"status", "--control", "data/c.sock"}).get("--control") == "data/c.sock");
  CHECK(good({"run", "s.yaml", "--data", "d"}).arguments == Words{"s.yaml"});
}

TEST_CASE("parse: the kernel is told words, arguments and its own flags", "[cli]") {
  const auto swap = good({"plugin", "swap", "a", "/p", "--for=1s", "--canary", "5%", "--json", "--control", "c"});
  CHECK(words_for_kernel(swap) == Words{"plugin", "swap", "a", "/p", "--canary", "5%", "--for", "1s"});
  CHECK(words_for_kernel(good({"top", "--once"})) == Words{"top"});
  CHECK(words_for_kernel(good({"plugin", "verify", "/p", "--system", "s.yaml"})) == Words{"plugin", "verify", "/p"});
}

TEST_CASE("parse: after -- a word that begins with a dash is an argument", "[cli]") {
  CHECK(good({"plugin", "show", "--", "--json"}).arguments == Words{"--json"});
}

TEST_CASE("parse: help is found wherever it stands, for all, a group and a command", "[cli]") {
  CHECK(good({"--help"}).command == nullptr);
  CHECK(good({"-h"}).help);
  CHECK(good({"plugin", "--help"}).group == "plugin");
  CHECK(good({"plugin", "swap", "--help"}).command->words == "plugin swap");
  CHECK(good({"run", "--help"}).command->words == "run");
}

TEST_CASE("parse: an unknown command is refused with the nearest known one", "[cli]") {
  CHECK(refusal({"stauts"}) == "unknown command 'stauts'; did you mean 'status'? `socle --help` lists the commands");
  CHECK(refusal({"plugin", "lst"}) ==
        "unknown command 'plugin lst'; did you mean 'list'? `socle plugin --help` explains them");
  CHECK(refusal({"storage", "zzzz"}) ==
        "unknown command 'storage zzzz'; wanted one of backup, verify, restore; `socle storage --help` explains them");
  CHECK(refusal({"explain"}) ==
        "`socle explain` wants one of call, plugin, access; `socle explain --help` explains them");
  CHECK(refusal({}) == "no command given, wanted one of those that `socle --help` lists");
}

TEST_CASE("parse: commands of later parts do not exist", "[cli]") {
  for (const std::string word : {"chaos", "bench", "upgrade"}) {
    CHECK(refusal({word}) == "unknown command '" + word + "'; `socle --help` lists the commands");
    CHECK(refusal({word, "--help"}) == "unknown command '" + word + "'; `socle --help` lists the commands");
  }
}

TEST_CASE("parse: an unknown flag is refused with the nearest known one", "[cli]") {
  CHECK(refusal({"plugin", "swap", "a", "b", "--canry", "5%"}) ==
        "unknown flag '--canry' of `socle plugin swap`; did you mean '--canary'? `socle plugin swap --help` lists its "
        "flags");
  CHECK(refusal({"status", "--zzzzzz"}) ==
        "unknown flag '--zzzzzz' of `socle status`; `socle status --help` lists its flags");
  CHECK(refusal({"--verson"}) ==
        "unknown flag '--verson'; did you mean '--version'? `socle --help` lists commands and flags");
}

TEST_CASE("parse: a flag of another command is unknown here", "[cli]") {
  CHECK(refusal({"status", "--home", "cell"}).starts_with("unknown flag '--home' of `socle status`"));
  CHECK(refusal({"run", "s.yaml", "--json"}).starts_with("unknown flag '--json' of `socle run`"));
}

TEST_CASE("parse: a flag without its value says what it wants", "[cli]") {
  CHECK(refusal({"status", "--control"}) ==
        "flag '--control' wants PATH, found nothing after it; write --control PATH");
  CHECK(refusal({"status", "--control", "--json"}) ==
        "flag '--control' wants PATH, found the flag '--json'; write --control PATH");
  CHECK(refusal({"status", "--json=yes"}) == "flag '--json' takes no value, found 'yes'; write --json");
}

TEST_CASE("parse: a flag's value is checked before anybody is asked", "[cli]") {
  CHECK(refusal({"plugin", "move", "a", "--home", "mars"}) == "flag '--home' wants kernel or cell, found 'mars'");
  CHECK(refusal({"plugin", "swap", "a", "b", "--canary", "500%"}) ==
        "flag '--canary' wants a percentage from 0% to 100% such as 5%, found '500%'");
  CHECK(refusal({"plugin", "swap", "a", "b", "--for", "soon"}) ==
        "flag '--for' wants a duration such as 100ms, 5s or 10min, found 'soon'");
  CHECK(refusal({"run", "s", "--workers", "0"}) == "flag '--workers' wants a number from 1 to 128, found '0'");
  CHECK(refusal({"run", "s", "--listen", "here"}) ==
        "flag '--listen' wants an address such as 127.0.0.1:8080 or [::1]:8080, found 'here'");
  CHECK(refusal({"status", "--control="}) == "flag '--control' wants a path, found ''");
}

TEST_CASE("parse: a flag given twice or missing is refused", "[cli]") {
  CHECK(refusal({"status", "--json", "--json"}) == "flag '--json' is given twice, wanted once");
  CHECK(refusal({"plugin", "move", "a"}) ==
        "`socle plugin move` wants --home kernel|cell, found none; usage: socle plugin move NAME --home kernel|cell");
}

TEST_CASE("parse: too few and too many arguments name what was wanted", "[cli]") {
  CHECK(refusal({"plugin", "show"}) ==
        "`socle plugin show` wants NAME, found no argument; usage: socle plugin show NAME");
  CHECK(refusal({"explain", "call", "a"}) ==
        "`socle explain call` wants FROM TO, found only 'a'; usage: socle explain call FROM TO");
  CHECK(refusal({"status", "now"}) == "`socle status` wants no argument, found 'now' besides; usage: socle status");
  CHECK(refusal({"plugin", "show", ""}) ==
        "`socle plugin show` wants NAME, found an empty text; usage: socle plugin show NAME");
}

TEST_CASE("parse: a last argument may be absent or repeated where the table says so", "[cli]") {
  CHECK(good({"tenant", "create"}).arguments.empty());
  CHECK(good({"tenant", "create", "acme"}).arguments == std::vector<std::string>{"acme"});
  CHECK(refusal({"tenant", "create", "a", "b"}) ==
        "`socle tenant create` wants [ID], found 'b' besides; usage: socle tenant create [ID] [--plan P] [--no-admin] "
        "[--from FILE]");
  CHECK(good({"tenant", "set", "acme", "rate=1", "burst=2"}).arguments ==
        std::vector<std::string>{"acme", "rate=1", "burst=2"});
  CHECK(refusal({"tenant", "set", "acme"}) ==
        "`socle tenant set` wants ID NAME=VALUE..., found only 'acme'; usage: socle tenant set ID NAME=VALUE...");
}

TEST_CASE("parse: --version stands alone", "[cli]") {
  CHECK(good({"--version"}).version);
  CHECK(good({"model", "migrated", "forms/a", "--tenant", "t", "--version", "1.0.0"}).get("--version") == "1.0.0");
  CHECK(refusal({"status", "--version"}) == "flag '--version' stands alone: socle --version");
}

}  // namespace socle::cli
