// explosions.hpp: expressions built to explode: nested loops, doubling texts and lists, values that share their parts,
// patterns that would backtrack, deep nesting, integer edges and NaN in a loop. For the test that they end when told to
// and the benchmark of what one slice of them costs.
#pragma once

#include <string>
#include <vector>

namespace cel_reference {

inline std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

inline std::vector<std::string> explosions() {
  const std::string range = "lists.range(1000)";
  std::string doubling = "'0123456789abcdef'";
  for (int i = 0; i < 20; ++i) doubling = "cel.bind(s, " + doubling + ", s + s)";
  std::string lists = "[1]";
  for (int i = 0; i < 20; ++i) lists = "cel.bind(l, " + lists + ", l + l)";
  std::string shared = "lists.range(2)";
  for (int i = 0; i < 40; ++i) shared = "cel.bind(s, " + shared + ", [s, s])";
  const std::string nested = range + ".all(a, " + range + ".all(b, " + range + ".all(c, a + b + c >= 0)))";
  // Every match of this pattern looks at all that is left of the text.
  const std::string scans = "r'(a[^b]*b)|a'";
  const std::string text = "'" + repeated("a", 20000) + "'";
  const std::string longer = "cel.bind(t, " + text + ", [t, t, t, t, t, t, t, t, t, t].join())";
  return {
      nested,
      "regex.replace(" + text + ", " + scans + ", 'x').size()",
      "regex.replace(" + longer + ", " + scans + ", 'x').size()",
      "regex.extractAll(" + longer + ", " + scans + ").size()",
      range + ".all(a, regex.replace(" + text + ", 'a', '\\\\0\\\\0').size() > 0)",
      range + ".all(a, " + longer + ".replace('a', 'bcd').size() > 0)",
      range + ".all(a, cel.bind(t, " + longer + ", t.replace(t.substring(1) + 'b', 'x').size() > 0))",
      range + ".all(a, cel.bind(t, " + longer + ", !t.contains(t.substring(0, 100000) + 'b')))",
      range + ".all(a, cel.bind(t, " + longer + ", t.lastIndexOf('b' + t.substring(0, 100000)) < 0))",
      range + ".all(a, " + longer + ".split('a').join('b').size() > 0)",
      range + ".all(a, '%s%s'.format([" + longer + ", " + longer + "]).size() > 0)",
      range + ".map(a, " + range + ".map(b, " + range + ".map(c, a * b * c))).size()",
      range + ".map(a, " + range + ".filter(b, b % 2 == a % 2)).flatten().distinct().size()",
      range + ".all(a, size(" + doubling + ") > 0)",
      "size(" + lists + ") > 0 && " + range + ".all(a, a in (" + lists + ") || true)",
      "cel.bind(v, " + shared + ", v == v)",
      "cel.bind(v, " + shared + ", '%s'.format([v]).size())",
      range + ".map(a, 'x'.replace('', 'abcdefgh')).join('').size() > 0 && " + nested,
      range + ".all(a, '" + repeated("a", 2000) + "!'.matches('(a+)+$') || true)",
      range + ".all(a, '" + repeated("ab", 1000) + "'.matches('(' + string(a) + '|a|b|ab)*c') || true)",
      range + ".sortBy(a, -a).map(a, " + range + ".sort()).size()",
      range + ".all(a, sets.equivalent(" + range + ", " + range + "))",
      range + ".all(a, math.sqrt(-1.0) != 0.0 && 9223372036854775807 - a > 0 && " + range +
          ".exists(b, b == 1000) || true)",
      "{'a': " + range + "}.transformMap(k, v, v.map(x, v.map(y, x + y))).size()",
      "dyn(" + repeated("[", 100) + "1" + repeated("]", 100) + ") == [1] || " + nested,
      range + ".transformMapEntry(i, v, {string(i) + '" + repeated("k", 500) + "': " + range + "}).size()",
      range + ".all(a, cel.bind(t, " + longer + ", strings.quote(t.reverse() + ' '.replace('', t)).size() > 0))",
      range + ".all(a, cel.bind(t, bytes(" + longer + "), base64.decode(base64.encode(t)) == t))",
      range + ".all(a, '%x'.format([" + longer + "]).upperAscii().size() > 0)",
      range + ".all(a, (" + longer + ".replace('a', ' ') + 'b' + " + longer + ".replace('a', ' ')).trim() == 'b')",
      range + ".all(a, timestamp(a).getHours('No/' + string(a)) > 0 || a >= 0)",
      range + ".all(a, '%s'.format([" + range + ".transformMapEntry(i, v, {string(v): i})]) != '')",
  };
}

}  // namespace cel_reference
