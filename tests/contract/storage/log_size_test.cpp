// The promise of operations.md: the log's files stay below 64 MiB, however fast and however large the writes are.
#include <catch2/catch.hpp>

#include <atomic>
#include <random>
#include <thread>

#include "store/rocks_kv.hpp"
#include "support/temp_dir.hpp"

using namespace socle::storage;

namespace {

constexpr std::size_t megabyte = std::size_t{1} << 20;
constexpr std::size_t promised = 64 * megabyte;

// The largest that storage_wal_bytes would have shown while `total` bytes were written in groups of `group` bytes.
std::uint64_t peak_of_log(std::size_t memtable, std::size_t group, std::size_t value, std::size_t total) {
  const socle::testing::TempDir directory;
  RocksOptions options;
  options.memtable_bytes = memtable;
  auto db = open_rocks(directory / "db", options);
  REQUIRE(db);
  std::uint64_t peak = 0;
  {
    RocksKv kv(*db);
    std::atomic<bool> done{false};
    std::thread watcher([&] {
      while (!done) peak = std::max(peak, kv.pressure(directory / "db").wal_bytes);
    });
    std::mt19937_64 random(7);
    std::string bytes(value, '\0');
    for (std::size_t written = 0; written < total;) {
      std::vector<Change> changes;
      for (std::size_t held = 0; held < group; held += value) {
        for (std::size_t i = 0; i + 8 <= value; i += 8) {  // nothing to compress
          const std::uint64_t word = random();
          bytes.replace(i, 8, reinterpret_cast<const char*>(&word), 8);
        }
        changes.push_back({Change::Kind::put, "d" + std::to_string(random()), bytes});
        written += value;
      }
      const auto done_so_far = kv.write(changes, false);
      if (!done_so_far) FAIL(done_so_far.error().message);
    }
    done = true;
    watcher.join();
  }
  close_rocks(*db);
  return peak;
}

}  // namespace

TEST_CASE("storage-rocksdb: the log stays under 64 MiB with the smallest and the largest memtable and group",
          "[storage]") {
  constexpr std::size_t total = 150 * megabyte;
  const std::size_t largest_group = 4 * megabyte;      // LaneLimits::group_bytes, WriteLimits::request_bytes
  const std::size_t largest_memtable = 16 * megabyte;  // the manifest's maximum of `memtable`
  CHECK(peak_of_log(8 * megabyte, largest_group, megabyte, total) <= promised);
  const std::uint64_t peak = peak_of_log(largest_memtable, largest_group, megabyte, total);
  CHECK(peak <= promised);
  CHECK(peak > largest_memtable);  // it was watched
  CHECK(peak_of_log(largest_memtable, 64 << 10, 500, total / 3) <= promised);
}
