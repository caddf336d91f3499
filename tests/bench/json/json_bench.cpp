// Socle::json beside simdjson's DOM and Boost.JSON on the same records, in one run: json_bench RECORDS.jsonl
// One line a benchmark: name, median and deviation over the rounds in nanoseconds, settings. Rounds of the candidates
// alternate, so that a busy machine troubles all alike; the ratio lines compare medians of the same run.
#include <algorithm>
#include <boost/json/src.hpp>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <simdjson.h>

#include "socle/json.hpp"

namespace {

namespace json = socle::json;
// CPU time of this thread: other processes' turns do not count.
double now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

constexpr int rounds = 15;
std::size_t sink = 0;  // what the benchmarks compute, so that they must compute it

struct Candidate {
  std::string name;
  std::function<std::size_t()> once;     // runs over all records, returns how many operations that were
  std::vector<double> nanoseconds = {};  // a sample a round
  int batch = 1;                         // calls of once() between two looks at the clock
};

double median(std::vector<double> samples) {
  std::nth_element(samples.begin(), samples.begin() + rounds / 2, samples.end());
  return samples[rounds / 2];
}

double deviation(const std::vector<double>& samples) {
  const double middle = median(samples);
  std::vector<double> distance;
  for (const double sample : samples) distance.push_back(std::abs(sample - middle));
  return median(distance);
}

// One group: all its candidates in turn, round by round; the first round of all is thrown away.
void run(std::vector<Candidate> group, const std::string& settings) {
  for (int round = -1; round < rounds; ++round) {
    for (auto& candidate : group) {
      const double start = now();
      double spent = 0;
      std::size_t operations = 0;
      do {
        for (int i = 0; i < candidate.batch; ++i) operations += candidate.once();
        spent = now() - start;
      } while (spent < 20e6);
      if (round >= 0) candidate.nanoseconds.push_back(spent / static_cast<double>(operations));
    }
  }
  const double first = median(group.front().nanoseconds);
  for (const auto& candidate : group) {
    const double middle = median(candidate.nanoseconds);
    std::printf("%-34s median %9.1f ns  deviation %6.1f ns  %5.2f x %s  [%s, %d rounds of 20 ms CPU, %u cpus]\n",
                candidate.name.c_str(), middle, deviation(candidate.nanoseconds), first / middle,
                candidate.name == group.front().name ? "itself" : "faster than the first", settings.c_str(), rounds,
                std::thread::hardware_concurrency());
  }
}

std::vector<std::string> read_records(const char* path) {
  std::ifstream in(path);
  std::vector<std::string> records;
  for (std::string line; std::getline(in, line);) records.push_back(line);
  return records;
}

Candidate parse_with_socle(const std::vector<std::string>& records, json::Parser& parser) {
  return {"parse.socle",
          [&] {
            for (const auto& record : records) sink += parser.flatten(record)->size();
            return records.size();
          },
          {}};
}

Candidate parse_with_simdjson(const std::vector<simdjson::padded_string>& records, simdjson::dom::parser& parser) {
  return {"parse.simdjson_dom",
          [&] {
            for (const auto& record : records) sink += parser.parse(record).error() == simdjson::SUCCESS;
            return records.size();
          },
          {}};
}

Candidate parse_with_boost(const std::vector<std::string>& records, std::vector<unsigned char>& buffer) {
  return {"parse.boost_json_monotonic",
          [&] {
            for (const auto& record : records) {
              boost::json::monotonic_resource memory(buffer.data(), buffer.size());
              sink += boost::json::parse(record, &memory).as_object().size();
            }
            return records.size();
          },
          {}};
}

void parsing(const std::vector<std::string>& records, std::size_t average) {
  std::vector<simdjson::padded_string> padded;
  for (const auto& record : records) padded.emplace_back(record);
  json::Parser parser;
  simdjson::dom::parser dom;
  std::vector<unsigned char> buffer(std::size_t{1} << 20);
  run({parse_with_simdjson(padded, dom),
       parse_with_socle(records, parser),
       {"parse.socle_document",
        [&] {
          for (const auto& record : records) sink += parser.parse(record)->bytes().size();
          return records.size();
        },
        {}},
       {"parse.socle_one_shot",
        [&] {
          for (const auto& record : records) sink += json::Document::parse(record)->bytes().size();
          return records.size();
        },
        {}},
       parse_with_boost(records, buffer)},
      std::to_string(records.size()) + " records of " + std::to_string(average) + " bytes");
}

void lookup(const std::string& record) {
  const auto document = json::Document::parse(record);
  const auto boxed = boost::json::parse(record);
  const json::View root = document->root();
  std::vector<json::Key> keys;
  for (std::size_t i = 0; i < root.size(); ++i) keys.push_back(root.key_at(i));
  run({{"lookup.socle_prehashed",
        [&] {
          for (const auto& key : keys) sink += root.find(key).word();
          return keys.size();
        },
        {},
        100},
       {"lookup.socle_string",
        [&] {
          for (const auto& key : keys) sink += root.find(key.text()).word();
          return keys.size();
        },
        {},
        100},
       {"lookup.boost_json",
        [&] {
          for (const auto& key : keys) sink += boxed.as_object().if_contains(key.text())->is_string();
          return keys.size();
        },
        {},
        100}},
      "each of " + std::to_string(keys.size()) + " members");
}

void others(const std::vector<std::string>& records) {
  std::vector<json::Document> documents;
  std::vector<boost::json::value> boxed;
  for (const auto& record : records) {
    documents.push_back(*json::Document::parse(record));
    boxed.push_back(boost::json::parse(record));
  }
  const std::string settings = std::to_string(records.size()) + " records";
  std::string text;
  run({{"serialize.socle",
        [&] {
          for (const auto& document : documents) {
            text.clear();
            json::append_text(text, document.root());
            sink += text.size();
          }
          return documents.size();
        },
        {}},
       {"serialize.boost_json",
        [&] {
          for (const auto& value : boxed) sink += boost::json::serialize(value).size();
          return boxed.size();
        },
        {}}},
      settings);
  const auto patch = json::Document::parse(
      R"([{"op":"replace","path":"/amount","value":"1.00"},{"op":"add","path":"/guarantors/-","value":{"a":1}}])");
  const auto merge = json::Document::parse(R"({"amount":"1.00","channel":null,"address":{"city":"Ulm"}})");
  run({{"verify",
        [&] {
          for (const auto& document : documents) sink += json::verify(document.bytes()).has_value();
          return documents.size();
        },
        {}},
       {"patch.two_operations",
        [&] {
          for (const auto& document : documents) sink += json::apply_patch(document.root(), patch->root()).has_value();
          return documents.size();
        },
        {}},
       {"merge_patch.three_members",
        [&] {
          for (const auto& document : documents) sink += json::merge_patch(document.root(), merge->root()).has_value();
          return documents.size();
        },
        {}}},
      settings);
}

}  // namespace

int main(int argc, char** argv) {
  const auto records = argc == 2 ? read_records(argv[1]) : std::vector<std::string>{};
  if (records.empty()) {
    std::fprintf(stderr, "usage: json_bench RECORDS.jsonl   (one JSON object a line)\n");
    return 2;
  }
  std::size_t bytes = 0, flat = 0;
  for (const auto& record : records) {
    const auto document = json::Document::parse(record);
    if (!document) {
      std::fprintf(stderr, "a record is not JSON\n");
      return 1;
    }
    bytes += record.size();
    flat += document->bytes().size();
  }
  std::printf("size: %zu bytes of text, %zu bytes of flat document a record, ratio %.2f\n", bytes / records.size(),
              flat / records.size(), static_cast<double>(flat) / static_cast<double>(bytes));
  parsing(records, bytes / records.size());
  lookup(records.front());
  others(records);
  return sink == 0;
}
