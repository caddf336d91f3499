// feel_term.hpp: a piece of FEEL that is translated, with what is known of its value, and how two of them are compared.
// Any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dmn/feel.hpp"

namespace socle::rules::dmn {

struct Term {
  std::string cel;
  Kind kind = Kind::any;
  bool raw = false;                   // a moment that is still the text of the record
  bool constant = true;               // it looks neither at the input nor at "?"
  bool asks = false;                  // it looks at "?"
  bool computed = false;              // it is no literal
  std::optional<std::string> wrong;   // why it is null: a literal or a constant that FEEL cannot read or compute
  std::optional<std::string> json;    // what a table gives of it, where that is another text than `cel`
  std::optional<std::string> quoted;  // of a text literal what stands between the quotes
  std::vector<Term> items;            // of a list literal
  const Names* parts = nullptr;       // of a name with components
};

// Made of others: constant when all are.
[[nodiscard]] Term term_of(std::string cel, Kind kind, std::initializer_list<const Term*> made_of);
// cel.bind(name, value, body). What stands in `value` and `body` may bind the same name again: it looks only at the
// input and "?", never at what is bound around it.
[[nodiscard]] std::string bind(std::string_view name, std::string_view value, std::string_view body);

// A record's text as the kind of moment it stands for; null of null.
[[nodiscard]] std::string converted(const std::string& cel, Kind kind);
// As CEL computes with it. Code::unsupported: it is known to be of another kind.
[[nodiscard]] Result<std::string> native(const Term& term, Kind wanted);
[[nodiscard]] Result<std::string> native(const Term& term);
// As JSON has it. Code::unsupported: a duration or time of day that is computed.
[[nodiscard]] Result<std::string> json_form(const Term& term);

enum class Order : std::uint8_t { lt, le, gt, ge, eq, ne };
[[nodiscard]] std::string_view to_string(Order order);
// A boolean expression; an error where FEEL has null.
[[nodiscard]] Result<std::string> compared(Order order, const Term& a, const Term& b);

// Booleans whose `json` gives null where FEEL does, instead of an error that would take the row with it.
[[nodiscard]] Result<Term> comparison_of(Order order, const Term& a, const Term& b);
[[nodiscard]] Term junction_of(bool both, const Term& a, const Term& b);
[[nodiscard]] Term negation_of(const Term& of);
// A condition that null does not hold; an error where the term cannot be computed.
[[nodiscard]] std::string condition_of(const Term& term);

// The constant null, told why.
[[nodiscard]] Term wrong_literal(std::string why);
// The same of a constant, named by its text, that cannot be computed.
[[nodiscard]] Term no_value(std::string_view text);
// What a constant gives.
enum class Outcome : std::uint8_t { error, null, yes, no, other };
[[nodiscard]] Outcome outcome_of(const std::string& cel);
// REQUIRES: it is constant. Computed here, so that what cannot be is null and told why, and a boolean is a literal;
// `text` is what it is called. It stays `computed`.
[[nodiscard]] Term settled(Term term, std::string_view text);

}  // namespace socle::rules::dmn
