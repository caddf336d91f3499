#include <sys/stat.h>

#include "trail_of.hpp"

namespace socle::audit {
namespace {

TEST_CASE("audit: what was appended verifies and is counted", "[audit]") {
  const testing::TempDir dir;
  auto trail = open_trail(dir.path());
  add(*trail, 1, 101);
  const Report report = verify_trail(dir.path());
  CHECK_FALSE(report.finding);
  CHECK(report.last == 100);
  CHECK(report.segments == 1);
  CHECK(trail->head().sequence == 100);
  CHECK(trail->head().origin == Origin{1, 100, 0});
}

TEST_CASE("audit: an empty trail verifies", "[audit]") {
  const testing::TempDir dir;
  open_trail(dir.path());
  CHECK_FALSE(verify_trail(dir.path()).finding);
}

TEST_CASE("audit: a trail goes on where it ended, across segments", "[audit]") {
  const testing::TempDir dir;
  for (int i = 0; i < 5; ++i) add(*open_trail(dir.path(), 64 << 10), i * 100 + 1, i * 100 + 101, 500);
  const Report report = verify_trail(dir.path());
  CHECK_FALSE(report.finding);
  CHECK(report.last == 500);
  CHECK(report.segments > 4);
}

TEST_CASE("audit: one process at a time writes a trail", "[audit]") {
  const testing::TempDir dir;
  const auto trail = open_trail(dir.path());
  const auto second = Trail::open(dir.path());
  REQUIRE_FALSE(second);
  CHECK(second.error().message == "the trail in " + dir.path() + " is written by another process");
}

TEST_CASE("audit: the signing key is for its owner only", "[audit]") {
  const testing::TempDir dir;
  open_trail(dir.path());
  struct stat facts {};
  REQUIRE(stat((dir.path() + "/key").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("audit: wherever a crash tears an append, the trail goes on after the signed head", "[audit]") {
  const testing::TempDir dir;
  add(*open_trail(dir.path()), 1, 11);
  const std::string log = dir.path() + "/segments/00000000000000000001.log";
  const std::string head = bytes_of_file(dir.path() + "/head");
  const std::string before = bytes_of_file(log);
  add(*open_trail(dir.path()), 11, 14);
  const std::string after = bytes_of_file(log);
  for (std::size_t size = before.size(); size <= after.size(); size += 37) {
    write_file(dir.path() + "/head", head);
    write_file(log, after.substr(0, size));
    CHECK_FALSE(verify_trail(dir.path()).finding);
    add(*open_trail(dir.path()), 11, 12);
    const Report report = verify_trail(dir.path());
    REQUIRE_FALSE(report.finding);
    REQUIRE(report.last == 11);
  }
}

TEST_CASE("audit: a trail that is shorter than its head refuses to be written", "[audit]") {
  const testing::TempDir dir;
  add(*open_trail(dir.path()), 1, 11);
  const std::string log = dir.path() + "/segments/00000000000000000001.log";
  const std::string bytes = bytes_of_file(log);
  write_file(log, bytes.substr(0, bytes.size() - 1));
  const auto opened = Trail::open(dir.path());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::data_loss);
  CHECK(opened.error().message.find("the head names entry 10 up to offset") == 0);
  CHECK(bytes_of_file(log).size() == bytes.size() - 1);
}

TEST_CASE("audit: an entry that is too large is refused and nothing of its group is kept", "[audit]") {
  const testing::TempDir dir;
  auto trail = open_trail(dir.path());
  const std::vector<Entry> entries{event("acme", "write", 1), event("acme", "write", 2, max_payload)};
  const auto appended = trail->append(entries);
  REQUIRE_FALSE(appended);
  CHECK(appended.error().code == Code::too_large);
  CHECK(trail->head().sequence == 0);
}

TEST_CASE("audit: a lost or damaged index is made again at the next start", "[audit]") {
  const testing::TempDir dir;
  add(*open_trail(dir.path()), 1, 401, 400);
  const std::string index = dir.path() + "/segments/00000000000000000001.index";
  const std::string good = bytes_of_file(index);
  REQUIRE(good.size() >= 2048);
  std::string bad = good;
  bad[100] = static_cast<char>(bad[100] ^ 1);
  for (const std::string& bytes : {bad, std::string(), good.substr(0, 1500)}) {
    write_file(index, bytes);
    open_trail(dir.path());
    CHECK(bytes_of_file(index) == good);
  }
}

TEST_CASE("audit: an erased tenant's content is gone and the chain still holds", "[audit]") {
  const testing::TempDir dir;
  auto trail = open_trail(dir.path(), 64 << 10);
  add(*trail, 1, 301, 300);
  const auto erased = trail->erase("acme", 7);
  REQUIRE(erased);
  CHECK(*erased == 100);
  const Report report = verify_trail(dir.path());
  CHECK_FALSE(report.finding);
  CHECK(report.erased == 100);
  add(*trail, 301, 304);
  CHECK_FALSE(verify_trail(dir.path()).finding);
  Question question;
  question.tenant = "acme";
  question.limit = 1000;
  const auto found = find_entries(dir.path(), question);
  REQUIRE(found);
  REQUIRE(found->entries.size() == 2);  // the erasure itself, and what came after it
  CHECK(found->entries[1].json.find("audit.erase") != std::string::npos);
  question.tenant = "beta";
  CHECK(find_entries(dir.path(), question)->entries.size() == 202);
}

TEST_CASE("audit: retention drops whole old segments and keeps the chain's anchor", "[audit]") {
  const testing::TempDir dir;
  auto trail = open_trail(dir.path(), 64 << 10);
  for (int i = 0; i < 10; ++i) add(*trail, i * 100 + 1, i * 100 + 101, 500);
  const Report before = verify_trail(dir.path());
  const auto dropped = trail->retain(500'000'000'000, 2'000'000'000'000);
  REQUIRE(dropped);
  CHECK(*dropped > 2);
  const Report report = verify_trail(dir.path());
  CHECK_FALSE(report.finding);
  CHECK(report.segments == before.segments - *dropped);
  CHECK(report.first > 300);
  CHECK(report.first <= 501);
  CHECK(report.last == 1001);
  trail.reset();
  add(*open_trail(dir.path(), 64 << 10), 1001, 1003);
  CHECK_FALSE(verify_trail(dir.path()).finding);
}

}  // namespace
}  // namespace socle::audit
