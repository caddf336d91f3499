// policy.cpp: a policy's JSON form read, checked and written back. Every fault is told at its place.
#include "policy/policy.hpp"

#include <algorithm>
#include <set>

#include "policy/names.hpp"
#include "policy/reader.hpp"
#include "policy/vocabulary.hpp"
#include "socle/json/writer.hpp"

namespace socle::authz {
namespace {

constexpr std::size_t most_names = 64;

void write(json::Writer& out, std::string_view key, const std::vector<std::string>& names) {
  if (names.empty()) return;
  out.key(key).begin_array();
  for (const auto& name : names) out.string(name);
  out.end_array();
}

void write(json::Writer& out, std::string_view key, const LocalText& text) {
  if (text.empty()) return;
  out.key(key);
  if (text.texts.front().first.empty()) {
    out.string(text.texts.front().second);
    return;
  }
  out.begin_object();
  for (const auto& [language, words] : text.texts) out.member(language, std::string_view(words));
  out.end_object();
}

}  // namespace

class PolicyReader {
 public:
  PolicyReader(json::View source, Diagnostics& diagnostics)
      : source_(source), reader_(diagnostics, codes::policy_shape), policy_(new Policy()) {}

  PolicyPtr run() {
    if (!source_.is_object()) {
      reader_.bad("", "a policy is an object with 'policy' and 'rules'");
      return nullptr;
    }
    reader_.only({"policy", "title", "describe", "resources", "rules", "tests", "compatibility"}, source_, "",
                 {"workflow", "workflows", "tasks", "schedule", "webhooks"});
    name();
    (void)reader_.local_text(source_.find("title"), "/title");
    (void)reader_.local_text(source_.find("describe"), "/describe");
    policy_->resources_ = reader_.names(source_.find("resources"), "/resources", most_names, is_resource_pattern,
                                        "a resource such as 'forms/leave', 'forms/hr-*' or '*'");
    if (policy_->resources_.empty()) policy_->resources_.push_back("forms/" + policy_->name_);
    rules();
    if (const auto tests = source_.find("tests");
        tests.exists() && (!tests.is_array() || tests.size() > Policy::most_tests))
      reader_.bad("/tests", "'tests' is a list of at most 200 tests");
    if (reader_.diagnostics().failed()) return nullptr;
    policy_->bytes_ = Policy::bytes_of_text(json::to_text(source_).size());
    return PolicyPtr(std::move(policy_));
  }

 private:
  // In the codes of models/1, which tells the same of any model, and what both say once.
  void name() {
    const auto source = source_.find("policy");
    policy_->name_ = source.as_string();
    if (!source.exists())
      reader_.diagnostics().error("/policy", codes::required, "a policy begins with its name: 'policy: NAME'");
    else if (!is_name(policy_->name_))
      reader_.diagnostics().error("/policy", codes::name_differs,
                                  "found " + Reader::shown(source) + "; wanted the policy's name");
  }

  void rules() {
    const auto list = source_.find("rules");
    if (!list.is_array() || list.size() == 0 || list.size() > Policy::most_rules)
      return reader_.bad("/rules", "'rules' is a list of 1 to 200 rules");
    const auto vocabulary = Vocabulary::make();
    if (!vocabulary) return reader_.bad("", vocabulary.error().message);
    std::set<std::string> ids;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto at = "/rules/" + std::to_string(i);
      auto rule = read_rule(list.at(i), at, i);
      if (!ids.insert(rule.id).second)
        reader_.diagnostics().error(at + "/id", codes::duplicate, "a rule '" + rule.id + "' stands above already");
      if (!rule.when.empty()) check(**vocabulary, rule);
      policy_->rules_.push_back(std::move(rule));
    }
  }

  Rule read_rule(json::View source, const std::string& at, std::size_t place) {
    Rule rule;
    rule.pointer = at;
    rule.id = std::to_string(place + 1);
    if (!source.is_object()) {
      reader_.bad(at, "a rule is an object with 'effect' and 'actions'");
      return rule;
    }
    reader_.only({"id", "effect", "actions", "roles", "when", "fields", "reason"}, source, at);
    if (const auto id = source.find("id"); id.exists()) {
      rule.id = id.as_string();
      if (!is_name(rule.id)) {
        reader_.bad(at + "/id", "found " + Reader::shown(id) + "; wanted a name");
        rule.id = at;  // no other rule's
      }
    }
    const auto effect = source.find("effect").as_string();
    if (effect != "allow" && effect != "deny")
      reader_.bad(at + "/effect", "found " + Reader::shown(source.find("effect")) + "; wanted allow or deny");
    rule.effect = effect == "allow" ? Effect::allow : Effect::deny;
    rule.actions = reader_.names(source.find("actions"), at + "/actions", most_names, is_action_pattern,
                                 "an action such as read, create, update, delete, or '*'");
    if (rule.actions.empty() && !reader_.diagnostics().failed())
      reader_.bad(at + "/actions", "'actions' says what the rule is about: [read], [update, delete], ['*']");
    rule.roles = reader_.names(source.find("roles"), at + "/roles", most_names, is_name, "the name of a role");
    rule.when = reader_.condition(source.find("when"), at + "/when");
    rule.fields = reader_.names(source.find("fields"), at + "/fields", 256, is_field_pointer,
                                "a field as a JSON Pointer, such as /salary");
    rule.reason = reader_.local_text(source.find("reason"), at + "/reason");
    if (!rule.fields.empty() && rule.effect == Effect::allow)
      reader_.bad(at + "/fields",
                  "'fields' withholds fields, so it belongs to a deny; an allow is about whole records");
    return rule;
  }

  void check(const Vocabulary& vocabulary, Rule& rule) {
    const auto at = rule.pointer + "/when";
    const auto condition = compile_condition(vocabulary, rule.when, at, reader_.diagnostics());
    if (!condition) return;
    rule.condition_bytes = bytes_of(*condition);
    const auto* constant = condition->program.constant();
    if (constant != nullptr && constant->is(cel::Kind::boolean) && !constant->as_bool())
      reader_.diagnostics().warning(at, codes::no_effect, "the condition is never true, so the rule never applies");
  }

  json::View source_;
  Reader reader_;
  std::unique_ptr<Policy> policy_;
};

PolicyPtr Policy::read(json::View source, Diagnostics& diagnostics) { return PolicyReader(source, diagnostics).run(); }

bool Policy::covers(std::string_view resource) const {
  return std::any_of(resources_.begin(), resources_.end(),
                     [&](const auto& pattern) { return resource_covers(pattern, resource); });
}

std::string Policy::canonical(json::View source) const {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("policy", std::string_view(name_));
  for (const auto* key : {"title", "describe", "compatibility"})
    if (const auto value = source.find(key); value.exists()) out.key(key).value(value);
  write(out, "resources", resources_);
  out.key("rules").begin_array();
  for (const auto& rule : rules_) {
    out.begin_object().member("id", std::string_view(rule.id)).member("effect", to_string(rule.effect));
    write(out, "actions", rule.actions);
    write(out, "roles", rule.roles);
    if (!rule.when.empty()) out.member("when", std::string_view(rule.when));
    write(out, "fields", rule.fields);
    write(out, "reason", rule.reason);
    out.end_object();
  }
  out.end_array();
  if (const auto tests = source.find("tests"); tests.exists()) out.key("tests").value(tests);
  out.end_object();
  return text;
}

}  // namespace socle::authz
