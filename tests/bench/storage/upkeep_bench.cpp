// upkeep_bench DIRECTORY: what flushes and compactions cost for a byte written, as RocksDB counts it, for documents of
// several sizes: what Upkeep::first_rate, most_rate and entry_weight rest on. Makes, fills and removes a store in
// DIRECTORY; takes a minute.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/rocks_kv.hpp"
#include "store/upkeep.hpp"

namespace {

using namespace socle::storage;
using namespace std::chrono_literals;

// Sixteen documents with three index entries each; half of a document's bytes are random.
std::vector<Change> batch_of(std::size_t size, std::mt19937_64& random) {
  std::vector<Change> out;
  for (int i = 0; i < 16; ++i) {
    std::string value(size, 'x');
    for (std::size_t at = 0; at + 8 <= size; at += 16) {
      const std::uint64_t word = random();
      std::memcpy(value.data() + at, &word, sizeof word);
    }
    const std::string id = std::to_string(random());
    out.push_back({Change::Kind::put, "d" + id, std::move(value)});
    for (int k = 0; k < 3; ++k) out.push_back({Change::Kind::put, "i" + std::to_string(random()) + id, "\x01"});
  }
  return out;
}

// When nothing has ended for two seconds, nothing runs.
std::chrono::nanoseconds settled(const RocksKv& kv) {
  auto cpu = kv.upkeep_cpu();
  for (auto before = cpu - 1ns; before != cpu; cpu = kv.upkeep_cpu()) {
    before = cpu;
    std::this_thread::sleep_for(2s);
  }
  return cpu;
}

void print_one(const std::string& directory, std::size_t memtable, std::size_t size, std::uint64_t total) {
  std::filesystem::remove_all(directory);
  RocksOptions options;
  options.memtable_bytes = memtable;
  auto db = open_rocks(directory, options);
  if (!db) std::exit(1);
  {
    RocksKv kv(*db);
    std::mt19937_64 random(7);
    std::uint64_t bytes = 0, weight = 0;
    while (bytes < total) {
      const auto changes = batch_of(size, random);
      if (!kv.write(changes, false)) std::exit(1);
      weight += weight_of(changes);
      bytes += weight_of(changes) - changes.size() * entry_weight;
    }
    const auto cpu = static_cast<double>(settled(kv).count());
    std::printf(
        "upkeep, documents of %6zu B  %5.1f ns a byte, %4.1f with %llu bytes more an entry  [memtable %zu MiB, %llu "
        "MB, 3 "
        "index entries each]\n",
        size, cpu / static_cast<double>(bytes), cpu / static_cast<double>(weight),
        static_cast<unsigned long long>(entry_weight), memtable >> 20,
        static_cast<unsigned long long>(total / 1'000'000));
  }
  close_rocks(*db);
  std::filesystem::remove_all(directory);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: upkeep_bench DIRECTORY\n", stderr);
    return 2;
  }
  const std::string directory = std::string(argv[1]) + "/upkeep";
  constexpr std::uint64_t megabyte = 1'000'000;
  constexpr std::size_t usual = std::size_t{8} << 20;
  print_one(directory, usual, 100, 200 * megabyte);
  print_one(directory, usual, 1500, 30 * megabyte);  // flushed, and not yet merged
  print_one(directory, usual, 1500, 400 * megabyte);
  print_one(directory, usual, 100'000, 800 * megabyte);
  print_one(directory, std::size_t{1} << 20, 100, 200 * megabyte);
}
