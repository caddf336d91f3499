// crash_writer DIRECTORY SEED: writes until it is killed. Four threads, each with groups of three documents of its own;
// a write gives all three of a group the same next stamp. What was acknowledged is printed as one line "GROUP STAMP",
// in one write(2), after the answer. crash_test.cpp kills it and looks at what is left.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

#include "store/rocks_kv.hpp"
#include "support/thread_lane.hpp"

using namespace socle::storage;

namespace {

constexpr int groups_per_thread = 5;

std::string document(int group, unsigned stamp, int part) {
  // Large enough that memtables fill and the log turns over within a run.
  return "{\"stamp\":" + std::to_string(stamp) + ",\"owner\":\"" + std::to_string(group) + "." + std::to_string(part) +
         "\",\"pad\":\"" + std::string(500 + stamp % 1500, 'x') + "\"}";
}

void write_forever(ThreadLane& store, int thread, unsigned seed) {
  std::mt19937 random(seed * 100 + static_cast<unsigned>(thread));
  std::map<int, unsigned> stamps;
  for (;;) {
    const int group = thread * groups_per_thread + static_cast<int>(random() % groups_per_thread);
    unsigned& stamp = stamps[group];
    if (stamp == 0) {  // go on where the last run ended
      const Answer found =
          store.call("acme", Method::get, "{\"collection\":\"x\",\"id\":\"" + std::to_string(group) + ".0\"}");
      const auto at = found.text.find("\"stamp\":");
      if (!found.failed && at != std::string::npos)
        stamp = static_cast<unsigned>(std::atoi(found.text.c_str() + at + 8));
    }
    ++stamp;
    std::string request = "{\"operations\":[";
    for (int part = 0; part < 3; ++part) {
      request += std::string(part > 0 ? "," : "") + "{\"op\":\"put\",\"collection\":\"x\",\"id\":\"" +
                 std::to_string(group) + "." + std::to_string(part) + "\",\"doc\":" + document(group, stamp, part) +
                 "}";
    }
    const Answer answer = store.call("acme", Method::write, request + "]}");
    if (answer.failed) {
      std::fprintf(stderr, "write refused: %s\n", answer.problem.message.c_str());
      std::_Exit(3);
    }
    const std::string line = std::to_string(group) + " " + std::to_string(stamp) + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(4);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto db = open_rocks(argv[1], {.memtable_bytes = std::size_t{256} << 10});
  if (!db) {
    std::fprintf(stderr, "%s\n", db.error().message.c_str());
    return 1;
  }
  RocksKv kv(*db);
  ThreadLane store(kv);
  const Answer declared = store.call("acme", Method::declare, R"({"collection":"x","indexes":[
      {"name":"stamp","fields":[{"field":"/stamp","type":"integer","order":"desc"}]},
      {"name":"owner","unique":true,"fields":[{"field":"/owner","type":"string"}]}]})");
  if (declared.failed) return 5;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&store, t, argv] { write_forever(store, t, static_cast<unsigned>(std::atoi(argv[2]))); });
  for (auto& thread : threads) thread.join();
}
