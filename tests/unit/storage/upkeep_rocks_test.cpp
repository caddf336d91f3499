// What RocksDB's threads use for flushes and compactions, as it says and as the system says, and what was charged for.
#include <catch2/catch.hpp>

#include <chrono>
#include <ctime>
#include <random>
#include <thread>

#include "store/upkeep.hpp"
#include "support/rocks_folder.hpp"

using namespace socle::storage;
using namespace std::chrono_literals;

namespace {

std::chrono::nanoseconds cpu(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}
// Of this process, without this thread: nobody but RocksDB has threads here.
std::chrono::nanoseconds others_cpu() { return cpu(CLOCK_PROCESS_CPUTIME_ID) - cpu(CLOCK_THREAD_CPUTIME_ID); }

// Eight documents of 1.5 KB with two index entries each.
std::vector<Change> batch(std::mt19937_64& random) {
  std::vector<Change> out;
  for (int i = 0; i < 8; ++i) {
    std::string value;
    while (value.size() < 1500) value.append(std::to_string(random())).append(20, 'x');
    const std::string id = std::to_string(random());
    out.push_back({Change::Kind::put, "d" + id, std::move(value)});
    for (int k = 0; k < 2; ++k) out.push_back({Change::Kind::put, "i" + std::to_string(random()) + id, "\x01"});
  }
  return out;
}

}  // namespace

TEST_CASE("store: what is charged for flushes and compactions is what RocksDB's threads used, within a half",
          "[storage]") {
  RocksFolder store({.memtable_bytes = std::size_t{256} << 10});
  store.open();
  const auto others_before = others_cpu();
  CHECK(store.kv().upkeep_cpu() == 0ns);
  Upkeep upkeep(std::uint64_t{8} << 20);
  std::mt19937_64 random(7);
  std::chrono::nanoseconds charged{}, told{};
  std::uint64_t written = 0, looked_at = 0;
  while (written < std::uint64_t{80} << 20) {
    const auto changes = batch(random);
    REQUIRE(store.kv().write(changes, false));
    charged += upkeep.cost(weight_of(changes));
    written += weight_of(changes);
    if (written - looked_at < std::uint64_t{1} << 20) continue;
    looked_at = written;
    told += upkeep.observe(store.kv().upkeep_cpu(), written);
  }
  const auto used = [&] { return std::chrono::duration<double>(others_cpu() - others_before).count(); };
  const auto counted = [&] { return std::chrono::duration<double>(store.kv().upkeep_cpu()).count(); };
  // RocksDB counts a job when it has ended.
  const auto until = std::chrono::steady_clock::now() + 120s;
  while (counted() < 0.6 * used() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  told += upkeep.observe(store.kv().upkeep_cpu(), written);
  INFO("RocksDB says " << counted() << " s, the system " << used() << " s, charged "
                       << std::chrono::duration<double>(charged).count() << " s, at last " << upkeep.rate()
                       << " ns a byte");
  CHECK(counted() >= 0.6 * used());  // the rest: threads and files made, what is still under way
  CHECK(counted() <= 1.05 * used());
  CHECK(told > 0ns);
  CHECK(told <= store.kv().upkeep_cpu());
  const double ratio = std::chrono::duration<double>(charged).count() / counted();
  CHECK(ratio > 0.5);
  CHECK(ratio < 1.5);
}
