// difference_fuzz.cpp: bytes choose an expression and a document: the optimised program, the plain program, the checked
// program and the reference walk must agree, and so must the expression printed and parsed again. A difference aborts
// and prints the expression and the document.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "socle/cel/environment.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"
#include "support/cel_reference/generator.hpp"
#include "support/cel_reference/reference.hpp"

using namespace socle::cel;

namespace {

// The bytes as choices; when they are used up, always the first.
struct Choices {
  const std::uint8_t* next;
  const std::uint8_t* end;
  unsigned operator()(unsigned n) { return next == end ? 0 : *next++ % n; }
};

bool agree(const Value& x, const Value& y) {
  if (x.is_error() || y.is_error()) return x.is_error() && y.is_error();
  return to_text(x) == to_text(y) && x.kind() == y.kind();
}

void must_agree(const Value& x, const Value& y, const char* which, const std::string& source, const std::string& text) {
  if (agree(x, y)) return;
  std::fprintf(stderr, "%s differs: %s of %s: %s and %s\n", which, source.c_str(), text.c_str(), to_text(x).c_str(),
               to_text(y).c_str());
  std::abort();
}

const Environment& environment() {
  static const auto* env = [] {
    auto* out = new Environment();
    for (const auto* name : {"a", "v", "i"}) (void)out->declare_variable(name, Type());
    return out;
  }();
  return *env;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto& env = environment();
  cel_reference::Generator generator(Choices{data + 1, data + size});
  const auto source = generator.expression(1 + data[0] % 5);
  const auto text = generator.document();
  const auto ast = env.parse(source);
  const auto document = socle::json::Document::parse(text);
  if (!document) std::abort();
  if (!ast) return 0;  // longer or deeper than allowed
  const auto root = Value::json(document->root());
  Activation activation(env);
  activation.set(env.variable("a")->slot, root);
  activation.set(env.variable("v")->slot, Value::integer(7));
  activation.set(env.variable("i")->slot, Value::string("i"));
  const auto fast = Program::compile(env, *ast);
  const auto plain = Program::compile(env, *ast, {false});
  if (!fast || !plain) {
    if (fast || plain) std::abort();
    return 0;
  }
  const auto stopped = [](const Value& v) { return v.is_error() && v.error_info().code >= ErrorCode::out_of_fuel; };
  Arena arena;
  Arena other;
  const auto value = fast->evaluate(activation, arena);
  if (stopped(value)) return 0;
  const auto plain_value = plain->evaluate(activation, arena);
  if (stopped(plain_value)) return 0;
  must_agree(value, plain_value, "plain", source, text);
  cel_reference::Reference reference(env, {{"a", root}, {"v", Value::integer(7)}, {"i", Value::string("i")}}, other);
  must_agree(value, reference.evaluate(*ast->root), "reference", source, text);
  if (const auto checked = env.check(*env.parse(source)))
    if (const auto typed = Program::compile(env, *checked))
      must_agree(value, typed->evaluate(activation, arena), "checked", source, text);
  const auto again = env.parse(unparse(*ast->root));
  if (!again) std::abort();
  const auto reparsed = Program::compile(env, *again);
  if (!reparsed) std::abort();
  must_agree(value, reparsed->evaluate(activation, arena), "printed", source, text);
  return 0;
}
