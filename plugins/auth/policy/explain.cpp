// explain.cpp: a decision told in full: every grant and rule that could matter, what came of it, and what it looked at.
// Runs the same reaches() and run() as decide, so that it cannot tell another story.
#include <algorithm>
#include <set>

#include "policy/asker.hpp"
#include "socle/cel/printer.hpp"
#include "socle/json/writer.hpp"

namespace socle::authz {
namespace {

constexpr std::size_t most_reads = 32;
constexpr std::size_t longest_value = 500;

// The longest paths that start at a variable: what a condition looks at.
void paths(const cel::Ast& ast, const cel::Expr& expr, std::set<std::string>& out) {
  const auto* at = &expr;
  while (at->kind == cel::ExprKind::select && !at->test_only && ast.references[at->id].name.empty())
    at = at->args[0].get();
  const auto& reference = ast.references[at->id];
  const bool variable = at->kind == cel::ExprKind::ident || at->kind == cel::ExprKind::select;
  if (variable && !at->test_only && !reference.name.empty() && !reference.is_local && !reference.is_type) {
    if (out.size() < most_reads) out.insert(cel::unparse(expr));
    return;
  }
  for (const auto& arg : expr.args) paths(ast, *arg, out);
  if (!expr.loop) return;
  for (const auto* part :
       {&expr.loop->range, &expr.loop->init, &expr.loop->condition, &expr.loop->step, &expr.loop->result})
    paths(ast, **part, out);
}

std::string shortened(std::string text) {
  if (text.size() <= longest_value) return text;
  auto end = longest_value;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  text.resize(end);
  return text + "…";
}

}  // namespace

class Explainer {
 public:
  Explainer(Asker& asker, const Question& question)
      : asker_(asker), question_(question), plan_(asker.plan_for(question.action)), out_(text_) {}

  std::string run() {
    const auto decision = asker_.decide(question_);
    asker_.set_question(question_);
    out_.begin_object().member("effect", decision.allowed ? "allow" : "deny");
    out_.member("resource", std::string_view(asker_.bound().resource())).member("action", question_.action);
    out_.member("permission", std::string(asker_.bound().area()) + ":" + std::string(question_.action));
    verdict(decision);
    subject();
    out_.key("considered").begin_array();
    for (const auto& entry : plan_.grants) grant(entry);
    for (const auto* each : plan_.allows) rule(*each);
    for (const auto* each : plan_.denies) rule(*each);
    for (const auto* each : plan_.hides) rule(*each);
    for (const auto* each : plan_.locks)
      if (std::find(plan_.hides.begin(), plan_.hides.end(), each) == plan_.hides.end()) rule(*each);
    out_.end_array();
    masks("hidden", decision.masks.hidden);
    masks("read_only", decision.masks.read_only);
    out_.end_object();
    return std::move(text_);
  }

 private:
  void verdict(const Decision& decision) {
    const std::string action(question_.action);
    const auto& resource = asker_.bound().resource();
    out_.key("by").begin_object();
    std::string english;
    std::string chinese;
    if (!plan_.in_scope) {
      out_.member("kind", "scopes");
      english = "The credential's scopes do not include " + action + " on " + resource + ".";
      chinese = "凭证的权限范围不包含对 " + resource + " 的 " + action + " 操作。";
    } else if (decision.by == Decision::By::nothing) {
      out_.member("kind", "nothing");
      english = "Nothing allows " + action + " on " + resource + ": no role held grants it and no rule allows it.";
      chinese = "没有任何角色授权、也没有任何规则允许对 " + resource + " 执行 " + action + "。";
    } else if (decision.by == Decision::By::grant) {
      const std::string role(decision.role);
      out_.member("kind", "role").member("role", decision.role);
      english = "Role '" + role + "' grants " + action + " on " + resource + ", and no rule denies it.";
      chinese = "角色“" + role + "”授予对 " + resource + " 的 " + action + " 权限，且没有规则拒绝。";
    } else {
      const auto name = std::string(decision.policy) + "/" + std::string(decision.rule);
      out_.member("kind", "rule").member("policy", decision.policy).member("rule", decision.rule);
      out_.member("error", decision.erred);
      english = "Rule '" + name + "' " + (decision.allowed ? "allows " : "denies ") + action + " on " + resource +
                (decision.erred ? ", because its condition could not be evaluated." : ".");
      chinese = "规则“" + name + "”" + (decision.allowed ? "允许" : "拒绝") + "对 " + resource + " 执行 " + action +
                (decision.erred ? "，因为其条件无法求值。" : "。");
      if (decision.reason != nullptr && !decision.reason->empty()) {
        english.append(" ").append(decision.reason->pick("en"));
        chinese.append(decision.reason->pick("zh"));
      }
    }
    out_.end_object().key("text").begin_object();
    out_.member("en", std::string_view(english)).member("zh", std::string_view(chinese)).end_object();
  }

  void subject() {
    const auto& who = asker_.subject_;
    out_.key("subject")
        .begin_object()
        .member("id", std::string_view(who.id()))
        .member("org", std::string_view(who.org()));
    out_.key("roles").begin_array();
    for (const auto& [name, unit] : asker_.names_) out_.string(unit.empty() ? name : name + "@" + unit);
    out_.end_array();
    if (who.scopes()) {
      out_.key("scopes").begin_array();
      for (const auto& scope : *who.scopes()) out_.string(scope);
      out_.end_array();
    }
    out_.end_object();
  }

  static std::string_view word(Asker::Outcome outcome) {
    return outcome == Asker::Outcome::yes ? "true" : outcome == Asker::Outcome::no ? "false" : "error";
  }

  void grant(const Asker::Entry& entry) {
    const auto& grant = *entry.grant->grant;
    out_.begin_object().member("kind", "grant").member("role", std::string_view(entry.grant->role->name));
    out_.member("through", entry.held).member("pointer", std::string_view(grant.pointer));
    if (!entry.unit.empty()) out_.member("within", entry.unit);
    out_.member("scope", to_string(grant.scope));
    out_.member("result", word(asker_.reaches(entry, question_)));
    asker_.set_question(question_);
    std::set<std::string> looked;
    if (!entry.unit.empty() || grant.scope == Scope::department || grant.scope == Scope::department_and_below)
      looked.insert("record." + grant.unit);
    if (grant.scope == Scope::own) looked.insert("record.created_by");
    condition(entry.grant->when, grant.when, looked);
    out_.end_object();
  }

  void rule(const BoundRule& bound) {
    out_.begin_object().member("kind", "rule").member("policy", std::string_view(bound.policy->name()));
    out_.member("rule", std::string_view(bound.rule->id)).member("effect", to_string(bound.rule->effect));
    out_.member("result", word(asker_.run(bound.when)));
    if (!bound.rule->fields.empty()) {
      out_.key("fields").begin_array();
      for (const auto& field : bound.rule->fields) out_.string(field);
      out_.end_array();
    }
    condition(bound.when, bound.rule->when, {});
    if (const auto& reason = bound.rule->reason; !reason.empty())
      out_.key("reason").begin_object().member("en", reason.pick("en")).member("zh", reason.pick("zh")).end_object();
    out_.end_object();
  }

  void condition(const std::optional<Condition>& when, const std::string& text, std::set<std::string> looked) {
    if (when) {
      out_.member("when", std::string_view(text));
      const auto limits = cel::Limits{condition_fuel, condition_memory, 0, nullptr, nullptr};
      cel::Arena arena(condition_memory);
      const auto value = when->program.evaluate(asker_.activation_, arena, limits);
      if (!when->fault.empty())
        out_.member("error", std::string_view(when->fault));
      else if (value.is_error())
        out_.member("error", shortened(when->program.describe(value)));
      if (when->fault.empty()) paths(when->ast, *when->ast.root, looked);
    }
    if (looked.empty()) return;
    out_.key("reads").begin_object();
    for (const auto& path : looked) read(path);
    out_.end_object();
  }

  // The value of a path as CEL writes it; null when there is none.
  void read(const std::string& path) {
    const auto& environment = asker_.bound().vocabulary().environment();
    out_.key(path);
    const auto ast = environment.compile(path);
    if (!ast) {
      out_.null();
      return;
    }
    const auto program = cel::Program::compile(environment, *ast);
    cel::Arena arena(condition_memory);
    const auto value = program ? program->evaluate(asker_.activation_, arena) : cel::Value::error(nullptr);
    if (value.is_error())
      out_.null();
    else
      out_.string(shortened(cel::to_text(value)));
  }

  void masks(std::string_view name, const std::vector<std::string_view>& fields) {
    out_.key(name).begin_array();
    for (const auto field : fields) out_.string(field);
    out_.end_array();
  }

  Asker& asker_;
  const Question& question_;
  const Asker::Plan& plan_;
  std::string text_;
  json::Writer out_;
};

std::string Asker::explain(const Question& question) { return Explainer(*this, question).run(); }

}  // namespace socle::authz
