// forms_bench.cpp: what a form costs without HTTP and store: compiling it, holding it, judging the 42-field record.
//   forms_bench examples/loan/loan.yaml ../shared/loan/valid.jsonl
// CPU time of this thread, median of five rounds.
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "logic/verdict.hpp"
#include "source/source.hpp"

namespace {

using namespace socle::forms;
namespace json = socle::json;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Median and spread of five rounds, in microseconds a call.
void measure(const char* name, int calls, const std::function<void(int)>& call) {
  for (int i = 0; i < calls / 10 + 1; ++i) call(i);
  std::vector<double> rounds;
  for (int round = 0; round < 5; ++round) {
    const double begin = cpu_seconds();
    for (int i = 0; i < calls; ++i) call(i);
    rounds.push_back((cpu_seconds() - begin) * 1e6 / calls);
  }
  std::sort(rounds.begin(), rounds.end());
  std::printf("forms %-44s %9.2f us (%.2f to %.2f), CPU of one thread, %d calls a round\n", name, rounds[2], rounds[0],
              rounds[4], calls);
}

std::string wide_model(int fields) {
  std::string properties;
  std::string logic;
  for (int i = 0; i < fields; ++i) {
    const auto name = "\"f" + std::to_string(i) + "\"";
    properties += (i > 0 ? "," : "") + name + R"(:{"type":"integer"})";
    if (i % 2 == 1) logic += (i > 1 ? "," : "") + name + R"(:{"compute":"f)" + std::to_string(i - 1) + " + 1\"}";
  }
  return R"({"form":"wide","schema":{"type":"object","properties":{)" + properties + R"(}},"logic":{)" + logic + "}}";
}

constexpr const char* order_model = R"~({"form":"order","schema":{"type":"object","properties":{
  "lines":{"type":"array","items":{"type":"object","properties":{"price":{"type":"string","format":"decimal"},
    "qty":{"type":"integer"},"total":{"type":"string"}}}},"total":{"type":"string"}}},
  "logic":{"lines[].total":{"compute":"string((price * decimal(qty)).round(2))"},
    "total":{"compute":"string(lines.map(l, decimal(l.total)).sum())"}}})~";

std::string order_record(int rows, int first_quantity) {
  std::string out;
  for (int i = 0; i < rows; ++i)
    out += (i > 0 ? "," : "") + std::string(R"({"price":"1.50","qty":)") +
           std::to_string(i > 0 ? i % 9 + 1 : first_quantity) + "}";
  return R"({"lines":[)" + out + "]}";
}

// One cell of a sub-table changes each time: its column runs again row by row, then the total.
bool measure_rows() {
  Diagnostics diagnostics;
  const auto source = json::Document::parse(order_model).value();
  const auto form = Form::compile(source.root(), diagnostics);
  if (!form) return false;
  const auto first = json::Document::parse(order_record(1000, 1)).value();
  const auto second = json::Document::parse(order_record(1000, 2)).value();
  socle::cel::Arena arena;
  Call call;
  call.doc = first.root();
  // One evaluation takes all the changes, and its arena keeps what each has computed.
  call.limits.fuel = UINT64_MAX;
  call.limits.memory = std::size_t{1} << 30;
  measure("judge 1,000 rows of 3 columns, with a total", 20, [&](int) {
    if (!judge(*form, call, Language::en, arena).errors.empty()) std::abort();
  });
  const std::uint32_t changed[] = {form->fields().find("lines")};
  if (changed[0] == Field::none) return false;
  arena.reset();
  Evaluation evaluation(*form, call, arena);
  if (!evaluation.run()) return false;
  measure("the same, one cell changed", 20, [&](int i) {
    if (!evaluation.change(i % 2 == 0 ? second.root() : first.root(), changed)) std::abort();
  });
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: forms_bench MODEL.yaml RECORDS.jsonl\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  std::stringstream text;
  text << file.rdbuf();
  std::vector<socle::models::Diagnostic> problems;
  const auto source = socle::models::Source::read(text.str(), socle::models::Media::yaml, problems);
  if (!source) return 1;
  Diagnostics diagnostics;
  const auto form = Form::compile(source->root(), diagnostics);
  if (!form) return 1;
  std::vector<json::Document> records;
  std::ifstream lines(argv[2]);
  for (std::string line; std::getline(lines, line);)
    if (auto parsed = json::Document::parse(line)) records.push_back(std::move(*parsed));
  if (records.empty()) return 1;
  measure("compile the loan model", 50, [&](int) {
    Diagnostics told;
    if (!Form::compile(source->root(), told)) std::abort();
  });
  const auto before = mallinfo2().uordblks;
  std::vector<std::shared_ptr<const Form>> kept;
  for (int i = 0; i < 100; ++i) kept.push_back(Form::compile(source->root(), diagnostics));
  std::printf("forms %-44s %9zu bytes of the heap, %zu by its own count\n", "one resident loan model",
              (mallinfo2().uordblks - before) / 100, form->bytes());
  kept.clear();
  socle::cel::Arena arena;
  std::size_t refused = 0;
  measure("judge a valid 42-field record, 2 computed", 3000, [&](int i) {
    Call call;
    call.doc = records[static_cast<std::size_t>(i) % records.size()].root();
    refused += judge(*form, call, Language::en, arena).errors.empty() ? 0 : 1;
  });
  if (refused > 0) std::printf("forms: %zu records were refused\n", refused);
  const auto empty = json::Document::parse("{}").value();
  measure("judge an empty record: 42 faults", 500, [&](int) {
    Call call;
    call.doc = empty.root();
    (void)judge(*form, call, Language::zh, arena);
  });
  const auto wide_source = json::Document::parse(wide_model(1000)).value();
  const auto wide = Form::compile(wide_source.root(), diagnostics);
  std::string values = "{";
  for (int i = 0; i < 1000; i += 2) values += (i > 0 ? ",\"f" : "\"f") + std::to_string(i) + "\":" + std::to_string(i);
  const auto wide_record = json::Document::parse(values + "}").value();
  measure("judge 1,000 fields, 500 computed", 100, [&](int) {
    Call call;
    call.doc = wide_record.root();
    if (!judge(*wide, call, Language::en, arena).errors.empty()) std::abort();
  });
  Call call;
  call.doc = wide_record.root();
  arena.reset();
  Evaluation evaluation(*wide, call, arena);
  if (!evaluation.run()) return 1;
  const std::uint32_t changed[] = {wide->fields().find("f500")};
  measure("the same, one field changed", 300, [&](int) { (void)evaluation.change(wide_record.root(), changed); });
  return measure_rows() ? 0 : 1;
}
