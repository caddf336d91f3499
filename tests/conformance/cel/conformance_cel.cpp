// conformance_cel.cpp: judges every file of a cel conformance folder: `conformance_cel DIR`. DIR is the suite's own
// folder or the one that holds it. Exit 0: all passed; 1: a failure; 77: the folder is not there.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "encoded.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"

namespace {

namespace fs = std::filesystem;
using namespace socle::cel;
using socle::json::View;

struct Score {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};

std::string text_of(View view) { return std::string(view.as_string()); }

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

void judge_section(const std::string& file, View section, bool golden, Score& score) {
  for (const auto test : section.find("tests").elements()) {
    const auto wrong = golden ? judge_golden(test) : judge_evaluation(test);
    if (wrong.empty()) {
      ++score.passed;
      continue;
    }
    ++score.failed;
    std::printf("FAIL %s %s %s: %s\n     %s\n", file.c_str(), text_of(section.find("section")).c_str(),
                text_of(test.find("name")).c_str(), text_of(test.find("expr")).c_str(), wrong.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  fs::path root = argc > 1 ? argv[1] : "";
  if (fs::is_directory(root / "cel")) root /= "cel";
  if (argc != 2 || !fs::is_directory(root)) {
    std::printf("skip: there is no folder %s\n", root.c_str());
    return 77;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Score score;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const auto name = file.lexically_relative(root).string();
    const auto document = socle::json::Document::parse(text.str());
    if (!document) {
      ++score.failed;
      std::printf("FAIL %s: %s\n", name.c_str(), document.error().message.c_str());
      continue;
    }
    const bool golden = file.parent_path().filename() == "golden";
    const auto content = document->root();
    if (content.is_object()) judge_section(name, content, golden, score);
    for (const auto section : content.elements()) judge_section(name, section, golden, score);
  }
  std::printf("cel: passed %d failed %d skipped %d\n", score.passed, score.failed, score.skipped);
  return score.failed == 0 && score.passed > 0 ? 0 : 1;
}
