// schema_bench LOAN_DIR [SCHEMA_BENCH_DIR]: what a validation costs. LOAN_DIR holds the 42-field record (schema.json,
// valid.jsonl, invalid.jsonl with the record in `body` and the pointer to report in `field`), SCHEMA_BENCH_DIR real
// schemas with instances. One line a number: name, median of five runs, spread (worst minus best, % of the median).
// Times are CPU time of the thread, as machines are shared. Formats are asserted for the loan and annotations
// elsewhere. Exits 1 when a verdict or a pointer is wrong. For the same numbers of ajv: node ajv.mjs LOAN_DIR
// [SCHEMA_BENCH_DIR] in a folder where `npm i ajv ajv-formats` ran.
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "socle/json/writer.hpp"
#include "socle/schema/schema.hpp"

namespace {

namespace schema = socle::schema;
namespace json = socle::json;

bool all_right = true;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::istringstream in(read_file(path));
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

std::vector<json::Document> parse_all(const std::vector<std::string>& lines) {
  std::vector<json::Document> out;
  for (const std::string& line : lines) {
    auto document = json::Document::parse(line);
    if (document) out.push_back(std::move(*document));
  }
  return out;
}

// ns for one of the `count` items that a call of `work` does.
void measure(const std::string& name, std::size_t count, const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  };
  const auto timed = [&](std::size_t rounds) {
    const double start = now();
    for (std::size_t i = 0; i < rounds; ++i) work();
    return now() - start;
  };
  const double once = std::max(timed(2) / 2, 1.0);
  const auto rounds = static_cast<std::size_t>(std::max(1.0, 100e6 / once));  // 0.1 s a run
  std::array<double, 5> runs{};
  for (double& run : runs) run = timed(rounds) / static_cast<double>(rounds * count);
  std::sort(runs.begin(), runs.end());
  std::printf("%-58s %10.1f ns  ±%.0f %%\n", name.c_str(), runs[2], (runs[4] - runs[0]) / runs[2] * 100);
}

void expect(bool good, const std::string& what) {
  if (good) return;
  all_right = false;
  std::printf("WRONG %s\n", what.c_str());
}

void bench_valid(const std::string& name, const schema::Schema& compiled, const std::vector<std::string>& lines) {
  const auto documents = parse_all(lines);
  expect(documents.size() == lines.size(), name + ": a line is no JSON");
  for (std::size_t i = 0; i < documents.size(); ++i)
    expect(compiled.valid(documents[i].root()), name + ": valid line " + std::to_string(i + 1));
  std::size_t accepted = 0;
  measure(name + ", valid, parsed", documents.size(), [&] {
    for (const auto& document : documents) accepted += compiled.valid(document.root()) ? 1 : 0;
  });
  json::Parser parser;
  measure(name + ", valid, with parsing", lines.size(), [&] {
    for (const auto& line : lines)
      if (auto bytes = parser.flatten(line)) accepted += compiled.valid(json::open(*bytes)) ? 1 : 0;
  });
  expect(accepted > 0, name);
}

void bench_loan(const std::filesystem::path& folder) {
  const std::string text = read_file(folder / "schema.json");
  schema::Options options;
  options.formats = schema::Formats::assert_all;
  const auto compiled = schema::compile_text(text, options);
  if (!compiled) return expect(false, compiled.error().message);
  std::size_t made = 0;
  measure("loan, compile, metaschema checked", 1, [&] { made += schema::compile_text(text, options) ? 1 : 0; });
  std::printf("%-58s %10zu bytes\n", "loan, compiled size", compiled->memory());
  bench_valid("loan", *compiled, read_lines(folder / "valid.jsonl"));

  const auto cases = parse_all(read_lines(folder / "invalid.jsonl"));
  std::vector<std::string> bodies;
  for (const auto& document : cases) bodies.push_back(json::to_text(document.root().find("body")));
  for (const auto& document : cases) {
    const schema::Report report = compiled->check(document.root().find("body"));
    const std::string_view field = document.root().find("field").as_string();
    const bool named = std::any_of(report.faults.begin(), report.faults.end(),
                                   [&](const auto& fault) { return fault.field == field; });
    expect(!compiled->valid(document.root().find("body")) && named,
           "loan: invalid record must name " + std::string(field));
  }
  std::size_t refused = 0;
  measure("loan, invalid, parsed, verdict only", cases.size(), [&] {
    for (const auto& document : cases) refused += compiled->valid(document.root().find("body")) ? 0 : 1;
  });
  measure("loan, invalid, parsed, first fault", cases.size(), [&] {
    for (const auto& document : cases)
      refused += compiled->check(document.root().find("body"), schema::Collect::first).faults.size();
  });
  json::Parser parser;
  measure("loan, invalid, with parsing, first fault", bodies.size(), [&] {
    for (const auto& body : bodies)
      if (auto bytes = parser.flatten(body))
        refused += compiled->check(json::open(*bytes), schema::Collect::first).faults.size();
  });
  measure("loan, invalid, parsed, all faults", cases.size(), [&] {
    for (const auto& document : cases) refused += compiled->check(document.root().find("body")).faults.size();
  });
  expect(made > 0 && refused > 0, "loan");
}

void bench_real(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> schemas;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (std::filesystem::exists(entry.path() / "schema.json")) schemas.push_back(entry.path());
  std::sort(schemas.begin(), schemas.end());
  for (const auto& path : schemas) {
    const std::string name = path.filename().string();
    const std::string text = read_file(path / "schema.json");
    const auto compiled = schema::compile_text(text);
    if (!compiled) {
      expect(false, name + ": " + compiled.error().message);
      continue;
    }
    std::size_t made = 0;
    measure(name + ", compile", 1, [&] { made += schema::compile_text(text) ? 1 : 0; });
    bench_valid(name, *compiled, read_lines(path / "valid.jsonl"));
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::puts("usage: schema_bench LOAN_DIR [SCHEMA_BENCH_DIR]");
    return 2;
  }
  bench_loan(arguments[1]);
  if (count > 2) bench_real(arguments[2]);
  return all_right ? 0 : 1;
}
