// cel_bench.cpp: what an expression costs, warm, on one thread, in its CPU time: `cel_bench [LOAN.jsonl]`. The document
// is the 42-field loan application (its first line) when given, else a made-up one of 42 fields. Five runs; median and
// spread.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"
#include "support/cel_reference/explosions.hpp"

namespace {

using namespace socle::cel;
// Of this thread: what others of the machine do does not count.
struct Clock {
  static std::chrono::nanoseconds now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

std::string made_up() {
  std::string text =
      R"({"termMonths":137,"channel":"vip","email":"a@example.net","guarantors":[{"consent":true},{"consent":true},{"consent":true}])";
  for (int i = 0; i < 38; ++i) text += ",\"field" + std::to_string(i) + "\":\"value " + std::to_string(i) + "\"";
  return text + "}";
}

// 42 fields, of which a declared type knows two; they stand in the middle.
std::string customer_text() {
  std::string text = "{";
  for (int i = 0; i < 40; ++i) {
    if (i == 20) text += R"("x":137,"y":"vip",)";
    text += "\"field" + std::to_string(i) + "\":\"value " + std::to_string(i) + "\"" + (i < 39 ? "," : "");
  }
  return text + "}";
}

template <class Run>
void report(const char* name, std::size_t rounds, Run run) {
  std::vector<double> times;
  run(rounds / 10 + 1);
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    run(rounds);
    const std::chrono::duration<double, std::nano> spent = Clock::now() - start;
    times.push_back(spent.count() / static_cast<double>(rounds));
  }
  std::sort(times.begin(), times.end());
  std::printf("%-34s %9.1f ns  (min %.1f, max %.1f, 5 runs of %zu)\n", name, times[2], times[0], times[4], rounds);
}

void evaluate(const Environment& env, const char* name, const char* source, socle::json::View root, bool optimize) {
  const auto ast = env.compile(source);
  if (!ast) {
    std::printf("%s: %s\n", name, ast.error().message.c_str());
    return;
  }
  const auto program = Program::compile(env, *ast, {optimize});
  Activation activation(env);
  activation.set(env.variable("a")->slot, root);
  Arena arena;
  std::size_t truths = 0;
  const std::string label = std::string(name) + (optimize ? "" : " (unoptimised)");
  report(label.c_str(), 500000, [&](std::size_t rounds) {
    for (std::size_t i = 0; i < rounds; ++i) {
      arena.reset();
      truths += program->evaluate(activation, arena).is_true() ? 1 : 0;
    }
  });
  if (truths == 0) std::printf("%s is not true\n", label.c_str());
  if (optimize) std::printf("%-34s %9zu bytes\n", ("memory of " + label).c_str(), program->bytes());
}

// What a worker is held by an expression built to explode: services evaluate with this much fuel where the call arrives
// and start again on the offload pool when that is not enough.
void slices() {
  constexpr std::uint64_t fuel = 20'000;
  const Environment env;
  std::vector<double> times;
  double longest = 0;
  std::size_t stopped = 0;
  std::string which;
  for (const auto& source : cel_reference::explosions()) {
    const auto ast = env.compile(source);
    const auto program = Program::compile(env, *ast);
    Arena arena;
    std::vector<double> runs;
    for (int i = 0; i < 21; ++i) {
      arena.reset();
      const auto start = Clock::now();
      stopped += program->evaluate(Activation(env), arena, {.fuel = fuel}).is_error() ? 1 : 0;
      runs.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
    std::sort(runs.begin(), runs.end());
    times.push_back(runs[10]);
    if (runs[10] > longest) {
      longest = runs[10];
      which = source.substr(0, 60);
    }
  }
  std::sort(times.begin(), times.end());
  std::printf("%-34s %9.1f us  (longest %.1f of %zu, %zu stopped, medians of 21 runs; the longest begins %s)\n",
              "20000 units of exploding fuel", times[times.size() / 2], longest, times.size(), stopped / 21,
              which.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  std::string line;
  if (argc > 1) {
    std::ifstream in(argv[1]);
    std::getline(in, line);
  }
  const auto document = socle::json::Document::parse(line.empty() ? made_up() : line);
  if (!document) return 1;
  Environment env;
  (void)env.declare_variable("a", *Type::parse("map(string, dyn)"));
  const auto root = document->root();
  std::printf("document: %zu fields\n", root.size());
  for (const bool optimize : {true, false}) {
    evaluate(env, "two conditions", "a.termMonths > 30 && a.channel != 'vip'", root, optimize);
    evaluate(env, "all() over 3 items", "a.guarantors.all(g, g.consent)", root, optimize);
  }
  Environment declared;
  (void)declared.declare_object(
      {"customer", {{"x", TypeKind::integer, {}, {}}, {"y", TypeKind::string, {}, {}}}, true, false});
  (void)declared.declare_variable("a", Type::object("customer"));
  const auto customer = socle::json::Document::parse(customer_text());
  for (const bool optimize : {true, false})
    evaluate(declared, "a.x > 100 && a.y == 'vip'", "a.x > 100 && a.y == 'vip'", customer->root(), optimize);
  evaluate(env, "string functions", "a.email.startsWith('9b') && a.email.endsWith('.net')", root, true);
  evaluate(env, "regular expression", "a.email.matches('^[a-z0-9.]+@example[.]net$')", root, true);
  evaluate(env, "in a list of 8", "a.channel in ['a', 'b', 'c', 'd', 'e', 'f', 'web', 'vip']", root, true);
  report("compiling two conditions", 5000, [&](std::size_t rounds) {
    for (std::size_t i = 0; i < rounds; ++i) {
      const auto ast = env.compile("a.termMonths > 100 && a.channel == 'vip'");
      if (!Program::compile(env, *ast)) std::abort();
    }
  });
  slices();
}
