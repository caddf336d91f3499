// view_canary_test.cpp: what people see of a canary that a rollback ended, and of plugins that move.
#include <catch2/catch.hpp>

#include "cli/table.hpp"
#include "cli/views.hpp"
#include "reading.hpp"

namespace socle::cli {

TEST_CASE("view: a rollback that ended a canary tells of the canary, and of nothing that was loaded", "[cli]") {
  const Reading answer(R"({"plugin":"hello","version":"1.0.0","outcome":"canary ended","from":5,"to":3,"load_ms":0,
    "flip_ms":0.143896,"pause_ms":0,"drain_ms":0.174,"failed":0,"old_state":"unmapped","terms":[]})");
  CHECK(view_report(answer, false) ==
        "hello 1.0.0: generation 5 → 3, canary ended\n"
        "  flip               144 µs\n"
        "  drain              174 µs\n"
        "  failed requests    0\n"
        "  canary generation  unmapped\n");
}

TEST_CASE("view: a rollback that found its canary over already tells what stays, as a warning", "[cli]") {
  const Reading answer(R"({"plugin":"hello","version":"1.0.0","outcome":"canary was over already, reverted: slow",
    "from":5,"to":3,"load_ms":0,"flip_ms":0,"pause_ms":0,"drain_ms":0.174,"failed":0,"old_state":"unmapped","terms":[]})");
  CHECK(view_report(answer, false) ==
        "hello 1.0.0: generation 3 stays, canary was over already, reverted: slow\n"
        "  failed requests    0\n"
        "  canary generation  unmapped\n");
  CHECK(view_report(answer, true).find(tinted("canary was over already, reverted: slow", Tint::warn, true)) !=
        std::string::npos);
}

TEST_CASE("view: plugin show says how a canary ended, plugin list does not", "[cli]") {
  const std::string generations = R"([{"plugin":"hello","version":"1.0.0","generation":3,"state":"active"},
    {"plugin":"hello","version":"1.1.0","generation":4,"state":"unmapped",
     "verdict":"reverted: ended by `socle plugin rollback hello`"}])";
  const Reading shown(R"({"plugin":"hello","generations":)" + generations + "}");
  const std::string text = view_plugin(shown, false);
  CHECK(text.find("ACTIVE SINCE (UTC)  AS A CANARY\n") != std::string::npos);
  CHECK(text.find("reverted: ended by `socle plugin rollback hello`\n") != std::string::npos);
  const Reading listed(R"({"plugins":)" + generations + "}");
  CHECK(view_plugins(listed, false).find("AS A CANARY") == std::string::npos);
}

TEST_CASE("view: a move says from where to where, in its report and in a plan", "[cli]") {
  const std::string terms = R"("terms":[{"key":"home","before":"kernel","after":"cell"},
    {"key":"limits.memory","before":"512MiB","after":"64MiB"}])";
  const Reading report(R"({"plugin":"hello","version":"1.0.0","outcome":"active","from":3,"to":4,"load_ms":2,
    "flip_ms":1,"pause_ms":0,"drain_ms":1,"failed":0,"old_state":"unmapped",)" +
                       terms + "}");
  CHECK(view_report(report, false).find("\n  home             kernel → cell\n  limits.memory    512MiB → 64MiB\n") !=
        std::string::npos);
  const Reading plan(R"({"plugins":[{"plugin":"hello","version":"1.0.0","outcome":"move","from":3,"to":0,)" + terms +
                     R"(}],"changes":[]})");
  CHECK(view_changes(plan, true, false) ==
        "~ plugin hello 1.0.0: move\n"
        "    home: kernel → cell\n"
        "    limits.memory: 512MiB → 64MiB\n"
        "1 plugin and 0 settings would change; `socle apply` makes it so\n");
}

TEST_CASE("view: a plan warns of what it takes and may be a mistake, also when nothing would change", "[cli]") {
  const std::string warnings = R"(,"warnings":["canary of b: no tenant 'acmee'; did you mean 'acme'?"]})";
  CHECK(view_changes(Reading(R"({"plugins":[],"changes":[])" + warnings), true, false) ==
        "! canary of b: no tenant 'acmee'; did you mean 'acme'?\n"
        "no difference: the system runs as this file says\n");
  const Reading changes(R"({"plugins":[],"changes":[{"key":"x","kind":"added","before":"","after":"2"}])" + warnings);
  CHECK(view_changes(changes, false, false) ==
        "+ x: 2\n! canary of b: no tenant 'acmee'; did you mean 'acme'?\n0 plugins and 1 setting changed\n");
}

}  // namespace socle::cli
