// filter.hpp: conditions over records as storage/1 takes them: what indexes can answer as a predicate tree, the rest as
// a CEL remainder. Filters of a request and access rules go through here alike. One thread; cheap enough for every
// call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "logic/evaluation.hpp"
#include "model/form.hpp"
#include "socle/json/view.hpp"
#include "socle/json/writer.hpp"
#include "socle/result.hpp"

namespace socle::forms {

// What is known when a condition is asked; everything but the record.
struct Known {
  json::View user, tenant, env;
  std::string_view action;
  std::int64_t now_seconds = 0;
  std::uint32_t now_nanos = 0;
};

// The conjunction of what was added.
class Filter {
 public:
  Filter(const Form& form, const Known& known) : form_(form), known_(known) {}

  // Reduces the condition by what is known.
  Status add(const StrictLanguage::Checked& condition);
  // What auth/1 says beside: a predicate tree and a remainder over `record` (either may be ""), and the remainder's
  // types as a JSON object.
  void narrow(std::string predicate, std::string remainder, std::string types);
  // Splits what is left. REQUIRES: all has been added. Code::invalid, too_large: the store cannot be asked this.
  Status finish();
  // After finish(). Some condition is false whatever the record: the list is empty.
  [[nodiscard]] bool never() const { return query_.nothing; }
  // The members "filter" and "remainder" of a storage/1 query, if there are any.
  void write(json::Writer& out) const;
  // The remainder's condition, for people, without what policies add; "": indexes and predicates say it all.
  [[nodiscard]] const std::string& remainder() const { return query_.cel; }

 private:
  [[nodiscard]] std::string whole_remainder() const;

  const Form& form_;
  const Known& known_;
  std::vector<std::string> parts_;  // CEL over `record`
  cel::StoreQuery query_;
  std::string narrow_predicate_, narrow_remainder_, narrow_types_;
};

// True only when the rule says yes to this record; an error is no.
[[nodiscard]] bool allows(const Form& form, const StrictLanguage::Checked& rule, const Known& known, json::View doc,
                          json::View old, const RecordFacts& facts);

// What storage/1 calls a field of a record: "/doc/address/city", "created_at", "/created_by"; "" for an unknown one.
[[nodiscard]] std::string stored_field(const Form& form, std::string_view path, std::string_view& type);

}  // namespace socle::forms
