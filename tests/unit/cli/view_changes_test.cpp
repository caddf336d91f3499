// view_changes_test.cpp: plan and apply as a diff, explanations, flat answers.
#include <catch2/catch.hpp>

#include "cli/views.hpp"
#include "reading.hpp"

namespace socle::cli {
namespace {

constexpr const char* planned = R"({"plugins":[
    {"plugin":"new","version":"1.0.0","outcome":"load","from":0,"to":0},
    {"plugin":"gateway","version":"1.2.0","outcome":"swap","from":3,"to":0},
    {"plugin":"hello","version":"","outcome":"unload","from":5,"to":0}],
  "changes":[{"key":"plans.demo.weight","kind":"changed","before":"1","after":"10"},
    {"key":"tenants.a.plan","kind":"added","before":"","after":"demo"},
    {"key":"watch.system","kind":"removed","before":"false","after":""}]})";

}  // namespace

TEST_CASE("view: plan is a diff with + - ~", "[cli]") {
  CHECK(view_changes(Reading(planned), true, false) ==
        "+ plugin new 1.0.0: load\n"
        "~ plugin gateway 1.2.0: swap\n"
        "- plugin hello: unload\n"
        "~ plans.demo.weight: 1 → 10\n"
        "+ tenants.a.plan: demo\n"
        "- watch.system: false\n"
        "3 plugins and 3 settings would change; `socle apply` makes it so\n");
}

TEST_CASE("view: the diff is coloured by sign", "[cli]") {
  const std::string text = view_changes(Reading(planned), true, true);
  CHECK(text.find("\x1b[32m+ plugin new") != std::string::npos);
  CHECK(text.find("\x1b[33m~ plugin gateway") != std::string::npos);
  CHECK(text.find("\x1b[31m- plugin hello") != std::string::npos);
}

TEST_CASE("view: apply says what became of each plugin", "[cli]") {
  const Reading answer(R"({"plugins":[{"plugin":"hello","version":"1.0.0","outcome":"active","from":3,"to":4,
    "load_ms":2,"drain_ms":0.5,"failed":1,"old_state":"unmapped"},
    {"plugin":"bye","version":"1.0.0","outcome":"unloaded","from":2,"to":0,"drain_ms":1,"failed":0,
    "old_state":"unmapped"}],"changes":[{"key":"x","kind":"changed","before":"1","after":"2"}]})");
  CHECK(view_changes(answer, false, false) ==
        "~ plugin hello 1.0.0: active, load 2 ms, drain 500 µs, failed requests 1, old generation unmapped\n"
        "- plugin bye 1.0.0: unloaded, drain 1 ms, failed requests 0, old generation unmapped\n"
        "~ x: 1 → 2\n"
        "2 plugins and 1 setting changed\n");
}

TEST_CASE("view: apply says that a canary was begun, without the times of a swap", "[cli]") {
  const Reading answer(R"({"plugins":[{"plugin":"hello","version":"1.0.1","outcome":"canary 5% for 1min begun","from":3,
    "to":4,"load_ms":0,"drain_ms":0,"failed":0,"old_state":""}],"changes":[]})");
  CHECK(view_changes(answer, false, false) ==
        "~ plugin hello 1.0.1: canary 5% for 1min begun\n1 plugin and 0 settings changed\n");
}

TEST_CASE("view: plan marks what a running kernel cannot change", "[cli]") {
  const Reading answer(R"({"plugins":[],"changes":[
    {"key":"workers","kind":"changed","before":"1","after":"2","restart":true},
    {"key":"plans.a.rate","kind":"changed","before":"1","after":"2","restart":false}]})");
  CHECK(view_changes(answer, true, false) ==
        "~ workers: 1 → 2 (needs a restart)\n"
        "~ plans.a.rate: 1 → 2\n"
        "0 plugins and 2 settings would change; 1 of them not in a running kernel, so `socle apply` refuses this file: "
        "restart `socle run` with it\n");
}

TEST_CASE("view: no difference is said in words", "[cli]") {
  const Reading nothing(R"({"plugins":[],"changes":[]})");
  CHECK(view_changes(nothing, true, false) == "no difference: the system runs as this file says\n");
  CHECK(view_changes(nothing, false, false) == "nothing to change: the system ran as this file says\n");
}

TEST_CASE("view: explain call says allowed or refused, and why", "[cli]") {
  CHECK(view_explained_call(Reading(R"({"from":"a","to":"s/1.m","allowed":true,"why":"granted"})"), false) ==
        "✓ allowed: a → s/1.m\n  granted\n");
  CHECK(view_explained_call(Reading(R"({"from":"a","to":"s/1.m","allowed":false,"why":"not granted"})"), false) ==
        "✗ refused: a → s/1.m\n  not granted\n");
}

TEST_CASE("view: explain access says the verdict and what was considered", "[cli]") {
  const Reading answer(R"({"effect":"deny","by":{"kind":"rule","text":{"en":"Rule 'p/r' denies it."}},"considered":[
    {"kind":"grant","role":"clerk","scope":"own","result":"true"},{"kind":"rule","policy":"p","rule":"r","result":"true"}]})");
  CHECK(view_explained_access(answer, false) ==
        "✗ denied: Rule 'p/r' denies it.\n  grant of role clerk, scope own: true\n  rule p/r: true\n");
  CHECK(view_explained_access(Reading(R"({"effect":"allow","by":{"text":{"en":"Yes."}}})"), false) ==
        "✓ allowed: Yes.\n");
}

TEST_CASE("view: explain plugin lists what breaks", "[cli]") {
  const Reading answer(R"({"plugin":"storage","breaks":[{"plugin":"notes","needs":"storage/1","optional":false},
    {"plugin":"forms","needs":"storage/1","optional":true}],"routes":["GET /v1/x"],"listeners":["http"]})");
  CHECK(view_explained_plugin(answer, false) ==
        "without storage:\n"
        "  plugin notes stops: it needs storage/1\n"
        "  plugin forms does without storage/1\n"
        "  route GET /v1/x answers 404\n"
        "  listener http has nobody to answer on it\n");
  CHECK(view_explained_plugin(Reading(R"({"plugin":"x","breaks":[],"routes":[],"listeners":[]})"), false) ==
        "nothing breaks without x\n");
}

TEST_CASE("view: a flat answer is lines of name and value", "[cli]") {
  const Reading answer(
      R"({"ok":true,"index_entries":12345,"size_bytes":2048,"note":"底座","problems":[],"ratio":0.5})");
  CHECK(view_facts(answer, false) ==
        "ok             yes\n"
        "index entries  12,345\n"
        "size bytes     2 KiB\n"
        "note           底座\n"
        "problems       none\n"
        "ratio          0.5\n");
  CHECK(view_facts(Reading("{}"), false) == "done\n");
}

}  // namespace socle::cli
