#include <filesystem>
#include <random>

#include "trail_of.hpp"

namespace socle::audit {
namespace {

std::vector<std::string> files_of(const std::string& directory) {
  std::vector<std::string> out;
  for (const auto& each : std::filesystem::recursive_directory_iterator(directory))
    if (each.is_regular_file() && each.file_size() > 0) out.push_back(each.path());
  return out;
}

// Flips one bit there and says what verification finds.
std::optional<Finding> flipped(const std::string& directory, const std::string& path, std::size_t at, int bit) {
  const std::string good = bytes_of_file(path);
  std::string bad = good;
  bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
  write_file(path, bad);
  auto finding = verify_trail(directory).finding;
  write_file(path, good);
  return finding;
}

TEST_CASE("audit: every byte of a small trail, flipped, is found in its own file", "[audit]") {
  const testing::TempDir dir;
  add(*open_trail(dir.path()), 1, 5);
  for (const std::string& path : files_of(dir.path())) {
    const std::size_t size = bytes_of_file(path).size();
    for (std::size_t at = 0; at < size; ++at) {
      const auto finding = flipped(dir.path(), path, at, static_cast<int>(at % 8));
      INFO(path << " at " << at);
      REQUIRE(finding);
      // Of the two key files only together can be said that one is wrong.
      if (path.find("/key") == std::string::npos) REQUIRE(path.ends_with(finding->file));
    }
  }
}

TEST_CASE("audit: the entry that was changed is the one that is named", "[audit]") {
  const testing::TempDir dir;
  add(*open_trail(dir.path(), 64 << 10), 1, 401, 300);
  std::mt19937 random(7);
  for (const std::string& path : files_of(dir.path())) {
    if (!path.ends_with(".log")) continue;
    const std::string bytes = bytes_of_file(path);
    for (int i = 0; i < 25; ++i) {
      const std::size_t at = 128 + random() % (bytes.size() - 128);
      const auto finding = flipped(dir.path(), path, at, static_cast<int>(random() % 8));
      REQUIRE(finding);
      CHECK(path.ends_with(finding->file));
      REQUIRE(finding->sequence > 0);
      CHECK(finding->offset <= at);
      CHECK(at < finding->offset + 128 + 16 + 500);
    }
  }
}

TEST_CASE("audit: an index block that hides an entry is found even with a right checksum", "[audit]") {
  const testing::TempDir dir, other;
  add(*open_trail(dir.path()), 1, 301, 300);
  add(*open_trail(other.path()), 1001, 1301, 299);
  const std::string index = "/segments/00000000000000000001.index";
  std::string bytes = bytes_of_file(dir.path() + index);
  bytes.replace(0, 1024, bytes_of_file(other.path() + index).substr(0, 1024));
  write_file(dir.path() + index, bytes);
  const auto finding = verify_trail(dir.path()).finding;
  REQUIRE(finding);
  CHECK(finding->file == "segments/00000000000000000001.index");
  CHECK(finding->what.find("the index does not agree with its segment") == 0);
}

TEST_CASE("audit: a blanked entry without an erasure after it is found", "[audit]") {
  const testing::TempDir dir;
  auto trail = open_trail(dir.path());
  REQUIRE(trail->erase("acme", 1));
  add(*trail, 1, 4);
  const std::string log = dir.path() + "/segments/00000000000000000001.log";
  std::string bytes = bytes_of_file(log);
  const std::size_t at = bytes.rfind("{\"tenant\":\"acme\"") - salt_size;
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), '\0');
  write_file(log, bytes);
  const auto finding = verify_trail(dir.path()).finding;
  REQUIRE(finding);
  CHECK(finding->sequence == 4);
  CHECK(finding->what == "the entry was blanked, and no later entry says that its tenant was erased");
}

TEST_CASE("audit: a trail written anew by somebody without the key is found", "[audit]") {
  const testing::TempDir dir, forged;
  add(*open_trail(dir.path()), 1, 11);
  add(*open_trail(forged.path()), 1, 11);
  const std::string log = "/segments/00000000000000000001.log";
  write_file(dir.path() + log, bytes_of_file(forged.path() + log));
  auto finding = verify_trail(dir.path()).finding;
  REQUIRE(finding);
  CHECK(finding->what == "the trail was written again: its end is not what the head has signed");
  // With its head and key too it is only by the key kept elsewhere that one knows.
  const Digest real = verify_trail(dir.path()).key;
  CHECK_FALSE(verify_trail(forged.path()).finding);
  finding = verify_trail(forged.path(), real).finding;
  REQUIRE(finding);
  CHECK(finding->what == "the trail has another key");
}

TEST_CASE("audit: missing entries at the end, a missing segment and a missing head are found", "[audit]") {
  const testing::TempDir dir;
  add(*open_trail(dir.path(), 64 << 10), 1, 401, 400);
  auto logs = files_of(dir.path() + "/segments");
  std::erase_if(logs, [](const auto& path) { return !path.ends_with(".log"); });
  std::sort(logs.begin(), logs.end());
  REQUIRE(logs.size() > 3);
  const auto without = [&](const std::string& path) {
    const std::string kept = bytes_of_file(path);
    std::filesystem::remove(path);
    auto finding = verify_trail(dir.path()).finding;
    write_file(path, kept);
    REQUIRE(finding);
    return finding->what;
  };
  CHECK(without(logs[0]) == "the first segment is missing");
  CHECK(without(logs[1]) == "the segment does not follow the one before");
  CHECK(without(logs.back()) == "entries are missing at the end");
  CHECK(without(dir.path() + "/head").find("No such file") != std::string::npos);
  CHECK_FALSE(verify_trail(dir.path()).finding);
}

}  // namespace
}  // namespace socle::audit
