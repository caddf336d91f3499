#include "socle/audit/time.hpp"
#include "trail_of.hpp"

namespace socle::audit {
namespace {

std::vector<std::uint64_t> all(const std::string& directory, Question question) {
  std::vector<std::uint64_t> out;
  for (;;) {
    const auto page = find_entries(directory, question);
    REQUIRE(page);
    CHECK(page->entries.size() <= question.limit);
    for (const Found& each : page->entries) out.push_back(each.sequence);
    if (page->next == 0) return out;
    REQUIRE(page->next < question.before);
    question.before = page->next;
  }
}

TEST_CASE("audit: pages give every entry of a tenant once, newest first, whatever their size", "[audit]") {
  const testing::TempDir dir;
  add(*open_trail(dir.path(), 64 << 10), 1, 601, 300);
  std::vector<std::uint64_t> wanted;
  for (std::uint64_t i = 600; i > 0; --i)
    if (i % 3 == 0) wanted.push_back(i);
  for (const std::size_t limit : {1U, 7U, 50U, 1000U}) {
    Question question;
    question.tenant = "acme";
    question.limit = limit;
    CHECK(all(dir.path(), question) == wanted);
    question.most_blocks = 1;
    CHECK(all(dir.path(), question) == wanted);
  }
}

TEST_CASE("audit: an entry is found by its trace, its target and its time", "[audit]") {
  const testing::TempDir dir;
  add(*open_trail(dir.path(), 64 << 10), 1, 601, 300);
  Question question;
  question.trace = "trace345";
  CHECK(all(dir.path(), question) == std::vector<std::uint64_t>{345});
  question.tenant = "beta";
  CHECK(all(dir.path(), question).empty());
  Question by_target;
  by_target.target = "notes/3";
  by_target.limit = 1000;
  CHECK(all(dir.path(), by_target).size() == 86);
  Question by_time;
  by_time.since_ns = 590'000'000'000;
  by_time.until_ns = 593'000'000'000;
  CHECK(all(dir.path(), by_time) == std::vector<std::uint64_t>{592, 591, 590});
  Question by_operation;
  by_operation.operation = "read";
  CHECK(all(dir.path(), by_operation).empty());
}

TEST_CASE("audit: nanoseconds are written as UTC", "[audit]") {
  CHECK(utc_text(1'763'726'400'000'000'001) == "2025-11-21T12:00:00.000000001Z");
}

}  // namespace
}  // namespace socle::audit
