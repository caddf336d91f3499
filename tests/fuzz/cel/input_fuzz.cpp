// input_fuzz.cpp: any bytes as the JSON document that fixed expressions read.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"

using namespace socle::cel;

namespace {
struct Programs {
  Programs() {
    (void)env.declare_variable("a", Type());
    for (const auto* source :
         {"a.x > 100 && a.y == 'vip'", "a.all(v, v == 1)", "a.l.map(v, v + 1)", "a.s.matches(a.p)", "a == a",
          "a.s.split(a.p).join(a.s)", "timestamp(a.s).getHours(a.p)", "date(a.s)", "decimal(a.s) / decimal(a.p)",
          "a.s.format(a.l)", "duration(a.s)", "a.l.sort()", "a.l.distinct()", "ip(a.s)", "cidr(a.s).masked()",
          "base64.decode(a.s)", "regex.replace(a.s, a.p, a.s)", "a.l[a.n]", "a.s.substring(a.n, a.m)"})
      programs.push_back(*Program::compile(env, *env.compile(source)));
  }
  Environment env;
  std::vector<Program> programs;
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto* all = new Programs();
  const auto document = socle::json::Document::parse({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  Activation activation(all->env);
  activation.set(0, document->root());
  for (const auto& program : all->programs) {
    Arena arena;
    const auto value = program.evaluate(activation, arena, {.fuel = 20000, .memory = std::size_t{1} << 20});
    if (value.is_error())
      (void)program.describe(value);
    else
      (void)to_text(value);
  }
  return 0;
}
