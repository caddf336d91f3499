// table_test.cpp: what a worker remembers, and that it forgets in time and never goes back.
#include <catch2/catch.hpp>

#include "registry/table.hpp"

using namespace socle::models;

namespace {

VersionFacts facts_of(const std::string& version) {
  VersionFacts out;
  out.version = version;
  out.hash = std::string(64, 'a');
  return out;
}

Head head_of(const std::string& active) {
  Head head;
  head.kind = "rules";
  head.name = "loan";
  head.active = active;
  head.versions.push_back(facts_of(active));
  return head;
}

}  // namespace

TEST_CASE("table: keeps the newest head, whatever the order they come in", "[models]") {
  Table table(1 << 20);
  const Head one = head_of("1.0.0"), two = head_of("1.0.1");
  table.apply("k", two, 7);
  table.put("k", &one, 6);
  CHECK(table.find("k")->active.version == "1.0.1");
  table.put("k", nullptr, 0);
  CHECK(table.find("k")->active.version == "1.0.1");
  CHECK(table.find("other") == nullptr);
}

TEST_CASE("table: remembers that there is nothing", "[models]") {
  Table table(1 << 20);
  table.put("k", nullptr, 0);
  REQUIRE(table.find("k") != nullptr);
  CHECK(table.find("k")->revision == 0);
  const Head first = head_of("1.0.0");
  table.apply("k", first, 1);
  CHECK(table.find("k")->active.version == "1.0.0");
}

TEST_CASE("table: stays within its budget, the least recently used goes first", "[models]") {
  Table table(100'000);
  const Head head = head_of("1.0.0");
  table.put("first", &head, 1);
  for (int i = 0; i < 10'000; ++i) {
    table.put("key-" + std::to_string(i), &head, 1);
    REQUIRE(table.find("first") != nullptr);
    REQUIRE(table.bytes() <= 100'000);
  }
  CHECK(table.size() > 100);
  CHECK(table.evicted() > 9'000);
  CHECK(table.find("key-0") == nullptr);
}

TEST_CASE("table: a fill under way learns of a newer head", "[models]") {
  Table table(1 << 20);
  table.begin_fill("k");
  const Head head = head_of("1.0.1");
  table.apply("k", head, 9);
  CHECK(table.fill_of("k")->floor == 9);
  CHECK(table.end_fill("k").empty());
  CHECK(table.fill_of("k") == nullptr);
}

TEST_CASE("table: a canary's counts stay while it goes on and end with it", "[models]") {
  Table table(1 << 20);
  Head head = head_of("1.0.0");
  head.canary = CanaryFacts{"1.0.1", "h", "ada", 500, 0, 1};
  table.apply("k", head, 1);
  table.find("k")->more->canary_calls.add(false, 1);
  table.apply("k", head, 2);
  CHECK(table.find("k")->more->canary_calls.calls() == 1);
  head.canary.reset();
  table.apply("k", head, 3);
  CHECK(table.find("k")->more == nullptr);
}

TEST_CASE("table: forgets one tenant and only that one", "[models]") {
  Table table(1 << 20);
  const Head head = head_of("1.0.0");
  for (const char* key : {"rules/a", "rules/b"})
    for (const char* tenant : {"acme", "acme2", "ac"}) table.apply(table_key(tenant, key), head, 1);
  table.put(table_key("acme", "rules/none"), nullptr, 0);
  table.forget("acme");
  CHECK(table.size() == 4);
  CHECK(table.find(table_key("acme", "rules/a")) == nullptr);
  CHECK(table.find(table_key("acme2", "rules/a")) != nullptr);
  table.forget("acme2");
  table.forget("ac");
  CHECK(table.bytes() == 0);
}

TEST_CASE("head: a selector names the active version, else the newest that was good", "[models]") {
  Head head = head_of("1.0.0");
  head.versions.push_back(facts_of("1.0.1"));
  head.versions.push_back(facts_of("1.1.0"));
  head.versions.back().withdrawn = true;
  head.versions.push_back(facts_of("2.0.0"));
  head.active = "2.0.0";
  CHECK(head.newest(*parse_selector("1"))->version == "1.0.1");
  CHECK(head.newest(*parse_selector("1.1.0"))->version == "1.1.0");
  CHECK(head.newest(*parse_selector("1.1")) == nullptr);
  CHECK(head.newest(*parse_selector("2"))->version == "2.0.0");
  head.active = "1.0.0";
  CHECK(head.newest(*parse_selector("1"))->version == "1.0.0");
  CHECK(head.state_of(head.versions[2]) == "withdrawn");
}

TEST_CASE("head: lists at most 256 versions and never forgets one that is needed", "[models]") {
  Head head = head_of("1.0.0");
  for (int i = 1; i < 400; ++i) head.add(facts_of("1.0." + std::to_string(i)));
  CHECK(head.versions.size() == max_versions);
  CHECK(head.find("1.0.0") != nullptr);
  CHECK(head.find("1.0.1") == nullptr);
  CHECK(head.find("1.0.399") != nullptr);
}
