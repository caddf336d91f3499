// compile.cpp: a ruleset's JSON form to its body. Every fault is told at its place; nothing is evaluated but constants
// and, at the end, the tests the model brings. Longer than most files because all kinds of steps declare into one
// environment, in one order.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "ruleset/body.hpp"
#include "ruleset/order.hpp"
#include "socle/cel/json_schema.hpp"
#include "socle/cel/printer.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"
#include "table/codes.hpp"
#include "table/cost_check.hpp"
#include "zen/functions.hpp"

namespace socle::rules {
namespace {

using json::View;

constexpr std::size_t most_reads = 16;

bool is_identifier(std::string_view text) {
  if (text.empty() || text.size() > 64 || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 24> words{
      "input", "now", "user", "tenant", "env", "value", "record", "old",      "action", "true",    "false", "null",
      "in",    "as",  "if",   "else",   "for", "while", "return", "function", "import", "package", "var",   "const"};
  return std::find(words.begin(), words.end(), name) != words.end();
}

// Types of steps nest with those of the steps they use; what looks through all of it would take ever longer.
constexpr unsigned most_nested = 32;
bool nests_deeper(const cel::Type& type, unsigned levels) {
  const auto& parts = type.parameters();
  return std::any_of(parts.begin(), parts.end(),
                     [levels](const cel::Type& part) { return levels == 0 || nests_deeper(part, levels - 1); });
}

class RulesetCompiler {
 public:
  RulesetCompiler(View source, Diagnostics& diagnostics, std::uint64_t fuel)
      : source_(source), diagnostics_(diagnostics), body_(std::make_unique<Ruleset::Body>()) {
    body_->environment = std::make_unique<cel::Environment>(zen_environment());
    costs_.emplace(env(), diagnostics_, fuel);
  }

  std::unique_ptr<Ruleset::Body> run() {
    if (!source_.is_object()) {
      diagnostics_.error("", codes::ruleset_shape,
                         "a ruleset is an object with 'rules', 'input', 'steps' and 'output'");
      return nullptr;
    }
    only(
        {"rules", "title", "describe", "input", "steps", "validators", "output", "tests", "compatibility", "effective"},
        source_, "", {"workflow", "workflows", "tasks", "schedule", "webhooks"});
    body_->name = source_.find("rules").as_string();  // models/1 tells when it is none
    input();
    tests();
    steps();
    // Without the steps' names everything that follows would be told as undeclared.
    if (steps_declared_) {
      validators();
      output();
      costs_->together("/steps");
      if (pattern_bytes_ > Ruleset::most_pattern_bytes)
        error("", codes::too_large,
              "the regular expressions may grow to " + std::to_string(pattern_bytes_ >> 20) +
                  " MiB; a ruleset's may to " + std::to_string(Ruleset::most_pattern_bytes >> 20) +
                  " (about 100 KiB each)");
    }
    if (diagnostics_.failed()) return nullptr;
    return std::move(body_);
  }

 private:
  void error(std::string pointer, std::string_view code, std::string message) {
    diagnostics_.error(std::move(pointer), code, std::move(message));
  }
  // Tells every other member; one of `later` in the words of models/1, which tells what both say once.
  void only(std::initializer_list<std::string_view> known, View object, const std::string& at,
            std::initializer_list<std::string_view> later = {}) {
    for (const auto [key, value] : object.members()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      std::string pointer = at + "/";
      json::append_escaped(pointer, key);
      if (std::find(later.begin(), later.end(), key) != later.end())
        error(std::move(pointer), codes::later_part,
              "'" + std::string(key) + "' belongs to a part that is not there yet; remove it");
      else
        error(std::move(pointer), codes::unknown_key, "'" + std::string(key) + "' means nothing here");
    }
  }
  cel::Environment& env() { return *body_->environment; }

  std::uint32_t declare(const std::string& name, cel::Type type, cel::Bounds bounds = {}) {
    (void)env().declare_variable(name, std::move(type), bounds);
    return env().variable(name)->slot;
  }

  void input() {
    const auto schema = source_.find("input");
    cel::Type type = *cel::Type::parse("map(string, dyn)");
    if (schema.exists()) {
      std::vector<schema::Problem> problems;
      schema::Options options;
      options.formats = schema::Formats::assert_all;
      auto compiled = schema::compile(schema, options, &problems);
      if (compiled)
        body_->input_schema = *std::move(compiled);
      else if (problems.empty())
        error("/input", codes::input_schema, compiled.error().message);
      for (const auto& problem : problems) error("/input" + problem.pointer, codes::input_schema, problem.message);
      type = cel::declare_schema(env(), "input", schema, schema).type;
    }
    body_->input_slot = declare("input", std::move(type));
    body_->now_slot = declare("now", cel::TypeKind::timestamp);
    body_->user_slot = declare("user", cel::Type());
    body_->tenant_slot = declare("tenant", cel::Type());
    body_->env_slot = declare("env", cel::Type());
    (void)declare("value", cel::Type());
  }

  // Text of an expression; a bare JSON number, boolean or null is its own text.
  std::optional<std::string> text_of(View view, const std::string& pointer) {
    if (view.is_string()) return std::string(view.as_string());
    if (view.is_number() || view.is_boolean() || view.is_null()) return json::to_text(view);
    error(pointer, codes::ruleset_shape,
          "an expression is a text; found " + (view.exists() ? std::string(json::to_string(view.kind())) : "nothing"));
    return std::nullopt;
  }

  // One that is evaluated every time, so that all of them are summed up; of alternatives the caller adds the dearest.
  std::optional<Expression> counted(View view, const std::string& pointer, bool condition = false) {
    auto out = expression(view, pointer, condition);
    costs_->add(last_cost_);
    return out;
  }
  std::optional<Expression> expression(View view, const std::string& pointer, bool condition = false) {
    last_cost_ = 0;
    const auto text = text_of(view, pointer);
    if (!text) return std::nullopt;
    std::vector<cel::Issue> issues;
    const auto ast = env().compile(*text, &issues);
    for (const auto& issue : issues)
      diagnostics_.error(pointer, codes::expression, issue.message, issue.position.offset);
    if (!ast) return std::nullopt;
    last_type_ = ast->type();
    if (condition && !last_type_.is_dyn() && !last_type_.is(cel::TypeKind::boolean)) {
      diagnostics_.error(pointer, codes::expression, "a condition is true or false; this one is " + last_type_.text(),
                         0);
      return std::nullopt;
    }
    last_cost_ = costs_->expression(*ast, pointer);
    auto program = cel::Program::compile(env(), *ast);
    if (!program) {
      diagnostics_.error(pointer, codes::expression, program.error().message, 0);
      return std::nullopt;
    }
    pattern_bytes_ += program->pattern_bytes();
    Expression out{*std::move(program), pointer, {}};
    std::set<std::string> paths;
    reads(*ast, *ast->root, paths);
    for (const auto& path : paths) {
      if (out.reads.size() >= most_reads) break;
      if (const auto read = env().compile(path))
        if (auto compiled = cel::Program::compile(env(), *read)) out.reads.push_back({path, *std::move(compiled)});
    }
    return out;
  }

  // The longest paths that start at a declared variable.
  static void reads(const cel::Ast& ast, const cel::Expr& expr, std::set<std::string>& out) {
    const auto* at = &expr;
    while (at->kind == cel::ExprKind::select && !at->test_only) at = at->args[0].get();
    const auto& reference = ast.references[at->id];
    if (at->kind == cel::ExprKind::ident && !reference.name.empty() && !reference.is_local && !reference.is_type) {
      out.insert(cel::unparse(expr));
      return;
    }
    for (const auto& arg : expr.args) reads(ast, *arg, out);
    if (!expr.loop) return;
    for (const auto* part :
         {&expr.loop->range, &expr.loop->init, &expr.loop->condition, &expr.loop->step, &expr.loop->result})
      reads(ast, **part, out);
  }

  static std::string_view kind_of(View step) {
    for (const auto* key : {"table", "set", "decide"})
      if (step.find(key).exists()) return key;
    return {};
  }

  void steps() {
    const auto steps = source_.find("steps");
    if (steps.exists() && !steps.is_array()) return error("/steps", codes::ruleset_shape, "'steps' is a list");
    if (steps.size() > Ruleset::most_steps)
      return error("/steps", codes::too_large,
                   "a ruleset has at most " + std::to_string(Ruleset::most_steps) + " steps; found " +
                       std::to_string(steps.size()));
    std::vector<std::string> names;
    bool named = true;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto at = "/steps/" + std::to_string(i);
      const auto kind = kind_of(steps.at(i));
      const std::string name(kind.empty() ? std::string_view() : steps.at(i).find(kind).as_string());
      if (kind.empty()) {
        error(at, codes::ruleset_shape, "a step has one of 'table', 'set' and 'decide', the name of its result");
        named = false;
      } else if (!is_identifier(name) || is_reserved(name)) {
        error(at + "/" + std::string(kind), codes::step_name,
              "'" + name + "' cannot name a result: names are letters, digits and '_', and not reserved");
        named = false;
      } else if (std::find(names.begin(), names.end(), name) != names.end()) {
        error(at + "/" + std::string(kind), codes::step_name, "'" + name + "' is the name of an earlier step");
        named = false;
      }
      names.push_back(name);
    }
    if (!named) return;
    step_names_ = names;
    const auto order = order_steps(steps, names);
    if (!order.circle.empty()) {
      std::string circle;
      for (const auto& name : order.circle) circle += (circle.empty() ? "" : ", ") + name;
      return error("/steps", codes::step_cycle, "these steps need each other's results: " + circle);
    }
    steps_declared_ = true;
    for (const auto i : order.order) step(steps.at(i), "/steps/" + std::to_string(i), names[i]);
  }

  void step(View source, const std::string& at, const std::string& name) {
    Step out;
    out.name = name;
    out.pointer = at;
    const auto kind = kind_of(source);
    if (source.find("when").exists()) {
      out.when = counted(source.find("when"), at + "/when", true);
      if (kind != "decide" && !source.find("else").exists())
        error(at, codes::ruleset_shape, "a step with 'when' wants 'else', its value when it is left out");
    }
    cel::Type otherwise;
    if (source.find("else").exists()) {
      out.otherwise = expression(source.find("else"), at + "/else");
      otherwise = last_type_;
    }
    cel::Type type;
    if (kind == "table")
      type = table_step(source, at, out);
    else if (kind == "set")
      type = set_step(source, at, out);
    else
      type = decide_step(source, at, out);
    if (source.find("else").exists() && !(type == otherwise)) type = cel::Type();
    if (nests_deeper(type, most_nested)) type = cel::Type();
    out.slot = declare(name, std::move(type));
    body_->steps.push_back(std::move(out));
  }

  cel::Type table_step(View source, const std::string& at, Step& out) {
    out.kind = Step::Kind::table;
    bool listed = false;
    if (const auto each = source.find("each"); each.exists()) {
      only({"in", "as"}, each, at + "/each");
      const std::string item(each.find("as").as_string());
      listed = true;
      out.each = counted(each.find("in"), at + "/each/in");
      auto element = last_type_.is(cel::TypeKind::list) ? last_type_.at(0) : cel::Type();
      if (!last_type_.is_dyn() && !last_type_.is(cel::TypeKind::list))
        error(at + "/each/in", codes::expression, "'each' goes through a list; this is " + last_type_.text());
      if (!is_identifier(item) || is_reserved(item) || env().variable(item) != nullptr ||
          std::find(step_names_.begin(), step_names_.end(), item) != step_names_.end())
        error(at + "/each/as", codes::step_name, "'" + item + "' cannot name the element; choose a name that is free");
      else
        out.each_slot = declare(item, std::move(element));
    }
    const auto definition = read_table_step(source, at);
    if (!definition) return {};
    out.table = Table::compile(*definition, env(), diagnostics_, &*costs_, source_.find("input"));
    if (!out.table) return {};
    costs_->add(out.table->least_cost());
    pattern_bytes_ += out.table->pattern_bytes();
    auto type = record_type(*definition, out.table->type(), out.name);
    return listed ? cel::Type::list_of(type) : type;
  }
  std::optional<TableDefinition> read_table_step(View source, const std::string& at) {
    auto out = read_table(source, at, diagnostics_, source_.find("effective").as_string());
    if (out && source.find("else").exists() && !source.find("when").exists())
      error(at + "/else", codes::ruleset_shape,
            "'else' belongs to 'when'; for a table without a hit give outputs a 'default'");
    return out;
  }
  // The table's row as a declared record, so that a misspelt output is found.
  cel::Type record_type(const TableDefinition& definition, const cel::Type& type, const std::string& name) {
    if (type.is_dyn() || definition.outputs[0].name.empty() || definition.lenient) return type;
    cel::ObjectType record;
    record.name = "@" + name;
    for (const auto& output : definition.outputs)
      record.fields.push_back({output.name, output_type(output.type), {}, {}});
    (void)env().declare_object(std::move(record));
    const auto object = cel::Type::object("@" + name);
    return type.is(cel::TypeKind::list) ? cel::Type::list_of(object) : object;
  }
  static cel::Type output_type(ColumnType type) {
    if (type == ColumnType::string) return cel::TypeKind::string;
    if (type == ColumnType::boolean) return cel::TypeKind::boolean;
    return {};
  }

  cel::Type set_step(View source, const std::string& at, Step& out) {
    only({"set", "expr", "when", "else", "note"}, source, at);
    out.kind = Step::Kind::set;
    out.value = counted(source.find("expr"), at + "/expr");
    return out.value ? last_type_ : cel::Type();
  }

  cel::Type decide_step(View source, const std::string& at, Step& out) {
    only({"decide", "cases", "when", "else", "note"}, source, at);
    out.kind = Step::Kind::decide;
    const auto cases = source.find("cases");
    if (!cases.is_array() || cases.empty())
      error(at + "/cases", codes::ruleset_shape, "'decide' wants 'cases', a list of {when, then, priority}");
    if (!source.find("else").exists())
      error(at, codes::ruleset_shape, "'decide' wants 'else', its value when no case holds");
    std::optional<cel::Type> type;
    std::uint64_t dearest = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const auto place = at + "/cases/" + std::to_string(i);
      only({"when", "then", "priority", "label", "note"}, cases.at(i), place);
      auto when = counted(cases.at(i).find("when"), place + "/when", true);
      auto then = expression(cases.at(i).find("then"), place + "/then");
      dearest = std::max(dearest, last_cost_);
      type = !type || *type == last_type_ ? last_type_ : cel::Type();
      if (!when || !then) continue;
      auto label = std::string(cases.at(i).find("label").as_string());
      if (label.empty()) label = "case " + std::to_string(i + 1);
      out.cases.push_back(
          {*std::move(when), *std::move(then), cases.at(i).find("priority").as_int64().value_or(0), std::move(label)});
    }
    costs_->add(dearest);
    std::stable_sort(out.cases.begin(), out.cases.end(),
                     [](const Case& a, const Case& b) { return a.priority > b.priority; });
    return type.value_or(cel::Type());
  }

  void validators() {
    const auto list = source_.find("validators");
    if (list.exists() && !list.is_array()) return error("/validators", codes::ruleset_shape, "'validators' is a list");
    if (list.size() > Ruleset::most_validators)
      return error("/validators", codes::too_large,
                   "a ruleset has at most " + std::to_string(Ruleset::most_validators) + " validators; found " +
                       std::to_string(list.size()));
    std::set<std::string> ids;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto at = "/validators/" + std::to_string(i);
      const auto source = list.at(i);
      only({"id", "when", "message", "severity", "at", "priority", "description", "owner", "tags", "since"}, source,
           at);
      Validator out{std::string(source.find("id").as_string()), {}, {}, Severity::error, 0, false, {}};
      if (out.id.empty() || !ids.insert(out.id).second)
        error(at + "/id", codes::ruleset_shape, "a validator wants an 'id' of its own; found '" + out.id + "'");
      const auto message = source.find("message");
      out.message = message.is_object() && !message.empty() ? message.value_at(0).as_string() : message.as_string();
      if (message.find("en").is_string()) out.message = message.find("en").as_string();
      if (out.message.empty()) error(at + "/message", codes::ruleset_shape, "a validator wants a 'message' for people");
      out.at = source.find("at").as_string();
      if (!json::Pointer::parse(out.at))
        error(at + "/at", codes::ruleset_shape, "'at' is a JSON pointer into the input, such as \"/to\"");
      const auto severity = source.find("severity");
      if (severity.as_string() == "warning")
        out.severity = Severity::warning;
      else if (severity.as_string() == "information")
        out.severity = Severity::information;
      else if (severity.exists() && severity.as_string() != "error")
        error(at + "/severity", codes::ruleset_shape, "'severity' is error, warning or information");
      out.priority = source.find("priority").as_int64().value_or(0);
      const auto text = source.find("when").as_string();
      out.late =
          std::any_of(step_names_.begin(), step_names_.end(), [&](const auto& name) { return mentions(text, name); });
      if (auto when = counted(source.find("when"), at + "/when", true)) {
        out.when = *std::move(when);
        body_->validators.push_back(std::move(out));
      }
    }
    std::stable_sort(body_->validators.begin(), body_->validators.end(),
                     [](const Validator& a, const Validator& b) { return a.priority > b.priority; });
  }

  // What they say is judged by running them, at the end.
  void tests() {
    const auto tests = source_.find("tests");
    if (tests.exists() && !tests.is_array())
      error("/tests", codes::ruleset_shape, "'tests' is a list of {name, input, output} and {name, input, error}");
    else if (tests.size() > Ruleset::most_tests)
      error("/tests", codes::too_large,
            "a ruleset has at most " + std::to_string(Ruleset::most_tests) + " tests; found " +
                std::to_string(tests.size()));
  }

  void output() {
    const auto output = source_.find("output");
    if (output.is_object()) {
      for (const auto [name, value] : output.members()) {
        std::string pointer = "/output/";
        json::append_escaped(pointer, name);
        if (auto compiled = counted(value, pointer))
          body_->outputs.push_back({std::string(name), *std::move(compiled)});
      }
      return;
    }
    if (output.exists()) {
      if (auto compiled = counted(output, "/output")) body_->outputs.push_back({"", *std::move(compiled)});
      return;
    }
    error("", codes::ruleset_shape, "a ruleset wants 'output', an object of expressions or one expression");
  }

  View source_;
  Diagnostics& diagnostics_;
  std::unique_ptr<Ruleset::Body> body_;
  std::vector<std::string> step_names_;
  cel::Type last_type_;
  std::optional<CostCheck> costs_;
  std::uint64_t last_cost_ = 0;
  std::size_t pattern_bytes_ = 0;
  bool steps_declared_ = false;
};

}  // namespace

std::shared_ptr<const Ruleset> Ruleset::compile(View source, Diagnostics& diagnostics, CompileMode mode,
                                                TestReport* report, const cel::Limits& limits) {
  auto body = RulesetCompiler(source, diagnostics, limits.fuel).run();
  if (!body) return nullptr;
  std::shared_ptr<const Ruleset> out(new Ruleset(std::move(body)));
  if (mode == CompileMode::fast) return out;
  auto tests = out->run_tests(source, limits);
  for (const auto& test : tests.tests)
    if (!test.passed) diagnostics.error(test.pointer, codes::test_failed, "test '" + test.name + "': " + test.message);
  if (report != nullptr) *report = std::move(tests);
  return diagnostics.failed() ? nullptr : out;
}

}  // namespace socle::rules
