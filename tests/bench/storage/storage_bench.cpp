// storage_bench RECORDS.jsonl DIRECTORY: storage/1 beside raw RocksDB doing the same puts of the same keys in the same
// group sizes, with the same settings, in one run. Rounds of the two alternate; medians of wall time and of this
// process's CPU time; the ratio is raw time over ours (1 = as fast as raw).
//   write   requests parsed, checked, indexed (one unique, two ordered) and committed; one thread plays worker and lane
//   get     one record by id, from memory
//   list    50 records by an indexed field, newest first; raw: the same 50 entries and gets
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "ids.hpp"
#include "socle/json/document.hpp"
#include "store/committer.hpp"
#include "store/read.hpp"
#include "store/rocks_kv.hpp"

namespace {

using namespace socle::storage;
namespace json = socle::json;

constexpr int rounds = 7;
constexpr const char* declaration = R"({"collection":"loans","indexes":[
  {"name":"no","unique":true,"fields":[{"field":"/no","type":"string"}]},
  {"name":"product","fields":[{"field":"/productCode","type":"string"},{"field":"/applicationDate","type":"date"}]},
  {"name":"amount","fields":[{"field":"/amount","type":"decimal"}]}]})";

double seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "storage_bench: %s\n", what.c_str());
  std::exit(1);
}

// Keeps what goes through it, so that raw RocksDB can write the very same batches.
class Recorder final : public Kv {
 public:
  explicit Recorder(Kv& to) : to_(to) {}
  socle::Result<Read> get(std::string_view key, std::string& value, Reach reach, const Snapshot* at) override {
    return to_.get(key, value, reach, at);
  }
  std::unique_ptr<Cursor> cursor(std::string_view lower, std::string_view upper, Reach reach, const Snapshot* at,
                                 bool whole) override {
    return to_.cursor(lower, upper, reach, at, whole);
  }
  std::unique_ptr<Snapshot> snapshot() override { return to_.snapshot(); }
  socle::Status write(const std::vector<Change>& changes, bool durable) override {
    if (record) batches.push_back(changes);
    return to_.write(changes, durable);
  }
  socle::Status sync() override { return to_.sync(); }
  socle::Status backup(const std::string& directory) override { return to_.backup(directory); }
  bool record = false;
  std::vector<std::vector<Change>> batches;

 private:
  Kv& to_;
};

struct Sample {
  std::vector<double> wall, cpu;
  void add(double wall_seconds, double cpu_seconds, double operations) {
    wall.push_back(wall_seconds / operations * 1e6);
    cpu.push_back(cpu_seconds / operations * 1e6);
  }
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size()) / 2, values.end());
  return values[values.size() / 2];
}

double deviation(const std::vector<double>& values) {
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - median(values)));
  return median(distances);
}

template <class Work>
void measure(Sample& sample, double operations, const Work& work) {
  const double wall = seconds(CLOCK_MONOTONIC);
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  work();
  sample.add(seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, operations);
}

void print(const std::string& name, const Sample& ours, const Sample& raw, const std::string& settings) {
  std::printf(
      "%-22s ours %8.2f us (±%.2f, cpu %.2f)  raw %8.2f us (±%.2f, cpu %.2f)  ratio %.2f  cpu ratio %.2f  [%s]\n",
      name.c_str(), median(ours.wall), deviation(ours.wall), median(ours.cpu), median(raw.wall), deviation(raw.wall),
      median(raw.cpu), median(raw.wall) / median(ours.wall), median(raw.cpu) / median(ours.cpu), settings.c_str());
}

class Bench {
 public:
  Bench(const std::string& records, const std::string& directory) : directory_(directory) {
    std::ifstream in(records);
    for (std::string line; std::getline(in, line);) records_.push_back(line.substr(1));
    if (records_.empty()) fail("no records in " + records);
    ours_ = open(directory + "/ours");
    raw_ = open(directory + "/raw");
    ours_kv_ = std::make_unique<RocksKv>(ours_);
    raw_kv_ = std::make_unique<RocksKv>(raw_);
    recorder_ = std::make_unique<Recorder>(*ours_kv_);
    state_ = std::make_unique<State>(*recorder_, Settings{});
    committer_ = std::make_unique<Committer>(*state_);
    if (auto opened = committer_->open(now_); !opened) fail(opened.error().message);
    auto doc = json::Document::parse(declaration);
    Call call;
    call.method = Method::declare;
    call.tenant = "acme";
    call.request = doc->root();
    Call* calls[] = {&call};
    committer_->commit(calls, now_);
    if (call.answer.failed) fail(call.answer.problem.message);
  }
  ~Bench() {
    committer_.reset();
    ours_kv_.reset();
    raw_kv_.reset();
    close_rocks(ours_);
    close_rocks(raw_);
  }

  void write(std::size_t group, bool durable, std::size_t count) {
    Sample ours, raw, lane;
    for (int round = -1; round < rounds; ++round) {
      std::vector<std::string> requests;
      for (std::size_t i = 0; i < count; ++i) {
        requests.push_back(R"({"operations":[{"op":"put","collection":"loans","expect":"absent","doc":{"no":")" +
                           std::to_string(next_++) + "\"," + records_[i % records_.size()] + "}]}");
      }
      recorder_->record = true;
      recorder_->batches.clear();
      Sample discarded;
      lane_wall_ = lane_cpu_ = 0;
      measure(round < 0 ? discarded : ours, static_cast<double>(count), [&] {
        for (std::size_t at = 0; at < count; at += group) commit(requests, at, std::min(group, count - at), durable);
      });
      if (round >= 0) lane.add(lane_wall_, lane_cpu_, static_cast<double>(count));
      recorder_->record = false;
      measure(round < 0 ? discarded : raw, static_cast<double>(count), [&] {
        for (const auto& batch : recorder_->batches)
          if (auto written = raw_kv_->write(batch, durable); !written) fail(written.error().message);
      });
    }
    const std::string settings =
        "loan record 1.9 KB, 3 indexes, " + std::to_string(count) + " a round, " + std::to_string(rounds) + " rounds";
    const std::string name = std::string(durable ? "write fsync" : "write") + " group " + std::to_string(group);
    print(name, ours, raw, settings);
    print(name + " lane", lane, raw, "without parsing the request, which workers do");
  }

  void get(std::size_t count) {
    std::mt19937 random(1);
    SchemaCache schemas;
    Sample ours, raw;
    std::vector<std::string> requests, keys;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& id = ids_[random() % std::min<std::size_t>(ids_.size(), 2000)];
      requests.push_back(R"({"collection":"loans","id":")" + id + "\"}");
      keys.push_back(document_key(1, 1, id));
    }
    for (int round = -2; round < rounds; ++round) {
      Sample discarded;
      measure(round < 0 ? discarded : ours, static_cast<double>(count), [&] {
        for (const auto& request : requests) read_one(Method::get, request, schemas);
      });
      measure(round < 0 ? discarded : raw, static_cast<double>(count), [&] {
        std::string value;
        for (const auto& key : keys) static_cast<void>(ours_kv_->get(key, value, Reach::any, nullptr));
      });
    }
    print("get", ours, raw,
          "request parsed, answer text built; " + std::to_string(offloaded_) + " reads left the worker");
  }

  void list(std::size_t count) {
    SchemaCache schemas;
    Sample ours, raw;
    const std::string request =
        R"({"collection":"loans","limit":50,"filter":{"op":"and","args":[{"op":"eq","field":"/productCode","value":"EDU1"},
            {"op":"eq","field":"/currency","value":"CNY"}]},"order":[{"field":"/applicationDate","type":"date","desc":true}]})";
    auto doc = json::Document::parse(request);
    const std::string prefix = index_prefix(1, 1, 2);
    offloaded_ = 0;
    std::size_t walked = 50;
    for (int round = -2; round < rounds; ++round) {
      Sample discarded;
      measure(round < 0 ? discarded : ours, static_cast<double>(count), [&] {
        for (std::size_t i = 0; i < count; ++i) read_one(Method::query, request, schemas);
      });
      measure(round < 0 ? discarded : raw, static_cast<double>(count), [&] {
        std::string value;
        for (std::size_t i = 0; i < count; ++i) {
          const auto cursor = ours_kv_->cursor(prefix, after_prefix(prefix), Reach::any, nullptr, false);
          cursor->seek_to_last();
          for (std::size_t n = 0; n < walked && cursor->valid(); ++n, cursor->prev()) {
            const auto key = cursor->key();
            const auto used = fields_size(product_fields_, 2, key.substr(prefix.size()));
            static_cast<void>(
                ours_kv_->get(document_key(1, 1, key.substr(prefix.size() + *used)), value, Reach::any, nullptr));
          }
        }
      });
    }
    print("list 50, filter", ours, raw,
          "raw: 50 entries and 50 gets, nothing checked or built; " + std::to_string(offloaded_) + " left the worker");
  }

 private:
  static rocksdb_t* open(const std::string& directory) {
    auto db = open_rocks(directory, {});
    if (!db) fail(db.error().message);
    return *db;
  }

  void commit(const std::vector<std::string>& requests, std::size_t from, std::size_t count, bool durable) {
    std::vector<json::Document> documents(count);
    std::vector<Call> calls(count);
    std::vector<Call*> group(count);
    ids_source_.set_time(++now_);
    for (std::size_t i = 0; i < count; ++i) {
      documents[i] = std::move(*json::Document::parse(requests[from + i]));
      Call& call = calls[i];
      call.method = Method::write;
      call.tenant = "acme";
      call.request = documents[i].root();
      call.durable = durable;
      auto parsed = parse_write(call.request, {}, {}, ids_source_);
      if (!parsed) fail(parsed.problem().message);
      call.write = std::move(*parsed);
      if (ids_.size() < 20'000) ids_.push_back(call.write->operations[0].id);
      group[i] = &call;
    }
    const double begun = seconds(CLOCK_MONOTONIC);
    const double begun_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    committer_->commit(group, now_);
    lane_wall_ += seconds(CLOCK_MONOTONIC) - begun;
    lane_cpu_ += seconds(CLOCK_PROCESS_CPUTIME_ID) - begun_cpu;
    for (const Call& call : calls)
      if (call.answer.failed) fail(call.answer.problem.message);
  }

  void read_one(Method method, const std::string& request, SchemaCache& schemas) {
    auto doc = json::Document::parse(request);
    Call call;
    call.method = method;
    call.tenant = "acme";
    call.request = doc->root();
    auto answer = read(*state_, call, Reach::cached, &schemas);
    if (!answer) {
      ++offloaded_;
      answer = read(*state_, call, Reach::any, nullptr);
    }
    if (answer->failed) fail(answer->problem.message);
  }

  std::string directory_;
  std::vector<std::string> records_;
  rocksdb_t* ours_ = nullptr;
  rocksdb_t* raw_ = nullptr;
  std::unique_ptr<RocksKv> ours_kv_, raw_kv_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Committer> committer_;
  Uuid7Source ids_source_;
  std::int64_t now_ = 1'760'000'000'000;
  std::size_t next_ = 0;
  std::size_t offloaded_ = 0;
  double lane_wall_ = 0, lane_cpu_ = 0;
  std::vector<std::string> ids_;
  const std::vector<IndexField> product_fields_{{*FieldPath::parse("/productCode", ""), FieldType::string, false},
                                                {*FieldPath::parse("/applicationDate", ""), FieldType::date, false}};
};

long private_kilobytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string line; std::getline(rollup, line);)
    if (line.starts_with("Pss:")) return std::atol(line.c_str() + 4);
  return 0;
}

// What an idle store costs, and how fast it opens; medians of five.
void print_empty_store(const std::string& directory) {
  std::filesystem::remove_all(directory);
  const long before = private_kilobytes();
  std::vector<double> opened, closed;
  long open_kilobytes = 0;
  for (int i = 0; i < 5; ++i) {
    const double begun = seconds(CLOCK_MONOTONIC);
    auto db = open_rocks(directory, {});
    if (!db) fail(db.error().message);
    RocksKv kv(*db);
    State state(kv, Settings{});
    Committer committer(state);
    if (auto ready = committer.open(1); !ready) fail(ready.error().message);
    opened.push_back(seconds(CLOCK_MONOTONIC) - begun);
    open_kilobytes = private_kilobytes();
    close_rocks(*db);
    closed.push_back(seconds(CLOCK_MONOTONIC) - begun - opened.back());
  }
  std::printf(
      "empty store: create %.1f ms, open %.1f ms, close %.1f ms; Pss of the process %.1f MB, %.1f MB more than "
      "before\n",
      opened.front() * 1e3, median(opened) * 1e3, median(closed) * 1e3, static_cast<double>(open_kilobytes) / 1024,
      static_cast<double>(open_kilobytes - before) / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) fail("usage: storage_bench RECORDS.jsonl DIRECTORY");
  std::filesystem::remove_all(std::string(argv[2]) + "/ours");
  std::filesystem::remove_all(std::string(argv[2]) + "/raw");
  print_empty_store(std::string(argv[2]) + "/empty");
  Bench bench(argv[1], argv[2]);
  bench.write(1, true, 400);
  bench.write(16, true, 1600);
  bench.write(64, true, 3200);
  bench.write(1, false, 3200);
  bench.write(16, false, 3200);
  bench.write(64, false, 3200);
  bench.get(5000);
  bench.list(200);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak resident memory: %ld MB\n", usage.ru_maxrss / 1024);
}
