// feel_tests.cpp: the cells of FEEL: unary tests, intervals, and whether a value passes them.
#include <algorithm>
#include <utility>

#include "dmn/feel_grammar.hpp"

namespace socle::rules::dmn {

Result<Translated> Feel::cell() {
  if (cursor_.only_dash()) return Translated{std::string(anything), Kind::any, true};
  const auto start = cursor_.place();
  if (cursor_.take_word("not") && cursor_.take("(")) {
    auto inside = tests();
    if (!inside) return inside.error();
    if (!cursor_.take(")")) return cursor_.wrong("')'");
    if (cursor_.at_end()) return translated(*inside, true);
  }
  // Without its end behind the ')' it was the function: not(x) and y.
  cursor_.back_to(start);
  auto all = tests();
  if (!all) return all.error();
  if (!cursor_.at_end()) return cursor_.wrong("',' or the end");
  return translated(*all, false);
}

Result<Translated> Feel::translated(std::vector<Test>& tests, bool negated) {
  for (auto& test : tests)
    for (auto* operand : {&test.low, &test.high}) {
      if (!operand->constant) continue;
      *operand = settled(std::move(*operand), text_);
      if (operand->wrong) note(*operand->wrong);
    }
  const auto text = cell_of(tests, negated, column_);
  if (!text) return text.error();
  const bool constant = std::all_of(tests.begin(), tests.end(), [](const Test& one) { return one.constant(); });
  return Translated{*text, moment_compared(tests), constant || *text == anything || *text == nothing, notes_};
}

Result<std::vector<Test>> Feel::tests() {
  std::vector<Test> out;
  do {
    auto one = test();
    if (!one) return one.error();
    out.push_back(*std::move(one));
  } while (cursor_.take(","));
  return out;
}

Result<Test> Feel::test(bool behind_in) {
  if (cursor_.interval_ahead()) return interval();
  Test out;
  if (const auto order = take_order()) {
    out.form = Test::Form::comparison;
    out.order = *order;
  }
  auto operand = behind_in || out.form == Test::Form::comparison ? sum() : expression();
  if (!operand) return operand.error();
  out.low = *std::move(operand);
  return out;
}

// "[a..b)", "]a..b[".
Result<Test> Feel::interval() {
  Test out;
  out.form = Test::Form::interval;
  out.low_included = cursor_.take("[");
  if (!out.low_included && !cursor_.take("]")) (void)cursor_.take("(");
  auto low = sum();
  if (!low) return low.error();
  if (!cursor_.take("..")) return cursor_.wrong("'..'");
  auto high = sum();
  if (!high) return high.error();
  out.high_included = cursor_.take("]");
  if (!out.high_included && !cursor_.take(")") && !cursor_.take("["))
    return cursor_.wrong("']', ')' or '[' at the end of an interval");
  out.low = *std::move(low);
  out.high = *std::move(high);
  return out;
}

// Whether a value passes one of the tests.
Result<Term> Feel::member(const Term& subject, const std::vector<Test>& tests) const {
  const auto value = native(subject);
  if (!value) return value.error();
  Term bound;
  bound.cel = "x";
  bound.kind = subject.kind;
  const auto condition = any_holds(tests, bound);
  if (!condition) return condition.error();
  auto out = term_of(bind("x", *value, *condition), Kind::boolean, {&subject});
  for (const auto& test : tests) {
    out.constant = out.constant && test.constant();
    out.asks = out.asks || test.low.asks || test.high.asks;
  }
  return out;
}

}  // namespace socle::rules::dmn
