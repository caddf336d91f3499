// explode_test.cpp: expressions built to explode end within a millisecond of the moment the host says stop, whatever
// they are in the middle of. Measured in CPU time of the thread, so that other work on the machine does not count.
#include <time.h>

#include <algorithm>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "support/cel_reference/explosions.hpp"

namespace {

using namespace socle::cel;
using std::chrono::microseconds;

#ifdef SOCLE_SANITIZED
constexpr microseconds grace{50'000};  // sanitizers slow everything down
#else
constexpr microseconds grace{1'000};
#endif
constexpr microseconds allowed{3'000};

microseconds cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::duration_cast<microseconds>(std::chrono::seconds(time.tv_sec) +
                                                  std::chrono::nanoseconds(time.tv_nsec));
}

struct Stop {
  microseconds at;
  bool said = false;
};

// How long the evaluation went on after it was told to stop; nothing happened when it ended by itself before.
microseconds overrun(const std::string& source, bool optimize, int& told) {
  const Environment env;
  const auto ast = env.compile(source);
  INFO(source.substr(0, 200) << (ast ? "" : ast.error().message));
  REQUIRE(ast);
  const auto program = Program::compile(env, *ast, {optimize});
  REQUIRE(program);
  Arena arena;
  Limits limits;
  limits.fuel = 1'000'000'000'000;
  limits.interval = 5'000;
  Stop stop{cpu() + allowed};
  limits.data = &stop;
  limits.interrupt = [](void* data) {
    auto& when = *static_cast<Stop*>(data);
    when.said = cpu() >= when.at;
    return !when.said;
  };
  const auto value = program->evaluate(Activation(env), arena, limits);
  const auto end = cpu();
  if (stop.said) CHECK(value.is_error());
  told += stop.said ? 1 : 0;
  return end > stop.at ? end - stop.at : microseconds{0};
}

}  // namespace

TEST_CASE("cel: what is built to explode ends within a millisecond of being told to", "[cel]") {
  int told = 0;
  for (const auto& source : cel_reference::explosions()) {
    for (const bool optimize : {true, false}) {
      auto over = overrun(source, optimize, told);
      if (over > grace) over = overrun(source, optimize, told);  // a page fault storm or a migration: once more
      INFO(source.substr(0, 200) << " … " << source.substr(source.size() - std::min<std::size_t>(60, source.size()))
                                 << " optimised " << optimize << ": " << over.count() << " µs too long");
      CHECK(over <= grace);
    }
  }
  CHECK(told >= 16);  // the others ran out of memory before
}

TEST_CASE("cel: NaN and infinity pass through without comparing equal or ordered", "[cel]") {
  const Environment env;
  for (const auto* source : {"0.0 / 0.0 != 0.0 / 0.0", "!(0.0 / 0.0 < 1.0) && !(0.0 / 0.0 > 1.0)", "1.0 / 0.0 > 1e308",
                             "!(0.0 / 0.0 in [0.0 / 0.0])", "[0.0 / 0.0] != [0.0 / 0.0]"}) {
    INFO(source);
    const auto ast = env.compile(source);
    REQUIRE(ast);
    for (const bool optimize : {true, false}) {
      Arena arena;
      const auto program = Program::compile(env, *ast, {optimize});
      CHECK(program->evaluate(Activation(env), arena).is_true());
    }
  }
}
