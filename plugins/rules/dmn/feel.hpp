// feel.hpp: the FEEL that stands in decision tables, as CEL: unary tests become cells of our tables, expressions use
// the functions zen.* for FEEL's arithmetic on decimals. Any thread.
//
// JSON has no dates, times and durations: in a record they are ISO texts. What is compared or computed is in CEL a
// date, a timestamp (a time of day: one of 1970-01-01), a duration, or (years and months) the number of months; what a
// table gives is an ISO text again. FEEL knows moments without a zone, CEL none: they are read as UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socle/result.hpp"

namespace socle::rules::dmn {

// What is known of a value; any: nothing.
enum class Kind : std::uint8_t {
  any,
  null,
  number,
  string,
  boolean,
  list,
  date,
  time,
  date_time,
  days_time,
  years_months,
};
// By DMN's name of a type: "number", "feel:date", "days and time duration"; any: another type.
[[nodiscard]] Kind kind_of(std::string_view type);
[[nodiscard]] std::string_view to_string(Kind kind);
[[nodiscard]] constexpr bool is_moment(Kind kind) { return kind >= Kind::date; }

// A name an expression may use; it may hold blanks ("Monthly Income"). At the top it is a field of `input`, its parts
// are the components that may follow a '.'.
struct Name {
  Name(const char* spelled) : text(spelled) {}  // not explicit: lists of names are written as lists of texts
  Name(std::string spelled, std::string_view type = {}, std::vector<Name> components = {})
      : text(std::move(spelled)), kind(kind_of(type)), parts(std::move(components)) {}

  std::string text;
  Kind kind = Kind::any;
  std::vector<Name> parts;
};
using Names = std::vector<Name>;

struct Translated {
  std::string cel;
  Kind kind = Kind::any;
  bool constant = false;  // it looks neither at the input nor at "?"
  // What FEEL has null for: literals that are no date, time or duration, constants that cannot be computed.
  std::vector<std::string> notes = {};
};

// Of all below: Code::invalid: "1:7: …"; Code::unsupported: FEEL beyond what tables need.
[[nodiscard]] Result<std::string> feel_expression(std::string_view text, const Names& names);
// What an input column looks at, as cells of the kind `wanted` can be compared with it; of kind any: as it is.
[[nodiscard]] Result<Translated> feel_input(std::string_view text, const Names& names, Kind wanted);
// What a table gives.
[[nodiscard]] Result<Translated> feel_output(std::string_view text, const Names& names);
// A cell of a column: "-", "<18", "[1..5[", "\"a\",\"b\"", "not(…)", "? > 5". The kind is that of the moment it
// compares with, if it does with one.
[[nodiscard]] Result<Translated> feel_unary_tests(std::string_view text, const Names& names, Kind column = Kind::any);
[[nodiscard]] Result<std::string> feel_cell(std::string_view text, const Names& names, Kind column = Kind::any);
// "\"a\",\"b\"": allowed outputs, one expression each.
[[nodiscard]] Result<std::vector<std::string>> feel_values(std::string_view text, const Names& names);

}  // namespace socle::rules::dmn
