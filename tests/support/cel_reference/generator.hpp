// generator.hpp: expressions and documents made of choices, for differential tests: a seeded source of random numbers
// chooses in the unit test, the fuzzer's bytes in fuzz_cel_difference. The expressions read `a` (a document of
// document()), `v` and `i`; most of them err somewhere, which is a result like any other.
// Longer than it has ideas, because every form of expression is a line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

namespace cel_reference {

// What expressions and documents are made of: `moments` adds dates, timestamps, durations and decimals to the plain
// kinds, `declared` keeps the documents to declared_schema, as a product's inputs are validated before they are read.
enum class Words : std::uint8_t { plain, moments, declared };

inline constexpr const char* declared_schema = R"({"type":"object","properties":{
  "n":{"type":"integer"},"s":{"type":"string"},"d":{"type":"number"},"t":{"type":"boolean"},"big":{"type":"integer"},
  "l":{"type":"array","items":{"type":"integer"}},
  "ll":{"type":"array","items":{"type":"array","items":{"type":"number"}}},
  "m":{"type":"object","properties":{"x":{"type":"number"},"k":{"type":"string"}},"additionalProperties":false},
  "day":{"type":"string","format":"date"},"at":{"type":"string","format":"date-time"},
  "days":{"type":"array","items":{"type":"string","format":"date"}},
  "span":{"type":"string"},"price":{"type":"string"}}})";

// `Choose`: unsigned(unsigned n), a number below n.
template <class Choose>
class Generator {
 public:
  explicit Generator(Choose choose, Words words = Words::plain) : choose_(std::move(choose)), words_(words) {}

  std::string expression(int depth) {
    if (depth == 0) return leaf();
    if (choose_(4) == 0) return choose_(3) == 0 ? optional_use(depth) : function_use(depth);
    const auto sub = [&] { return expression(depth - 1); };
    switch (choose_(words_ == Words::plain ? 30 : 36)) {
      case 0: return binary(depth, {" + "});
      case 1: return binary(depth, {" - "});
      case 2: return binary(depth, {" * "});
      case 3: return binary(depth, {" / "});
      case 4: return binary(depth, {" % "});
      case 5: return binary(depth, {" && "});
      case 6: return binary(depth, {" || "});
      case 7: return "(" + sub() + " ? " + sub() + " : " + sub() + ")";
      case 8: return binary(depth, {" == ", " != ", " < ", " <= ", " > ", " >= "});
      case 9: return "(" + sub() + one_of({" == ", " != ", " < ", " >= "}) + leaf() + ")";
      case 10: return "!(" + sub() + ")";
      case 11: return "(" + sub() + " in [" + leaf() + ", " + leaf() + ", " + leaf() + "])";
      case 12: return "[" + sub() + ", " + sub() + "]";
      case 13: return "{" + leaf() + ": " + sub() + ", 'k': " + sub() + "}";
      case 14: return list() + one_of({".all", ".exists", ".exists_one", ".filter", ".map"}) + "(v, " + sub() + ")";
      case 15: return list() + ".map(v, " + sub() + ", " + sub() + ")";
      case 16: return list() + one_of({".all", ".exists", ".existsOne", ".transformList"}) + "(i, v, " + sub() + ")";
      case 17: return "has(a." + one_of({"n", "s", "m", "none"}) + ")";
      case 18: return "cel.bind(v, " + sub() + ", " + sub() + ")";
      case 19: return "size(" + sub() + ")";
      case 20: return list() + ".transformMap(i, v, " + sub() + ")";
      case 21: {
        const auto field = one_of({"a.n", "a.s", "a.none", "a.m.x", "a.m.none", "a.nil", "v.x"});
        return "(has(" + field + ") && " + field + one_of({" == ", " != ", " < ", " >= "}) + leaf() + ")";
      }
      case 22: {
        const auto place = one_of({"a.n", "a.nil", "a.none", "a.m.x", "v", "i", "a"});
        return "(" + place + " != null && " + place + one_of({" == ", " != ", " < ", " >= "}) + leaf() + ")";
      }
      case 23: return one_of({"type", "string", "int", "double", "dyn", "-", "bool"}) + "(" + sub() + ")";
      case 24:
        return "string(" + sub() + ")" + one_of({".contains(", ".startsWith(", ".endsWith(", ".matches("}) +
               one_of({"'x'", "'1'", "''", "a.s", "string(v)"}) + ")";
      case 25: return "(" + leaf() + " in " + sub() + ")";
      case 26: return list() + one_of({".size()", ".sum()", ".distinct()", ".sort()", ".flatten()", "[0]"});
      case 27:
        return "string(" + sub() + ")" +
               one_of({".replace('1', 'x')", ".replace('', '-')", ".replace(a.s, 'yy', 2)", ".split('1').join('+')",
                       ".lastIndexOf('1')", ".indexOf(string(v))"});
      case 28: {
        const auto pattern = one_of({"'[0-9]+'", "'(x)|[0-9]'", "r'(1[^x]*x)|1'", "''", "'x*'", "string(v)"});
        const auto text = "string(" + sub() + "), " + pattern;
        if (choose_(2) == 0) return "regex.extractAll(" + text + ")";
        if (choose_(3) == 0) return "regex.extract(" + text + ").orValue('none')";
        return "regex.replace(" + text + one_of({", 'y')", ", '<\\\\0>')", ", '', 1)", ", a.s)"});
      }
      case 30: {
        const auto left = moment();
        return "(" + left + one_of({" + ", " - ", " * ", " / "}) + moment() + ")";
      }
      case 31: {
        const auto left = moment();
        return "(" + left + one_of({" == ", " != ", " < ", " <= ", " > ", " >= "}) + moment() + ")";
      }
      case 32:
        return moment() +
               one_of({".getFullYear()", ".getMonth()", ".getDayOfWeek()", ".getDayOfYear()", ".getDate()",
                       ".getHours()", ".getMilliseconds()", ".getHours('Europe/Paris')", ".getDate('-08:00')"});
      case 33:
        return moment() + one_of({".addDays(1)", ".addMonths(-1)", ".addYears(4)", ".round(1)", ".round(0, 'down')",
                                  ".scale()", ".abs()"});
      case 34: {
        const auto made = one_of({"string", "int", "double", "date", "timestamp", "duration", "decimal", "type"});
        return made + "(" + (choose_(2) == 0 ? moment() : sub()) + ")";
      }
      case 35: {
        const auto first = moment();
        const auto both = "[" + first + ", " + moment() + "]";
        return both +
               one_of({".sort()", ".distinct()", ".sum()", "[0]", "[1]", ".map(v, v == a.day)", ".all(v, v != i)"});
      }
      default: return "(" + sub() + ")[" + sub() + "]";
    }
  }

  // JSON: an object with some of the fields that the expressions read, of any kind.
  std::string document() {
    if (words_ == Words::declared) return declared_document();
    std::string out =
        R"({"l":[)" + value(1) + "," + value(1) + "," + value(1) + R"(],"ll":[[)" + value(0) + "],[" + value(0) + "]]";
    for (const auto* name : {"n", "s", "d", "t", "big", "nil"})
      if (choose_(8) != 0) out += ",\"" + std::string(name) + "\":" + value(1);
    out += R"(,"m":{"k":)" + value(0) + (choose_(4) == 0 ? "" : ",\"x\":" + value(1)) + "}";
    if (words_ == Words::moments)
      out += ",\"day\":" + any_text(day()) + ",\"at\":" + any_text(instant()) + ",\"days\":[" + day() + "," +
             any_text(day()) + "],\"span\":" + any_text(span()) + ",\"price\":" + any_text(price());
    return out + "}";
  }

 private:
  std::string declared_document() {
    const auto whole = [&] { return one_of({"0", "1", "-1", "3", "1.0", "9007199254740993", "18446744073709551615"}); };
    const auto number = [&] { return one_of({"0", "1", "-1", "2.5", "1.0", "1e300"}); };
    std::string out = R"({"l":[)" + whole() + ",";
    out += whole() + R"(],"ll":[[)" + number() + "],[";
    out += number() + "]]";
    const auto field = [&](const char* name, const std::string& text) {
      if (choose_(8) != 0) out += ",\"" + std::string(name) + "\":" + text;
    };
    field("n", whole());
    field("big", whole());
    field("d", number());
    field("s", one_of({"\"\"", "\"x\"", "\"k\""}));
    field("t", one_of({"true", "false"}));
    field("nil", value(1));
    field("day", day());
    field("at", instant());
    const auto first = day();
    field("days", "[" + first + "," + day() + "]");
    field("span", span());
    field("price", price());
    out += R"(,"m":{"k":"v")" + (choose_(4) == 0 ? std::string() : ",\"x\":" + number()) + "}}";
    return out;
  }
  std::string day() { return one_of({"\"2024-02-29\"", "\"1999-12-31\"", "\"2024-03-01\"", "\"soon\""}); }
  std::string instant() {
    return one_of({"\"2024-02-29T23:59:59.5Z\"", "\"1969-12-31T23:00:00+02:00\"", "\"1970-01-01T00:00:00Z\"",
                   "\"2024-02-30T00:00:00Z\""});
  }
  std::string span() { return one_of({"\"1h30m\"", "\"-0.5s\"", "\"90m\"", "\"long\""}); }
  std::string price() { return one_of({"\"19.99\"", "\"-0.10\"", "\"2.0\"", "\"dear\""}); }
  // The text, or now and then something else.
  std::string any_text(const std::string& text) { return choose_(4) == 0 ? value(0) : text; }
  // A date, timestamp, duration or decimal, made here or of what the document says.
  std::string moment() {
    return one_of({"date('2024-02-29')",
                   "date('1999-12-31')",
                   "timestamp('2024-02-29T23:59:59.5Z')",
                   "timestamp(0)",
                   "timestamp(date('2024-03-01'))",
                   "duration('1h30m')",
                   "duration('-0.5s')",
                   "duration('100000h')",
                   "decimal('19.99')",
                   "decimal('2')",
                   "decimal('2.0')",
                   "decimal('-0.10')",
                   "decimal('0')",
                   "decimal('99999999999999999999999999999999999999')",
                   "date(a.day)",
                   "timestamp(a.at)",
                   "duration(a.span)",
                   "decimal(a.price)",
                   "decimal(a.n)",
                   "a.day",
                   "a.at",
                   "a.days[0]"});
  }
  // Mostly an optional.
  std::string optional(int depth) {
    const auto sub = [&] { return expression(depth - 1); };
    switch (choose_(9)) {
      case 0: return "optional.of(" + sub() + ")";
      case 1: return "optional.ofNonZeroValue(" + sub() + ")";
      case 2: return "(" + sub() + ")" + one_of({".?x", ".?k", ".?none", ".?day"});
      case 3: return "(" + sub() + ")[?" + sub() + "]";
      case 4: return list() + one_of({".first()", ".last()", "[?0]", "[?v]", "[?'x']"});
      case 5: return "optional.of(" + sub() + ").optMap(v, " + sub() + ")";
      case 6: return "a.?m.optFlatMap(v, v.?x)";
      case 7:
        return one_of({"a.?day", "a.?days[0]", "a.days[?1]", "a.?at", "a.?price", "a.?l[?1]", "a.?ll[0][0]",
                       "a.?none[0]", "a.m.?x", "a.?m.x", "a.?s.x"});
      default: return one_of({"optional.none()", "a.?n", "a.?none", "a.?none.x", "a.?m.?none", "a.?nil"});
    }
  }
  std::string optional_use(int depth) {
    auto first = optional(depth);
    switch (choose_(9)) {
      case 0: return first + ".hasValue()";
      case 1: return first + ".value()";
      case 2: return first + ".orValue(" + expression(depth - 1) + ")";
      case 3: return first + ".or(" + optional(depth) + ")";
      case 4: return "[1, ?" + first + ", " + leaf() + "]";
      case 5: return "{?'x': " + first + ", 'k': " + leaf() + "}";
      case 6: return "optional.unwrap([" + first + ", optional.none()])";
      case 7: return "(" + first + one_of({" == ", " != "}) + optional(depth) + ")";
      default: return first;
    }
  }
  std::string number(int depth) {
    if (choose_(4) == 0) return expression(depth - 1);
    return one_of({"1",
                   "-7",
                   "3u",
                   "0",
                   "1.5",
                   "-2.5",
                   "0.5",
                   "-0.0",
                   "2.0",
                   "1e300",
                   "4503599627370497.5",
                   "a.n",
                   "a.d",
                   "a.big",
                   "a.m.x",
                   "v",
                   "9223372036854775807",
                   "(-9223372036854775807 - 1)",
                   "18446744073709551615u",
                   "double('NaN')",
                   "double('-inf')"});
  }
  std::string text(int depth) {
    if (choose_(4) == 0) return "string(" + expression(depth - 1) + ")";
    return one_of({"'tacocat'", "''", "'h\u00e9llo w\u00f6rld'", "'ABCxyz[`{@'", "' \\u00a0\\t a b\\u3000'",
                   "'a,b,,c,'", "'aaaa'", "a.s", "a.m.k", "i", "a.day"});
  }
  std::string part() { return one_of({"'a'", "''", "','", "'\u00f6'", "'aa'", "'co'", "a.s", "a.m.k"}); }
  std::string place() { return one_of({"0", "1", "2", "-1", "5", "7", "100", "a.n", "v", "1u"}); }
  // Few or many values, several of which are equal across the kinds.
  std::string set() {
    if (choose_(4) == 0) return list();
    std::string out = "dyn([";
    for (auto left = choose_(10); left > 0; --left)
      out += one_of({"1",
                     "1u",
                     "1.0",
                     "decimal('1')",
                     "decimal('1.00')",
                     "2",
                     "2.5",
                     "decimal('2.5')",
                     "a.n",
                     "a.d",
                     "9007199254740993",
                     "9007199254740992.0",
                     "'x'",
                     "[1]",
                     "[1.0]",
                     "[decimal('1')]",
                     "v",
                     "null",
                     "{'x': 1}",
                     "{'x': 1u}",
                     "double('NaN')",
                     "optional.of(1)"}) +
             (left > 1 ? ", " : "");
    return out + "])";
  }
  std::string function_use(int depth) {
    const auto of = [&](const std::string& argument) { return "(" + argument + ")"; };
    switch (choose_(12)) {
      case 0: {
        const auto function = one_of({"math.ceil", "math.floor", "math.round", "math.trunc", "math.abs", "math.sign",
                                      "math.isNaN", "math.isInf", "math.isFinite", "math.sqrt", "math.bitNot"});
        return function + of(number(depth));
      }
      case 1: {
        const auto function = one_of({"math.greatest", "math.least"});
        const auto first = number(depth);
        if (choose_(3) == 0) return function + of(list());
        const auto both = first + ", " + number(depth);
        return function + of(choose_(2) == 0 ? both : both + ", " + number(depth));
      }
      case 2: {
        const auto function =
            one_of({"math.bitAnd", "math.bitOr", "math.bitXor", "math.bitShiftLeft", "math.bitShiftRight"});
        const auto first = number(depth);
        return function + of(first + ", " + number(depth));
      }
      case 3: return text(depth) + one_of({".lowerAscii()", ".upperAscii()", ".trim()", ".reverse()", ".size()"});
      case 4: {
        const auto where = text(depth);
        const auto function = one_of({".contains", ".startsWith", ".endsWith", ".indexOf", ".lastIndexOf", ".split"});
        return where + function + of(part());
      }
      case 5: {
        const auto where = text(depth) + one_of({".indexOf", ".lastIndexOf", ".split"});
        const auto what = part();
        return where + of(what + ", " + place());
      }
      case 6: return text(depth) + one_of({".charAt", ".substring"}) + of(place());
      case 7: {
        const auto where = text(depth) + ".substring";
        const auto from = place();
        return where + of(from + ", " + place());
      }
      case 8: {
        const auto where = text(depth) + ".replace";
        const auto what = part();
        const auto both = what + ", " + part();
        return where + of(choose_(2) == 0 ? both : both + ", " + place());
      }
      case 9: {
        const auto pieces = text(depth) + ".split(',')";
        return (choose_(2) == 0 ? pieces : list()) + ".join" + of(choose_(3) == 0 ? "" : part());
      }
      case 10: {
        const auto function = one_of({"sets.contains", "sets.intersects", "sets.equivalent"});
        const auto first = set();
        return function + of(first + ", " + set());
      }
      default: {
        const auto from = set();
        const auto begin = place();
        switch (choose_(6)) {
          case 0: return from + ".slice" + of(begin + ", " + place());
          case 1: return from + ".flatten" + of(choose_(2) == 0 ? "" : begin);
          case 2: return "lists.range" + of(begin);
          case 3: return "(" + leaf() + " in " + from + ")";
          default: return from + one_of({".distinct()", ".reverse()", ".first()", ".last()"});
        }
      }
    }
  }
  std::string binary(int depth, std::initializer_list<const char*> operators) {
    auto left = expression(depth - 1);
    auto between = one_of(operators);
    return "(" + left + between + expression(depth - 1) + ")";
  }
  std::string one_of(std::initializer_list<const char*> texts) {
    return texts.begin()[choose_(static_cast<unsigned>(texts.size()))];
  }
  std::string list() {
    if (words_ != Words::plain && choose_(3) == 0)
      return one_of({"a.days", "[date('2024-02-29'), date('1999-12-31')]", "[decimal('2'), decimal('19.99')]",
                     "[duration('90m'), duration('1h30m')]", "[timestamp(0), timestamp(a.at)]"});
    return one_of({"a.l", "a.ll[0]", "[1, 2u, 3.5]", "a.m", "[]", "['x', 'y']"});
  }
  std::string leaf() {
    if (words_ != Words::plain && choose_(4) == 0) return moment();
    return one_of({"1",    "0", "-1",  "2u",   "1.5", "0.0", "'x'", "''",  "b'x'",  "true",   "false",
                   "null", "a", "a.n", "a.s",  "a.d", "a.t", "a.l", "a.m", "a.m.x", "a.none", "9223372036854775807",
                   "v",    "i", "'k'", "a.big"});
  }
  std::string value(int depth) {
    const auto kind = choose_(depth > 0 ? 16 : 14);
    if (kind == 14) return "[" + value(depth - 1) + "]";
    if (kind == 15) return R"({"x":)" + value(depth - 1) + "}";
    constexpr const char* scalars[] = {
        "0",    "1",    "-1",    "2.5",   "1.0",  "9007199254740993", "18446744073709551615", "true", "false",
        "null", "\"\"", "\"x\"", "\"k\"", "1e300"};
    return scalars[kind];
  }

  Choose choose_;
  Words words_;
};

}  // namespace cel_reference
