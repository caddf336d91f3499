// conformance_cel cel DIR: judges every file of DIR/cel.
#include <string>

#include "encoded.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "suite/suite.hpp"

namespace {

using namespace socle::cel;
using conformance::Tally;
using conformance::text_of;
using socle::json::View;

// What the test declares; a message when a declaration is refused.
std::string declare(Environment& env, View test) {
  for (const auto entry : test.find("type_env").elements()) {
    const auto name = text_of(entry.find("name"));
    if (entry.find("type").exists()) {
      auto type = Type::parse(entry.find("type").as_string());
      if (!type) return type.error().message;
      if (auto status = env.declare_variable(name, *type); !status) return status.error().message;
      continue;
    }
    for (const auto overload : entry.find("overloads").elements()) {
      std::string signature;
      std::size_t i = 0;
      const bool member = overload.find("member").as_bool();
      for (const auto parameter : overload.find("params").elements()) {
        if (member && i == 0)
          signature = text_of(parameter) + ".(";
        else
          signature += (i > (member ? 1u : 0u) ? ", " : i == 0 ? "(" : "") + text_of(parameter);
        ++i;
      }
      if (i == 0) signature = "(";
      signature += "): " + text_of(overload.find("result"));
      if (auto status = env.declare_function(name, signature, nullptr, text_of(overload.find("id"))); !status)
        return status.error().message;
    }
  }
  for (const auto [name, value] : test.find("bindings").members())
    if (env.variable(name) == nullptr) (void)env.declare_variable(std::string(name), Type());
  return {};
}

// Empty: passed; otherwise what is wrong.
std::string judge_value(const Program& program, const Environment& env, View test) {
  Arena arena;
  Arena inputs;
  Activation activation(env);
  bool ok = true;
  for (const auto [name, value] : test.find("bindings").members())
    activation.set(env.variable(name)->slot, cel_suite::decode(inputs, value, ok));
  const auto value = program.evaluate(activation, arena);
  if (test.find("eval_error").exists())
    return value.is_error() ? std::string() : "expected an error, got " + to_text(value);
  const auto expected = cel_suite::decode(inputs, test.find("value"), ok);
  if (!ok) return "the runner cannot decode a value of this test";
  if (cel_suite::same(value, expected)) return {};
  return "expected " + to_text(expected) + ", got " + (value.is_error() ? program.describe(value) : to_text(value));
}

std::string judge_evaluation(View test) {
  Options options;
  options.container = text_of(test.find("container"));
  options.macros = !test.find("disable_macros").as_bool();
  Environment env(options);
  if (auto message = declare(env, test); !message.empty()) return message;
  const bool wants_error = test.find("eval_error").exists();
  auto ast = env.parse(test.find("expr").as_string());
  if (!ast) return wants_error ? std::string() : ast.error().message;
  if (!test.find("disable_check").as_bool()) {
    ast = env.check(*std::move(ast));
    if (!ast) return wants_error ? std::string() : ast.error().message;
    if (const auto wanted = test.find("result_type"); wanted.exists()) {
      const auto type = Type::parse(wanted.as_string());
      if (!type || !(*type == ast->type())) return "type " + ast->type().text() + ", wanted " + text_of(wanted);
    }
  }
  if (test.find("check_only").as_bool()) return {};
  // Compiled in both ways: the plain one must agree with the suite too.
  for (const bool optimize : {true, false}) {
    const auto program = Program::compile(env, *ast, {optimize});
    if (!program) return wants_error ? std::string() : program.error().message;
    if (auto wrong = judge_value(*program, env, test); !wrong.empty()) return (optimize ? "" : "unoptimised: ") + wrong;
  }
  return {};
}

std::string judge_golden(View test) {
  Options options;
  options.container = text_of(test.find("container"));
  options.max_depth = 32;
  options.optional_syntax = false;
  options.quoted_names = false;
  Environment env(options);
  // The names of cel-go's own test environment.
  for (const auto& [name, type] : {std::pair{"is", "string"},
                                   {"ii", "int"},
                                   {"iu", "uint"},
                                   {"iz", "bool"},
                                   {"ib", "bytes"},
                                   {"id", "double"},
                                   {"ix", "null_type"}})
    (void)env.declare_variable(name, *Type::parse(type));
  (void)env.declare_function("fg_s", "(): string", nullptr);
  (void)env.declare_function("fi_s_s", "string.(): string", nullptr);
  if (auto message = declare(env, test); !message.empty()) return message;
  auto ast = env.parse(test.find("expr").as_string());
  if (test.find("parse_error").exists()) return ast ? "parsed, but must be refused" : std::string();
  if (!ast) return ast.error().message;
  if (!test.find("type").exists() && !test.find("check_error").exists()) return {};
  ast = env.check(*std::move(ast));
  if (test.find("check_error").exists()) return ast ? "type-checked, but must be refused" : std::string();
  if (!ast) return ast.error().message;
  const auto type = Type::parse(test.find("type").as_string());
  if (type && *type == ast->type()) return {};
  return "type " + ast->type().text() + ", wanted " + text_of(test.find("type"));
}

void judge_section(const std::string& file, View section, bool golden, Tally& tally) {
  for (const auto test : section.find("tests").elements())
    tally.judge(file + " " + text_of(section.find("section")) + " " + text_of(test.find("name")) + ": " +
                    text_of(test.find("expr")),
                golden ? judge_golden(test) : judge_evaluation(test));
}

void judge_suite(const std::filesystem::path& folder, Tally& tally) {
  conformance::each_document(folder, tally, [&](const std::string& name, View content) {
    const bool golden = name.find("golden/") != std::string::npos;
    if (content.is_object()) judge_section(name, content, golden, tally);
    for (const auto section : content.elements()) judge_section(name, section, golden, tally);
  });
}

}  // namespace

int main(int count, char** arguments) { return conformance::run(count, arguments, {{"cel", judge_suite}}); }
