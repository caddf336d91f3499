// feel_values.cpp: what FEEL's expressions are made of: literals, names and their components, calls, lists.
#include <algorithm>
#include <array>
#include <utility>

#include "dmn/feel_functions.hpp"
#include "dmn/feel_grammar.hpp"
#include "dmn/feel_moment.hpp"
#include "zen/translate.hpp"

namespace socle::rules::dmn {
namespace {

// What cannot go on a name whose parts are not known.
bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 9> words{"and",  "or",   "in",     "between", "then",
                                                  "else", "with", "return", "instance"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

Term field(const std::string& of, const Name& name, bool asks) {
  auto out = term_of("zen.get(" + of + ", " + zen::quoted(name.text) + ")", name.kind, {});
  out.constant = false;
  out.asks = asks;
  out.raw = is_moment(name.kind);
  out.parts = name.parts.empty() ? nullptr : &name.parts;
  return out;
}

}  // namespace

Result<Term> Feel::primary() {
  cursor_.blanks();
  if (number_ahead()) return number(false);
  auto out = value();
  while (out && cursor_.peek() == '.' && is_letter(cursor_.peek(1))) {
    (void)cursor_.take(".");
    out = component(*out);
  }
  return out;
}

Result<Term> Feel::value() {
  const char c = cursor_.peek();
  if (c == '"') {
    auto text = cursor_.string();
    if (!text) return text.error();
    auto out = term_of(zen::quoted(*text), Kind::string, {});
    out.quoted = *std::move(text);
    return out;
  }
  if (cursor_.take("@")) {
    const auto text = cursor_.string();
    if (!text) return text.error();
    return noted(moment(*text));
  }
  if (cursor_.take("?")) {
    auto out = term_of("value", column_, {});
    out.constant = false;
    out.asks = true;
    return out;
  }
  if (cursor_.take("(")) {
    auto inner = expression();
    if (inner && !cursor_.take(")")) return cursor_.wrong("')'");
    return inner;
  }
  if (cursor_.take("[")) return list();
  if (cursor_.take_word("true")) return term_of("true", Kind::boolean, {});
  if (cursor_.take_word("false")) return term_of("false", Kind::boolean, {});
  if (cursor_.take_word("null")) return term_of("null", Kind::null, {});
  // A name the table knows goes before a function of the same beginning.
  if (const auto* name = take_longest(names_)) return field("input", *name, false);
  if (const auto function = take_function(cursor_)) return call(*function);
  const auto word = cursor_.take_identifier();
  if (word.empty()) return cursor_.wrong("a value");
  return Error{Code::unsupported,
               "'" + std::string(word) + "' is no input of the table and no function that can be translated"};
}

const Name* Feel::take_longest(const Names& names) {
  const auto start = cursor_.place();
  const Name* found = nullptr;
  auto end = start;
  for (const auto& name : names) {
    if (cursor_.take_name(name.text) && cursor_.place() > end) {
      found = &name;
      end = cursor_.place();
    }
    cursor_.back_to(start);
  }
  cursor_.back_to(end);
  return found;
}

// What follows a '.': one of the components known, a part of a moment, or whatever is written there.
Result<Term> Feel::component(const Term& of) {
  if (of.parts != nullptr)
    if (const auto* name = take_longest(*of.parts)) return field(of.cel, *name, of.asks);
  std::string name(cursor_.take_identifier());
  const auto part = moment_part(of, name);
  if (!part) return part.error();
  if (*part) return **part;
  // Two words side by side are no expression, so the second one belongs to the name.
  for (auto end = cursor_.place();; end = cursor_.place()) {
    cursor_.blanks();
    const auto word = cursor_.place() == end ? std::string_view() : cursor_.take_identifier();
    if (word.empty() || is_keyword(word)) {
      cursor_.back_to(end);
      break;
    }
    name.append(" ").append(word);
  }
  return term_of("zen.get(" + of.cel + ", " + zen::quoted(name) + ")", Kind::any, {&of});
}

Result<Term> Feel::call(std::string_view function) {
  std::vector<Term> arguments;
  while (!cursor_.take(")")) {
    if (cursor_.named_argument_ahead())
      return Error{Code::unsupported, "arguments by name have no translation; write those of " + std::string(function) +
                                          "() in their order"};
    auto one = expression();
    if (!one) return one;
    arguments.push_back(*std::move(one));
    if (!cursor_.take(",") && !cursor_.starts(")")) return cursor_.wrong("',' or ')'");
  }
  return noted(called(function, arguments));
}

Result<Term> Feel::list() {
  auto out = term_of("", Kind::list, {});
  while (!cursor_.take("]")) {
    auto one = expression();
    if (!one) return one;
    const auto text = native(*one);
    if (!text) return text.error();
    out.cel += (out.cel.empty() ? "[" : ", ") + *text;
    out.constant = out.constant && one->constant;
    out.asks = out.asks || one->asks;
    out.computed = out.computed || one->computed;
    out.items.push_back(*std::move(one));
    if (!cursor_.take(",") && !cursor_.starts("]")) return cursor_.wrong("',' or ']'");
  }
  out.cel += out.cel.empty() ? "[]" : "]";
  return out;
}

Result<Term> Feel::noted(Result<Term> term) {
  if (term && term->wrong) note(*term->wrong);
  return term;
}

// Once, also when it is read again.
void Feel::note(const std::string& text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(text);
}

}  // namespace socle::rules::dmn
