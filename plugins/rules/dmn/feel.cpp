// feel.cpp: a recursive descent over FEEL's text that gives a Term, CEL with what is known of its value, as it goes.
// Names are matched longest first, because they may hold blanks and even operators. The productions call one another,
// so they stand in one file.
#include "dmn/feel.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "dmn/feel_functions.hpp"
#include "dmn/feel_moment.hpp"
#include "dmn/feel_term.hpp"
#include "dmn/feel_text.hpp"
#include "dmn/feel_unary.hpp"
#include "zen/translate.hpp"

namespace socle::rules::dmn {
namespace {

constexpr int max_depth = 40;
constexpr std::array<std::pair<std::string_view, Order>, 6> operators{
    {{"<=", Order::le}, {">=", Order::ge}, {"!=", Order::ne}, {"<", Order::lt}, {">", Order::gt}, {"=", Order::eq}}};

// What cannot go on a name whose parts are not known.
bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 9> words{"and",  "or",   "in",     "between", "then",
                                                  "else", "with", "return", "instance"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Feel {
 public:
  Feel(std::string_view text, const Names& names, Kind column = Kind::any)
      : cursor_(text), text_(text), names_(names), column_(column) {}

  Result<Term> whole() {
    auto out = expression();
    if (out && !cursor_.at_end()) return cursor_.wrong("the end");
    if (out && out->constant && out->computed) return noted(settled(*std::move(out), text_));
    return out;
  }
  // What has been read that is null.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  Result<Translated> cell() {
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

  Result<std::vector<Term>> values() {
    std::vector<Term> out;
    while (!cursor_.at_end()) {
      auto one = expression();
      if (!one) return one.error();
      out.push_back(*std::move(one));
      if (!cursor_.take(",") && !cursor_.at_end()) return cursor_.wrong("','");
    }
    return out;
  }

 private:
  Result<Translated> translated(std::vector<Test>& tests, bool negated) {
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

  Result<std::vector<Test>> tests() {
    std::vector<Test> out;
    do {
      auto one = test();
      if (!one) return one.error();
      out.push_back(*std::move(one));
    } while (cursor_.take(","));
    return out;
  }

  // Behind 'in' an expression ends before "and" and "or".
  Result<Test> test(bool behind_in = false) {
    if (cursor_.interval_ahead()) return interval();
    Test out;
    for (const auto& [token, order] : operators)
      if (cursor_.take(token)) {
        out.form = Test::Form::comparison;
        out.order = order;
        break;
      }
    auto operand = behind_in || out.form == Test::Form::comparison ? sum() : expression();
    if (!operand) return operand.error();
    out.low = *std::move(operand);
    return out;
  }

  // "[a..b)", "]a..b[".
  Result<Test> interval() {
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

  Result<Term> expression() {
    if (++depth_ > max_depth) return Error{Code::invalid, "the expression is nested too deeply"};
    auto out = cursor_.take_word("if") ? conditional() : disjunction();
    --depth_;
    return out;
  }

  Result<Term> conditional() {
    auto condition = expression();
    if (!condition) return condition;
    if (!cursor_.take_word("then")) return cursor_.wrong("'then'");
    auto yes = expression();
    if (!yes) return yes;
    if (!cursor_.take_word("else")) return cursor_.wrong("'else'");
    auto no = expression();
    if (!no) return no;
    const auto choice = [&](const std::string& first, const std::string& second) {
      return "(" + condition_of(*condition) + " ? dyn(" + first + ") : dyn(" + second + "))";
    };
    const auto first = json_form(*yes);
    const auto second = json_form(*no);
    auto kind = yes->kind == no->kind || no->kind == Kind::null ? yes->kind
                : yes->kind == Kind::null                       ? no->kind
                                                                : Kind::any;
    // Of two kinds, moments stay texts until somebody says what they are compared with.
    const bool mixed = kind == Kind::any && (is_moment(yes->kind) || is_moment(no->kind));
    if (mixed && (!first || !second)) return first ? second.error() : first.error();
    std::string cel;
    if (mixed) {
      cel = choice(*first, *second);
    } else {
      const auto left = native(*yes);
      const auto right = native(*no);
      if (!left || !right) return left ? right.error() : left.error();
      cel = choice(*left, *right);
    }
    auto out = term_of(std::move(cel), kind, {&*condition, &*yes, &*no});
    if (first && second) out.json = choice(*first, *second);
    return out;
  }

  Result<Term> disjunction() {
    auto left = conjunction();
    while (left && cursor_.take_word("or")) {
      auto right = conjunction();
      if (!right) return right;
      left = junction_of(false, *left, *right);
    }
    return left;
  }

  Result<Term> conjunction() {
    auto left = comparison();
    while (left && cursor_.take_word("and")) {
      auto right = comparison();
      if (!right) return right;
      left = junction_of(true, *left, *right);
    }
    return left;
  }

  Result<Term> comparison() {
    auto left = sum();
    if (!left) return left;
    for (const auto& [token, order] : operators)
      if (cursor_.take(token)) {
        auto right = sum();
        if (!right) return right;
        return comparison_of(order, *left, *right);
      }
    if (cursor_.take_word("between")) {
      Test test;
      test.form = Test::Form::interval;
      auto low = sum();
      if (!low) return low;
      if (!cursor_.take_word("and")) return cursor_.wrong("'and'");
      auto high = sum();
      if (!high) return high;
      test.low = *std::move(low);
      test.high = *std::move(high);
      return member(*left, {std::move(test)});
    }
    if (cursor_.take_word("in")) {
      const bool several = !cursor_.interval_ahead() && cursor_.take("(");
      if (!several) {
        auto one = test(true);
        if (!one) return one.error();
        return member(*left, {*std::move(one)});
      }
      auto all = tests();
      if (!all) return all.error();
      if (!cursor_.take(")")) return cursor_.wrong("',' or ')'");
      return member(*left, *all);
    }
    return left;
  }

  // Whether a value passes one of the tests.
  Result<Term> member(const Term& subject, const std::vector<Test>& tests) const {
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

  Result<Term> sum() {
    auto left = product();
    while (left) {
      cursor_.blanks();
      const bool minus = cursor_.peek() == '-';
      if (!minus && cursor_.peek() != '+') break;
      (void)cursor_.take(minus ? "-" : "+");
      auto right = product();
      if (!right) return right;
      left = added(*left, *right, minus);
    }
    return left;
  }
  static Result<Term> added(const Term& a, const Term& b, bool minus) {
    if (is_moment(a.kind) || is_moment(b.kind)) return moments_added(a, b, minus);
    const auto either = [&](Kind kind) { return a.kind == kind || b.kind == kind; };
    const auto kind = minus || either(Kind::number) ? Kind::number : either(Kind::string) ? Kind::string : Kind::any;
    return term_of((minus ? "zen.subtract(" : "zen.add(") + a.cel + ", " + b.cel + ")", kind, {&a, &b});
  }

  static Result<Term> computed(std::string_view function, const Term& a, const Term& b) {
    for (const auto* one : {&a, &b})
      if (is_moment(one->kind))
        return Error{Code::unsupported, "a " + std::string(to_string(one->kind)) +
                                            " is multiplied, divided or raised to a power; that has no translation"};
    return term_of(std::string(function) + "(" + a.cel + ", " + b.cel + ")", Kind::number, {&a, &b});
  }
  Result<Term> product() {
    auto left = power();
    while (left) {
      cursor_.blanks();
      const char op = cursor_.peek();
      if ((op != '*' && op != '/') || cursor_.starts("**")) break;
      (void)cursor_.take(op == '*' ? "*" : "/");
      auto right = power();
      if (!right) return right;
      left = computed(op == '*' ? "zen.multiply" : "zen.divide", *left, *right);
    }
    return left;
  }
  Result<Term> power() {
    auto left = prefix();
    if (!left || !cursor_.take("**")) return left;
    if (++depth_ > max_depth) return Error{Code::invalid, "the expression is nested too deeply"};
    auto right = power();
    --depth_;
    if (!right) return right;
    return computed("zen.power", *left, *right);
  }

  Result<Term> prefix() {
    cursor_.blanks();
    if (cursor_.peek() != '-') return primary();
    (void)cursor_.take("-");
    cursor_.blanks();
    if (number_ahead()) return number(true);
    auto of = primary();
    if (!of) return of;
    if (of->kind != Kind::days_time && of->kind != Kind::years_months)
      return term_of("zen.negate(" + of->cel + ")", Kind::number, {&*of});
    const auto text = native(*of);
    if (!text) return text.error();
    const auto* zero = of->kind == Kind::days_time ? "(duration('0s') - " : "(0 - ";
    return term_of(zero + *text + ")", of->kind, {&*of});
  }

  [[nodiscard]] bool number_ahead() const {
    return is_digit(cursor_.peek()) || (cursor_.peek() == '.' && is_digit(cursor_.peek(1)));
  }
  Result<Term> number(bool negative) {
    auto value = cursor_.number();
    if (!value) return value.error();
    if (negative) value->digits = -value->digits;
    return term_of(value->integer() ? value->text() : "decimal('" + value->text() + "')", Kind::number, {});
  }

  Result<Term> primary() {
    cursor_.blanks();
    if (number_ahead()) return number(false);
    auto out = value();
    while (out && cursor_.peek() == '.' && is_letter(cursor_.peek(1))) {
      (void)cursor_.take(".");
      out = component(*out);
    }
    return out;
  }

  Result<Term> value() {
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

  const Name* take_longest(const Names& names) {
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

  static Term field(const std::string& of, const Name& name, bool asks) {
    auto out = term_of("zen.get(" + of + ", " + zen::quoted(name.text) + ")", name.kind, {});
    out.constant = false;
    out.asks = asks;
    out.raw = is_moment(name.kind);
    out.parts = name.parts.empty() ? nullptr : &name.parts;
    return out;
  }

  // What follows a '.': one of the components known, a part of a moment, or whatever is written there.
  Result<Term> component(const Term& of) {
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

  Result<Term> call(std::string_view function) {
    std::vector<Term> arguments;
    while (!cursor_.take(")")) {
      if (cursor_.named_argument_ahead())
        return Error{Code::unsupported, "arguments by name have no translation; write those of " +
                                            std::string(function) + "() in their order"};
      auto one = expression();
      if (!one) return one;
      arguments.push_back(*std::move(one));
      if (!cursor_.take(",") && !cursor_.starts(")")) return cursor_.wrong("',' or ')'");
    }
    return noted(called(function, arguments));
  }

  Result<Term> list() {
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

  Result<Term> noted(Result<Term> term) {
    if (term && term->wrong) note(*term->wrong);
    return term;
  }
  // Once, also when it is read again.
  void note(const std::string& text) {
    if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(text);
  }

  Cursor cursor_;
  std::string_view text_;
  const Names& names_;
  Kind column_;
  std::vector<std::string> notes_;
  int depth_ = 0;
};

}  // namespace

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
