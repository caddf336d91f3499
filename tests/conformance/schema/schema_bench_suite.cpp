// schema_bench_suite.cpp: real schemas with the instances they must accept and refuse, one a line.
#include <sstream>

#include "socle/schema/schema.hpp"
#include "suites.hpp"

namespace suites {

namespace schema = socle::schema;
namespace json = socle::json;

namespace {

void judge_lines(const schema::Schema& compiled, const std::filesystem::path& path, bool valid, Tally& tally) {
  std::istringstream lines(read_file(path));
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    const std::string name =
        path.parent_path().filename().string() + "/" + path.filename().string() + ":" + std::to_string(number);
    const auto instance = json::Document::parse(line);
    if (!instance) {
      tally.fail(name, instance.error().message);
      continue;
    }
    const schema::Report report = compiled.check(instance->root());
    if (compiled.valid(instance->root()) == valid && report.valid() == valid) {
      ++tally.passed;
    } else {
      tally.fail(name,
                 report.faults.empty() ? "accepted" : report.faults[0].instance + ": " + report.faults[0].message);
    }
  }
}

}  // namespace

void run_schema_bench(const std::filesystem::path& folder, Tally& tally) {
  for (const auto& path : json_files(folder)) {
    if (path.filename() != "schema.json") continue;
    const auto compiled = schema::compile_text(read_file(path));
    if (!compiled) {
      tally.fail(path.parent_path().filename().string(), compiled.error().message);
      continue;
    }
    judge_lines(*compiled, path.parent_path() / "valid.jsonl", true, tally);
    if (std::filesystem::exists(path.parent_path() / "invalid.jsonl"))
      judge_lines(*compiled, path.parent_path() / "invalid.jsonl", false, tally);
  }
}

}  // namespace suites
