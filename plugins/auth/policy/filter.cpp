// filter.cpp: a decision about rows that are not known yet. Every grant and allow rule that may hold is one
// alternative, a condition over the record; every deny rule is one more that must not hold:
//
//   (alternative || …) && !(deny) && …
//
// CEL's own rules for errors then give what decide gives: an alternative that errs does not count as long as another is
// true, and a deny that errs excludes the row. What storage can say of it becomes its predicate, the rest the
// remainder.
#include <algorithm>

#include "policy/asker.hpp"
#include "policy/rest.hpp"
#include "socle/cel/record_filter.hpp"

namespace socle::authz {
namespace {

constexpr std::size_t longest_remainder = std::size_t{16} << 10;  // what storage takes
constexpr std::size_t longest_list = 250;

std::string joined(const std::vector<std::string>& parts, std::string_view with) {
  if (parts.size() == 1) return parts[0];
  std::string out;
  for (const auto& part : parts) out.append(out.empty() ? "(" : with).append(part);
  return out + ")";
}
void append(std::string& out, std::string_view op, const std::vector<std::string>& filters) {
  out.append(R"({"op":")").append(op).append(R"(","args":[)");
  for (std::size_t i = 0; i < filters.size(); ++i) out.append(i == 0 ? "" : ",").append(filters[i]);
  out += "]}";
}
template <class Fields>
void add(std::vector<std::string>& out, const Fields& fields) {
  for (const auto& field : fields)
    if (std::find(out.begin(), out.end(), field) == out.end()) out.emplace_back(field);
}

}  // namespace

class FilterMaker {
 public:
  FilterMaker(Asker& asker, const Question& question, const cel::RecordShape& shape)
      : asker_(asker), bound_(asker.bound()), plan_(asker.plan_for(question.action)), shape_(shape) {
    asker.set_question(question);
    for (const auto& slots : {bound_.vocabulary().record, bound_.vocabulary().old}) {
      asker.activation_.clear(slots.document);
      for (const auto slot : slots.property) asker.activation_.clear(slot);
    }
    asker.activation_.set(bound_.vocabulary().old.document, cel::Value());
  }

  Filter run() {
    Filter out;
    if (!plan_.in_scope) return out;
    collect();
    if (!always_ && alternatives_.empty()) return out;
    std::vector<std::string> refusals;
    for (const auto* rule : plan_.denies) {
      const auto rest = condition(rule->when);
      if (rest.kind == Rest::Kind::always || rest.kind == Rest::Kind::error) return out;
      if (rest.kind == Rest::Kind::depends) refusals.push_back("!(" + rest.text + ")");
    }
    out.effect = always_ && refusals.empty() ? Filter::Effect::all : Filter::Effect::some;
    if (out.effect == Filter::Effect::some && !say(out, refusals)) return {};
    masks(out);
    return out;
  }

 private:
  Rest condition(const std::optional<Condition>& when) {
    if (!when) return {Rest::Kind::always, {}};
    return rest_of(bound_.vocabulary(), *when, asker_.activation_);
  }

  void collect() {
    for (const auto& entry : plan_.grants) {
      const auto rest = reach(entry);
      if (rest.kind == Rest::Kind::never || rest.kind == Rest::Kind::error) continue;
      possible_.push_back({entry.grant->grant, rest.kind == Rest::Kind::always});
      add_alternative(rest);
    }
    for (const auto* rule : plan_.allows) {
      const auto rest = condition(rule->when);
      if (rest.kind == Rest::Kind::never || rest.kind == Rest::Kind::error) continue;
      possible_.push_back({nullptr, rest.kind == Rest::Kind::always});
      add_alternative({rest.kind, "(" + rest.text + ")"});
    }
    if (always_) alternatives_.clear();
  }
  void add_alternative(const Rest& rest) {
    if (rest.kind == Rest::Kind::always)
      always_ = true;
    else if (std::find(alternatives_.begin(), alternatives_.end(), rest.text) == alternatives_.end())
      alternatives_.push_back(rest.text);
  }

  // What a grant's scope and condition ask of a record.
  Rest reach(const Asker::Entry& entry) {
    const auto& grant = *entry.grant->grant;
    const auto& directory = bound_.directory();
    const auto& org = asker_.subject_.org();
    std::vector<std::string> parts;
    const auto field = "record." + grant.unit;
    if (!entry.unit.empty()) parts.push_back(one_of(field, directory.subtree(entry.unit)));
    if (grant.scope == Scope::own) parts.push_back("record.created_by == " + quoted(asker_.subject_.id()));
    if (grant.scope == Scope::department || grant.scope == Scope::department_and_below) {
      if (org.empty()) return {Rest::Kind::never, {}};
      parts.push_back(grant.scope == Scope::department ? field + " == " + quoted(org)
                                                       : one_of(field, directory.subtree(org)));
    }
    auto rest = condition(entry.grant->when);
    if (rest.kind == Rest::Kind::never || rest.kind == Rest::Kind::error) return rest;
    if (rest.kind == Rest::Kind::depends) parts.push_back("(" + rest.text + ")");
    if (parts.empty()) return {Rest::Kind::always, {}};
    return {Rest::Kind::depends, joined(parts, " && ")};
  }
  static std::string one_of(const std::string& field, const std::vector<std::string_view>& units) {
    if (units.size() == 1) return field + " == " + quoted(units[0]);
    std::vector<std::string> lists;
    for (std::size_t i = 0; i < units.size(); ++i) {
      if (i % longest_list == 0)
        lists.push_back(field + " in [");
      else
        lists.back() += ", ";
      lists.back() += quoted(units[i]);
    }
    for (auto& list : lists) list += ']';
    return joined(lists, " || ");
  }

  // One condition as a filter that admits at least its rows (empty: all) and what is left to ask of those.
  struct Said {
    std::string filter;
    std::string rest;
    bool ok = false;
    bool nothing = false;
  };
  Said say(const std::string& text) const {
    const auto& environment = bound_.vocabulary().environment();
    const auto ast = environment.compile(text);
    if (!ast) return {};
    auto query = cel::store_query(environment, *ast, shape_, {});
    if (!query) return {};
    return {std::move(query->filter), std::move(query->cel), true, query->nothing};
  }

  // False when it is too much to say, or when no row can be among them.
  bool say(Filter& out, const std::vector<std::string>& refusals) const {
    std::vector<std::string> remainder;
    if (!always_ && !say_alternatives(out.predicate, remainder)) return false;
    remainder.insert(remainder.end(), refusals.begin(), refusals.end());
    if (!remainder.empty()) out.remainder = joined(remainder, " && ");
    return out.remainder.size() <= longest_remainder;
  }
  bool say_alternatives(std::string& filter, std::vector<std::string>& remainder) const {
    bool exact = true;
    bool narrowed = true;
    std::vector<std::string> choices;
    std::vector<std::string> rests;
    for (const auto& text : alternatives_) {
      auto said = say(text);
      if (!said.ok) return false;
      if (said.nothing) continue;
      exact = exact && said.rest.empty();
      narrowed = narrowed && !said.filter.empty();
      choices.push_back(std::move(said.filter));
      rests.push_back(std::move(said.rest));
    }
    if (choices.empty()) return false;
    if (choices.size() == 1) {
      filter = choices[0];
      if (!rests[0].empty()) remainder.push_back("(" + rests[0] + ")");
      return true;
    }
    if (narrowed) append(filter, "or", choices);
    if (!exact || !narrowed) remainder.push_back(joined(alternatives_, " || "));
    return true;
  }

  // What a row may show is known only with the row. Here a field is withheld when it may have to be: by any of the
  // grants that may reach the row, or, where some surely do, by all of those.
  void masks(Filter& out) {
    const bool sure = std::any_of(possible_.begin(), possible_.end(), [](const Possible& one) { return one.sure; });
    bool first = true;
    for (const auto& one : possible_) {
      if (sure && !one.sure) continue;
      static const std::vector<std::string> nothing;
      const auto& hidden = one.grant == nullptr ? nothing : one.grant->hidden;
      const auto& read_only = one.grant == nullptr ? nothing : one.grant->read_only;
      if (sure && !first) {
        keep_common(out.hidden, hidden);
        keep_common(out.read_only, read_only);
      } else {
        add(out.hidden, hidden);
        add(out.read_only, read_only);
      }
      first = false;
    }
    const bool all_sure = std::all_of(possible_.begin(), possible_.end(), [](const Possible& one) { return one.sure; });
    out.exact_masks = (out.hidden.empty() && out.read_only.empty()) || all_sure || possible_.size() == 1;
    for (const auto* rule : plan_.hides) rule_mask(*rule, out.hidden, out.exact_masks);
    for (const auto* rule : plan_.locks) rule_mask(*rule, out.read_only, out.exact_masks);
  }
  void rule_mask(const BoundRule& rule, std::vector<std::string>& fields, bool& exact) {
    const auto kind = condition(rule.when).kind;
    if (kind == Rest::Kind::never) return;
    exact = exact && kind != Rest::Kind::depends;
    add(fields, rule.rule->fields);
  }
  static void keep_common(std::vector<std::string>& kept, const std::vector<std::string>& other) {
    std::erase_if(kept, [&](const auto& one) { return std::find(other.begin(), other.end(), one) == other.end(); });
  }

  struct Possible {
    const Grant* grant = nullptr;  // null: an allow rule, which withholds nothing
    bool sure = false;
  };
  Asker& asker_;
  const Bound& bound_;
  const Asker::Plan& plan_;
  const cel::RecordShape& shape_;
  bool always_ = false;
  std::vector<std::string> alternatives_;
  std::vector<Possible> possible_;
};

Filter Asker::filter(const Question& question, const cel::RecordShape& shape) {
  return FilterMaker(*this, question, shape).run();
}

}  // namespace socle::authz
