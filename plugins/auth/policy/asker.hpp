// asker.hpp: one subject asking about one resource: everything that depends only on the two is worked out once, so that
// a decision is a few programs run. Used by one thread at a time (a worker keeps its own).
//
//   Asker asker(bound, subject);
//   Decision decision = asker.decide({.action = "delete", .record = envelope, .now = now});
//   Filter filter = asker.filter({.action = "read", .now = now});
//
// Allowed is what some grant of a held role or some allow rule allows and no deny rule denies; nothing else. A
// condition that errs allows nothing as an allow and denies as a deny; in a filter it excludes the row.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/bound.hpp"
#include "policy/subject.hpp"
#include "socle/cel/program.hpp"
#include "socle/cel/record_filter.hpp"

namespace socle::authz {

struct Question {
  std::string_view action;
  // Envelopes {id?, version?, created_by?, …, doc}, or absent. `old`: what is stored, of an update.
  json::View record;
  json::View old;
  json::View env;
  std::int64_t now_seconds = 0;  // since 1970
  std::uint32_t now_nanos = 0;
};

// JSON Pointers into the document, borrowed from the Bound.
struct Masks {
  std::vector<std::string_view> hidden;     // must not be shown
  std::vector<std::string_view> read_only;  // must not be written
};

struct Decision {
  enum class By : std::uint8_t { nothing, grant, rule };
  bool allowed = false;
  By by = By::nothing;      // nothing: no grant and no rule allows it
  bool erred = false;       // of a deny: because its condition could not be evaluated
  std::string_view policy;  // of a rule
  std::string_view rule;    // its id
  std::string_view role;    // of a grant
  const LocalText* reason = nullptr;
  Masks masks;  // when allowed
};

struct Filter {
  enum class Effect : std::uint8_t { none, all, some };
  Effect effect = Effect::none;
  std::string predicate;  // a storage/1 filter as JSON; empty: admits everything
  std::string remainder;  // CEL over `record`, true of the rows among those; empty: all of them
  std::vector<std::string> hidden;
  std::vector<std::string> read_only;
  bool exact_masks = true;  // false: some rows may show more than `hidden` says; ask decide about each
};

class Asker {
 public:
  // The subject must outlive the asker.
  Asker(BoundPtr bound, const Subject& subject);

  [[nodiscard]] Decision decide(const Question& question);
  // What the rules alone say, without roles: allow, deny, or nothing.
  [[nodiscard]] Decision judge(const Question& question);
  // True when every record may be had, whatever is in it, with all of its fields: then no decision needs asking for.
  [[nodiscard]] bool unconditional(std::string_view action);
  // `shape`: how the store keeps the records. record and old of the question are not looked at.
  [[nodiscard]] Filter filter(const Question& question, const cel::RecordShape& shape = {});
  // {effect, by, …, considered: [{…, result, reads}]}: each grant and rule that could matter, what came out and what it
  // looked at, and a sentence in English and Chinese. JSON text.
  [[nodiscard]] std::string explain(const Question& question);

  [[nodiscard]] const Bound& bound() const { return *bound_; }

 private:
  enum class Outcome : std::uint8_t { no, yes, error };
  // A grant through a role that is held, in the whole tenant or within a unit.
  struct Entry {
    const BoundGrant* grant = nullptr;
    std::string_view unit;  // empty: everywhere
    std::string_view held;  // the role through which it is reached
  };
  // What can matter for one action.
  struct Plan {
    std::string action;
    bool in_scope = true;
    std::vector<Entry> grants;
    std::vector<const BoundRule*> allows;
    std::vector<const BoundRule*> denies;
    std::vector<const BoundRule*> hides;  // denies with fields, of reading
    std::vector<const BoundRule*> locks;  // denies with fields, of writing
  };
  friend class FilterMaker;
  friend class Explainer;

  const Plan& plan_for(std::string_view action);
  Plan make_plan(std::string_view action) const;
  [[nodiscard]] bool concerns(const BoundRule& rule, std::string_view action) const;
  void set_record(const RecordSlots& slots, json::View envelope, bool creating);
  void set_question(const Question& question);
  Outcome run(const std::optional<Condition>& when);
  Outcome reaches(const Entry& entry, const Question& question);
  Outcome reaches(const Entry& entry, json::View envelope, bool creating);
  bool find_allow(const Plan& plan, Decision& out);
  bool find_deny(const Plan& plan, Decision& out);
  void rule_masks(const Plan& plan, Masks& out);
  void grant_masks(const Plan& plan, std::size_t first, const Question& question, Masks& out);

  BoundPtr bound_;
  const Subject& subject_;
  std::vector<std::pair<std::string, std::string>> names_;  // names of roles held, and where ("" everywhere)
  std::vector<Entry> entries_;
  std::vector<Plan> plans_;
  cel::Activation activation_;
  cel::Arena arena_;
};

}  // namespace socle::authz
