// source_fuzz.cpp: any bytes as source text: parse, check, compile both ways, evaluate within small limits, print.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "socle/cel/environment.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"

using namespace socle::cel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Environment* env = [] {
    auto* out = new Environment();
    (void)out->declare_variable("a", Type());
    return out;
  }();
  static const auto document = socle::json::Document::parse(R"({"n":3,"s":"x","l":[1,2],"m":{"x":1}})");
  auto ast = env->parse({reinterpret_cast<const char*>(data), size});
  if (!ast) return 0;
  const auto printed = unparse(*ast->root);
  Activation activation(*env);
  activation.set(0, document->root());
  const Limits limits{.fuel = 20000, .memory = std::size_t{1} << 20};
  Arena one;
  Arena two;
  const auto fast = Program::compile(*env, *ast);
  const auto plain = Program::compile(*env, *ast, {false});
  if (fast && plain) {
    const auto x = fast->evaluate(activation, one, limits);
    const auto y = plain->evaluate(activation, two, limits);
    const auto stopped = [](const Value& v) { return v.is_error() && v.error_info().code >= ErrorCode::out_of_fuel; };
    if (!stopped(x) && !stopped(y) && (x.is_error() != y.is_error() || (!x.is_error() && to_text(x) != to_text(y))))
      std::abort();
  }
  const auto checked = env->check(*std::move(ast));
  if (checked) {
    Arena three;
    const auto program = Program::compile(*env, *checked);
    if (program) (void)program->evaluate(activation, three, limits);
  }
  return 0;
}
