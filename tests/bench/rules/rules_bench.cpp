// rules_bench.cpp: what a decision table costs, warm, on one thread, in its CPU time: `rules_bench`. Tables of 10, 100
// and 10,000 rows over a 42-field document; compile time and memory a row; and compiling 10,000 rows of one column, by
// what their cells are. Five runs; median and spread.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "socle/cel/environment.hpp"
#include "socle/json/document.hpp"
#include "table/table.hpp"

namespace {

using namespace socle;
// Of this thread: what others of the machine do does not count.
struct Clock {
  static std::chrono::nanoseconds now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

std::string document_text() {
  std::string text = R"({"income":5200,"age":41,"region":"r3","kind":"standard")";
  for (int i = 0; i < 38; ++i) text += ",\"field" + std::to_string(i) + "\":\"value " + std::to_string(i) + "\"";
  return text + "}";
}

// Bands of income beside regions: each input hits one row.
std::string table_text(int rows) {
  const int regions = rows >= 100 ? 10 : 2;
  std::string text =
      R"({"table":"t","hit":"F","inputs":[{"expr":"input.income","type":"number"},{"expr":"input.region","type":"string"}],)"
      R"("outputs":[{"name":"grade","type":"string"},{"name":"limit","type":"number"}],"rows":[)";
  for (int r = 0; r < rows; ++r) {
    const int band = r / regions;
    const int width = 10000 * regions / rows;
    text += std::string(r == 0 ? "" : ",") + "[\"[" + std::to_string(band * width) + ".." +
            std::to_string((band + 1) * width) + ")\",\"'r" + std::to_string(r % regions) + "'\",\"'g" +
            std::to_string(r) + "'\",\"" + std::to_string(r) + "\"]";
  }
  return text + R"(,["-","-","'none'","0"]]})";
}

template <class Run>
void report(const std::string& name, std::size_t rounds, Run run) {
  std::vector<double> times;
  run(rounds / 10 + 1);
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    run(rounds);
    const std::chrono::duration<double, std::nano> spent = Clock::now() - start;
    times.push_back(spent.count() / static_cast<double>(rounds));
  }
  std::sort(times.begin(), times.end());
  std::printf("%-34s %11.1f ns  (min %.1f, max %.1f, 5 runs of %zu)\n", name.c_str(), times[2], times[0], times[4],
              rounds);
}

void table(const cel::Environment& env, json::View input, int rows) {
  const auto document = json::Document::parse(table_text(rows));
  rules::Diagnostics diagnostics;
  const auto compile = [&] {
    const auto definition = rules::read_table(document->root(), "", diagnostics);
    return rules::Table::compile(*definition, env, diagnostics);
  };
  const auto compiled = compile();
  if (!compiled) {
    std::printf("%s\n", diagnostics.all().front().message.c_str());
    return;
  }
  cel::Activation activation(env);
  activation.set(env.variable("input")->slot, input);
  cel::Arena arena;
  std::size_t found = 0;
  report("table of " + std::to_string(rows) + " rows", 300000, [&](std::size_t rounds) {
    for (std::size_t i = 0; i < rounds; ++i) {
      arena.reset();
      rules::Meter meter(activation, arena, {});
      found += compiled->evaluate(meter).size();
    }
  });
  if (found == 0) std::printf("no hit\n");
  report("compiling a table of " + std::to_string(rows) + " rows", rows > 1000 ? 3 : 100, [&](std::size_t rounds) {
    for (std::size_t i = 0; i < rounds; ++i) found += compile() == nullptr ? 0 : 1;
  });
  std::printf("%-34s %11zu bytes  (%zu a row)\n", ("memory of a table of " + std::to_string(rows) + " rows").c_str(),
              compiled->bytes(), compiled->bytes() / compiled->rows());
}

// Rows of one column: values, values far apart under U, nested bounds under F and A, lists, and all in one cell.
void one_column(const cel::Environment& env, const char* name, const char* hit, std::string (*cell)(int), int rows) {
  std::string text = R"({"table":"t","hit":")" + std::string(hit) +
                     R"(","inputs":[{"expr":"input.age","type":"integer"}],"outputs":[{}],"rows":[)";
  for (int r = 0; r < rows; ++r) text += (r == 0 ? "[\"" : ",[\"") + cell(r) + "\",\"1\"]";
  const auto document = json::Document::parse(text + "]}");
  std::size_t found = 0;
  bool complete = true;
  report("compiling one column, " + std::string(name), 3, [&](std::size_t rounds) {
    for (std::size_t i = 0; i < rounds; ++i) {
      rules::Diagnostics diagnostics;
      const auto definition = rules::read_table(document->root(), "", diagnostics);
      found += rules::Table::compile(*definition, env, diagnostics) == nullptr ? 0 : 1;
      for (const auto& one : diagnostics.all()) complete = complete && one.code != "analysis_incomplete";
    }
  });
  if (found == 0 || !complete) std::printf("%s: %s\n", name, complete ? "does not compile" : "not analysed completely");
}

void one_column(const cel::Environment& env) {
  constexpr int rows = 10000;
  const auto value = [](int r) { return std::to_string(r); };
  const auto apart = [](int r) { return std::to_string(3 * r); };
  const auto below = [](int r) { return "< " + std::to_string(r); };
  const auto list = [](int r) {
    return std::to_string(r) + ", " + std::to_string(r + rows) + ", " + std::to_string(r + 2 * rows);
  };
  const auto all = [](int) {
    std::string out = "0";
    for (int i = 1; i < rows; ++i) out += ", " + std::to_string(i);
    return out;
  };
  one_column(env, "F values", "F", value, rows);
  one_column(env, "U values apart", "U", apart, rows);
  one_column(env, "F nested", "F", below, rows);
  one_column(env, "A nested", "A", below, rows);
  one_column(env, "U lists of 3", "U", list, rows);
  one_column(env, "C 10000 in one cell", "C", all, 1);
}

}  // namespace

int main() {
  const auto document = json::Document::parse(document_text());
  cel::Options options;
  options.mixed_numbers = true;
  cel::Environment env(options);
  (void)env.declare_variable("input", *cel::Type::parse("map(string, dyn)"));
  (void)env.declare_variable("now", cel::TypeKind::timestamp);
  (void)env.declare_variable("value", cel::Type());
  for (const int rows : {10, 100, 10000}) table(env, document->root(), rows);
  one_column(env);
}
