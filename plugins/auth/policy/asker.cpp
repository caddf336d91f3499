// asker.cpp: decisions. Nothing here allocates once the plan of an action is made, but for masks that are not empty.
#include "policy/asker.hpp"

#include <algorithm>

#include "policy/names.hpp"
#include "socle/cel/time.hpp"

namespace socle::authz {
namespace {

constexpr std::size_t most_plans = 32;
constexpr json::Key doc_key("doc");
constexpr std::array<json::Key, properties.size()> property_keys{
    json::Key(properties[0]), json::Key(properties[1]), json::Key(properties[2]), json::Key(properties[3]),
    json::Key(properties[4]), json::Key(properties[5]), json::Key(properties[6])};
constexpr std::size_t created_at = 2, created_by = 3, updated_at = 4;
static_assert(properties[created_at] == "created_at" && properties[created_by] == "created_by" &&
              properties[updated_at] == "updated_at");

json::View at_path(json::View from, const std::vector<std::string>& path) {
  for (const auto& name : path) from = from.find(name);
  return from;
}

void keep_common(std::vector<std::string_view>& kept, const std::vector<std::string>& other) {
  std::erase_if(kept, [&](std::string_view one) { return std::find(other.begin(), other.end(), one) == other.end(); });
}
void add(std::vector<std::string_view>& out, const std::vector<std::string>& fields) {
  for (const auto& field : fields)
    if (std::find(out.begin(), out.end(), field) == out.end()) out.emplace_back(field);
}

}  // namespace

Asker::Asker(BoundPtr bound, const Subject& subject)
    : bound_(std::move(bound)),
      subject_(subject),
      activation_(bound_->vocabulary().environment()),
      arena_(condition_memory) {
  const auto& directory = bound_->directory();
  for (const auto& held : subject.roles()) {
    names_.emplace_back(held.role, held.unit);
    const auto role = directory.find(held.role);
    if (!role) continue;
    for (const auto number : directory.closure(*role)) {
      if (number != *role) names_.emplace_back(directory.roles()[number].name, held.unit);
      for (const auto& grant : bound_->grants()) {
        if (grant.role_number != number) continue;
        const Entry entry{&grant, held.unit, held.role};
        if (std::none_of(entries_.begin(), entries_.end(),
                         [&](const Entry& other) { return other.grant == entry.grant && other.unit == entry.unit; }))
          entries_.push_back(entry);
      }
    }
  }
  // What reaches furthest is asked first.
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    const auto weight = [](const Entry& e) {
      return (e.unit.empty() ? 0 : 4) + (e.grant->when ? 2 : 0) + (e.grant->grant->scope == Scope::all ? 0 : 1);
    };
    return weight(a) < weight(b);
  });
  const auto& vocabulary = bound_->vocabulary();
  activation_.set(vocabulary.user, subject.user());
  activation_.set(vocabulary.tenant, subject.tenant());
}

// A role that is held only within a unit allows nothing through a rule, which knows no units, and is denied by one.
bool Asker::concerns(const BoundRule& rule, std::string_view action) const {
  const auto& actions = rule.rule->actions;
  if (std::none_of(actions.begin(), actions.end(), [&](const auto& one) { return action_covers(one, action); }))
    return false;
  const auto& roles = rule.rule->roles;
  return roles.empty() || std::any_of(names_.begin(), names_.end(), [&](const auto& name) {
           return (name.second.empty() || rule.rule->effect == Effect::deny) &&
                  std::find(roles.begin(), roles.end(), name.first) != roles.end();
         });
}

Asker::Plan Asker::make_plan(std::string_view action) const {
  Plan plan;
  plan.action = action;
  plan.in_scope = subject_.in_scope(bound_->area(), action);
  for (const auto& entry : entries_)
    for (const auto& permission : entry.grant->grant->permissions)
      if (permission_covers(permission, bound_->area(), action)) {
        plan.grants.push_back(entry);
        break;
      }
  const std::string_view writing = action == "create" ? "create" : "update";
  const bool writes = action_covers("write", action);
  for (const auto& rule : bound_->rules()) {
    const bool masks = !rule.rule->fields.empty();
    if (!masks && concerns(rule, action))
      (rule.rule->effect == Effect::allow ? plan.allows : plan.denies).push_back(&rule);
    if (masks && (concerns(rule, "read") || (!writes && concerns(rule, action)))) plan.hides.push_back(&rule);
    if (masks && concerns(rule, writing)) plan.locks.push_back(&rule);
  }
  return plan;
}

const Asker::Plan& Asker::plan_for(std::string_view action) {
  for (const auto& plan : plans_)
    if (plan.action == action) return plan;
  if (plans_.size() == most_plans) plans_.clear();  // actions are few; a caller that makes them up pays for it itself
  return plans_.emplace_back(make_plan(action));
}

void Asker::set_record(const RecordSlots& slots, json::View envelope, bool creating) {
  activation_.set(slots.document, envelope.find(doc_key));
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const auto value = envelope.find(property_keys[i]);
    if (i != created_at && i != updated_at) {
      activation_.set(slots.property[i], value);
      continue;
    }
    activation_.clear(slots.property[i]);
    if (!bound_->reads_times()) continue;
    if (const auto moment = cel::parse_timestamp(value.as_string())) activation_.set(slots.property[i], *moment);
  }
  if (creating && !envelope.find(property_keys[created_by]).exists())
    activation_.set(slots.property[created_by], cel::Value::string(subject_.id()));
}

void Asker::set_question(const Question& question) {
  const auto& vocabulary = bound_->vocabulary();
  set_record(vocabulary.record, question.record, question.action == "create");
  set_record(vocabulary.old, question.old, false);
  if (!question.old.exists()) activation_.set(vocabulary.old.document, cel::Value());
  activation_.set(vocabulary.action, cel::Value::string(question.action));
  activation_.set(vocabulary.now, cel::Value::timestamp(question.now_seconds, question.now_nanos));
  activation_.set(vocabulary.env, question.env);
}

Asker::Outcome Asker::run(const std::optional<Condition>& when) {
  if (!when) return Outcome::yes;
  arena_.reset();
  const cel::Limits limits{condition_fuel, condition_memory, 0, nullptr, nullptr};
  const auto value = when->program.evaluate(activation_, arena_, limits);
  if (value.is(cel::Kind::boolean)) return value.as_bool() ? Outcome::yes : Outcome::no;
  return Outcome::error;
}

Asker::Outcome Asker::reaches(const Entry& entry, json::View envelope, bool creating) {
  const auto& grant = *entry.grant->grant;
  const bool by_unit = grant.scope == Scope::department || grant.scope == Scope::department_and_below;
  if (!entry.unit.empty() || by_unit) {
    const auto field = at_path(envelope.find(doc_key), entry.grant->unit_path);
    if (!field.is_string()) return Outcome::no;
    const auto unit = field.as_string();
    if (!entry.unit.empty() && !bound_->directory().within(unit, entry.unit)) return Outcome::no;
    if (by_unit && subject_.org().empty()) return Outcome::no;
    if (grant.scope == Scope::department && unit != subject_.org()) return Outcome::no;
    if (grant.scope == Scope::department_and_below && !bound_->directory().within(unit, subject_.org()))
      return Outcome::no;
  }
  if (grant.scope == Scope::own) {
    const auto owner = envelope.find(property_keys[created_by]);
    if (owner.exists() ? !owner.is_string() || owner.as_string() != subject_.id() : !creating) return Outcome::no;
  }
  return run(entry.grant->when);
}

// What is stored and what it shall become must both be within reach: nobody takes a record over by writing himself into
// it, and nobody pushes one out of his own reach. In both rounds `record` is the one that is looked at.
Asker::Outcome Asker::reaches(const Entry& entry, const Question& question) {
  const auto first = reaches(entry, question.record, question.action == "create");
  if (first != Outcome::yes || !question.old.exists()) return first;
  const auto& vocabulary = bound_->vocabulary();
  set_record(vocabulary.record, question.old, false);
  const auto second = reaches(entry, question.old, false);
  set_record(vocabulary.record, question.record, question.action == "create");
  return second;
}

bool Asker::find_allow(const Plan& plan, Decision& out) {
  for (const auto* rule : plan.allows) {
    if (run(rule->when) != Outcome::yes) continue;
    out.by = Decision::By::rule;
    out.policy = rule->policy->name();
    out.rule = rule->rule->id;
    out.reason = &rule->rule->reason;
    return true;
  }
  return false;
}

bool Asker::find_deny(const Plan& plan, Decision& out) {
  for (const auto* rule : plan.denies) {
    const auto outcome = run(rule->when);
    if (outcome == Outcome::no) continue;
    out.by = Decision::By::rule;
    out.erred = outcome == Outcome::error;
    out.policy = rule->policy->name();
    out.rule = rule->rule->id;
    out.reason = &rule->rule->reason;
    return true;
  }
  return false;
}

bool Asker::unconditional(std::string_view action) {
  const Plan& plan = plan_for(action);
  if (!plan.in_scope || !plan.denies.empty() || !plan.hides.empty() || !plan.locks.empty()) return false;
  return std::any_of(plan.grants.begin(), plan.grants.end(), [](const Entry& entry) {
    const auto& grant = *entry.grant->grant;
    return entry.unit.empty() && grant.scope == Scope::all && !entry.grant->when && grant.hidden.empty() &&
           grant.read_only.empty();
  });
}

Decision Asker::judge(const Question& question) {
  const Plan& plan = plan_for(question.action);
  Decision out;
  set_question(question);
  if (find_deny(plan, out)) return out;
  out.allowed = find_allow(plan, out);
  return out;
}

Decision Asker::decide(const Question& question) {
  const Plan& plan = plan_for(question.action);
  Decision out;
  if (!plan.in_scope) return out;
  set_question(question);
  std::size_t first = 0;
  while (first < plan.grants.size() && reaches(plan.grants[first], question) != Outcome::yes) ++first;
  if (first < plan.grants.size()) {
    out.by = Decision::By::grant;
    out.role = plan.grants[first].grant->role->name;
  } else if (!find_allow(plan, out)) {
    return out;
  }
  if (Decision denied; find_deny(plan, denied)) return denied;
  out.allowed = true;
  if (out.by == Decision::By::grant) grant_masks(plan, first, question, out.masks);
  rule_masks(plan, out.masks);
  return out;
}

// A field is withheld only when every grant that reaches the record withholds it, and no allow rule shows it all.
void Asker::grant_masks(const Plan& plan, std::size_t first, const Question& question, Masks& out) {
  const auto& grant = *plan.grants[first].grant->grant;
  if (grant.hidden.empty() && grant.read_only.empty()) return;
  out.hidden.assign(grant.hidden.begin(), grant.hidden.end());
  out.read_only.assign(grant.read_only.begin(), grant.read_only.end());
  for (std::size_t i = first + 1; i < plan.grants.size(); ++i) {
    if (reaches(plan.grants[i], question) != Outcome::yes) continue;
    keep_common(out.hidden, plan.grants[i].grant->grant->hidden);
    keep_common(out.read_only, plan.grants[i].grant->grant->read_only);
  }
  for (const auto* rule : plan.allows)
    if (run(rule->when) == Outcome::yes) {
      out.hidden.clear();
      out.read_only.clear();
      return;
    }
}

void Asker::rule_masks(const Plan& plan, Masks& out) {
  for (const auto* rule : plan.hides)
    if (run(rule->when) != Outcome::no) add(out.hidden, rule->rule->fields);
  for (const auto* rule : plan.locks)
    if (run(rule->when) != Outcome::no) add(out.read_only, rule->rule->fields);
}

}  // namespace socle::authz
