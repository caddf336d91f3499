// feel.cpp: see the header. What is read, by feel_grammar.hpp, becomes what each place of a table wants.
#include "dmn/feel.hpp"

#include <utility>

#include "dmn/feel_grammar.hpp"

namespace socle::rules::dmn {

Result<Term> Feel::whole() {
  auto out = expression();
  if (out && !cursor_.at_end()) return cursor_.wrong("the end");
  if (out && out->constant && out->computed) return noted(settled(*std::move(out), text_));
  return out;
}

Result<std::vector<Term>> Feel::values() {
  std::vector<Term> out;
  while (!cursor_.at_end()) {
    auto one = expression();
    if (!one) return one.error();
    out.push_back(*std::move(one));
    if (!cursor_.take(",") && !cursor_.at_end()) return cursor_.wrong("','");
  }
  return out;
}

Result<std::string> feel_expression(std::string_view text, const Names& names) {
  const auto term = Feel(text, names).whole();
  if (!term) return term.error();
  return native(*term);
}

Result<Translated> feel_input(std::string_view text, const Names& names, Kind wanted) {
  Feel feel(text, names);
  auto term = feel.whole();
  if (!term) return term.error();
  if (!is_moment(wanted)) {
    // What null makes of a condition is null, too, and no error.
    const bool condition = term->kind == Kind::boolean && term->json;
    return Translated{condition ? *term->json : term->cel, term->kind, term->constant, feel.notes()};
  }
  // A field that is declared as a text may hold one all the same.
  if (term->kind == Kind::string) term->kind = Kind::any;
  const auto cel = native(*term, wanted);
  if (!cel) return cel.error();
  return Translated{*cel, wanted, term->constant, feel.notes()};
}

Result<Translated> feel_output(std::string_view text, const Names& names) {
  Feel feel(text, names);
  const auto term = feel.whole();
  if (!term) return term.error();
  const auto json = json_form(*term);
  if (!json) return json.error();
  return Translated{*json, term->kind, term->constant, feel.notes()};
}

Result<Translated> feel_unary_tests(std::string_view text, const Names& names, Kind column) {
  return Feel(text, names, column).cell();
}

Result<std::string> feel_cell(std::string_view text, const Names& names, Kind column) {
  auto cell = feel_unary_tests(text, names, column);
  if (!cell) return cell.error();
  return std::move(cell->cel);
}

Result<std::vector<std::string>> feel_values(std::string_view text, const Names& names) {
  const auto terms = Feel(text, names).values();
  if (!terms) return terms.error();
  std::vector<std::string> out;
  for (const auto& term : *terms) {
    auto json = json_form(term);
    if (!json) return json.error();
    out.push_back(*std::move(json));
  }
  return out;
}

}  // namespace socle::rules::dmn
