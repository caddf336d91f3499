// feel_unary.hpp: unary tests, the language of input cells, once they are read: as the shorthand of our tables when
// they are constant, so that rows are indexed and analysed, else as one condition over the column's value. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dmn/feel_term.hpp"

namespace socle::rules::dmn {

struct Test {
  enum class Form : std::uint8_t { comparison, interval, expression };
  Form form = Form::expression;
  Order order = Order::eq;  // comparison
  bool low_included = true;
  bool high_included = true;
  Term low;   // or the operand, the expression
  Term high;  // interval

  [[nodiscard]] bool constant() const { return low.constant && high.constant; }
};

// Whether `subject` passes one of the tests: a boolean expression, an error where FEEL has null.
[[nodiscard]] Result<std::string> any_holds(const std::vector<Test>& tests, const Term& subject);
// The cells that let everything and nothing through.
inline constexpr std::string_view anything = "-";
inline constexpr std::string_view nothing = "not(-)";
// A cell of a column of that kind. A test with a literal or constant that is wrong passes nothing, negated or not; a
// constant condition, such as count(["a"]) = 1, is no value that the column is compared with.
[[nodiscard]] Result<std::string> cell_of(const std::vector<Test>& tests, bool negated, Kind column);
// The kind of moment that the tests compare with; any: with none.
[[nodiscard]] Kind moment_compared(const std::vector<Test>& tests);

}  // namespace socle::rules::dmn
