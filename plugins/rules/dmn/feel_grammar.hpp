// feel_grammar.hpp: a recursive descent over FEEL's text that gives a Term, CEL with what is known of its value, as it
// goes. Names are matched longest first, because they may hold blanks and even operators. The productions call one
// another and share one place in the text, so they are one class, and stand in a file an idea:
//
//   feel_tests.cpp       cells: unary tests, intervals      feel_arithmetic.cpp  + - * / ** and signs
//   feel_logic.cpp       if, or, and, comparisons           feel_values.cpp      literals, names, calls, lists
//
// One thread; an object reads one text once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dmn/feel.hpp"
#include "dmn/feel_term.hpp"
#include "dmn/feel_text.hpp"
#include "dmn/feel_unary.hpp"

namespace socle::rules::dmn {

class Feel {
 public:
  // Both are borrowed. `column`: the kind of "?".
  Feel(std::string_view text, const Names& names, Kind column = Kind::any)
      : cursor_(text), text_(text), names_(names), column_(column) {}

  // One of these is all of the text.
  [[nodiscard]] Result<Term> whole();
  [[nodiscard]] Result<std::vector<Term>> values();
  [[nodiscard]] Result<Translated> cell();
  // What has been read that is null.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  static constexpr int max_depth = 40;

  [[nodiscard]] Result<Translated> translated(std::vector<Test>& tests, bool negated);
  [[nodiscard]] Result<std::vector<Test>> tests();
  // Behind 'in' an expression ends before "and" and "or".
  [[nodiscard]] Result<Test> test(bool behind_in = false);
  [[nodiscard]] Result<Test> interval();
  [[nodiscard]] Result<Term> member(const Term& subject, const std::vector<Test>& tests) const;

  [[nodiscard]] Result<Term> expression();
  [[nodiscard]] Result<Term> conditional();
  [[nodiscard]] Result<Term> disjunction();
  [[nodiscard]] Result<Term> conjunction();
  [[nodiscard]] Result<Term> comparison();
  [[nodiscard]] std::optional<Order> take_order();

  [[nodiscard]] Result<Term> sum();
  [[nodiscard]] Result<Term> product();
  [[nodiscard]] Result<Term> power();
  [[nodiscard]] Result<Term> prefix();
  [[nodiscard]] bool number_ahead() const;
  [[nodiscard]] Result<Term> number(bool negative);

  [[nodiscard]] Result<Term> primary();
  [[nodiscard]] Result<Term> value();
  [[nodiscard]] Result<Term> component(const Term& of);
  [[nodiscard]] Result<Term> call(std::string_view function);
  [[nodiscard]] Result<Term> list();
  [[nodiscard]] const Name* take_longest(const Names& names);

  [[nodiscard]] Result<Term> noted(Result<Term> term);
  void note(const std::string& text);

  Cursor cursor_;
  std::string_view text_;
  const Names& names_;
  Kind column_;
  std::vector<std::string> notes_;
  int depth_ = 0;
};

}  // namespace socle::rules::dmn
