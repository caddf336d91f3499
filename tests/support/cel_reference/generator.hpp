// generator.hpp: expressions and documents made of choices, for differential tests: a seeded source of random numbers
// chooses in the unit test, the fuzzer's bytes in fuzz_cel_difference. The expressions read `a` (a document of
// document()), `v` and `i`; most of them err somewhere, which is a result like any other.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

namespace cel_reference {

// `Choose`: unsigned(unsigned n), a number below n.
template <class Choose>
class Generator {
 public:
  explicit Generator(Choose choose) : choose_(std::move(choose)) {}

  std::string expression(int depth) {
    if (depth == 0) return leaf();
    const auto sub = [&] { return expression(depth - 1); };
    switch (choose_(30)) {
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
      default: return "(" + sub() + ")[" + sub() + "]";
    }
  }

  // JSON: an object with some of the fields that the expressions read, of any kind.
  std::string document() {
    std::string out =
        R"({"l":[)" + value(1) + "," + value(1) + "," + value(1) + R"(],"ll":[[)" + value(0) + "],[" + value(0) + "]]";
    for (const auto* name : {"n", "s", "d", "t", "big", "nil"})
      if (choose_(8) != 0) out += ",\"" + std::string(name) + "\":" + value(1);
    out += R"(,"m":{"k":)" + value(0) + (choose_(4) == 0 ? "" : ",\"x\":" + value(1)) + "}}";
    return out;
  }

 private:
  std::string binary(int depth, std::initializer_list<const char*> operators) {
    auto left = expression(depth - 1);
    auto between = one_of(operators);
    return "(" + left + between + expression(depth - 1) + ")";
  }
  std::string one_of(std::initializer_list<const char*> texts) {
    return texts.begin()[choose_(static_cast<unsigned>(texts.size()))];
  }
  std::string list() { return one_of({"a.l", "a.ll[0]", "[1, 2u, 3.5]", "a.m", "[]", "['x', 'y']"}); }
  std::string leaf() {
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
};

}  // namespace cel_reference
