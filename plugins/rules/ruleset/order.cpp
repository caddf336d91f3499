// order.cpp: dependencies are read off the texts. A quick look finds the names that may be meant; whether one is, the
// parsed expression says. Cells of tables are no expressions (`> limit`, `[low..high]`): for them the look must do.
#include "ruleset/order.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "socle/cel/ast.hpp"
#include "zen/functions.hpp"

namespace socle::rules {
namespace {

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// r'…', b"…" and both.
bool is_prefix(std::string_view word) {
  return word.size() <= 2 && word.find_first_not_of("rRbB") == std::string_view::npos;
}
std::size_t past_quoted(std::string_view text, std::size_t at, bool raw) {
  const char quote = text[at];
  const bool three = at + 2 < text.size() && text[at + 1] == quote && text[at + 2] == quote;
  const std::size_t width = three ? 3 : 1;
  for (at += width; at < text.size(); ++at) {
    if (text[at] == '\\' && !raw)
      ++at;
    else if (text[at] == quote && (!three || text.substr(at, 3) == std::string(3, quote)))
      return at + width;
  }
  return text.size();
}

template <class Use>
void identifiers(std::string_view text, Use use) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'' || c == '"') {
      i = past_quoted(text, i, false);
      continue;
    }
    if (text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (!is_name(c)) {
      ++i;
      continue;
    }
    auto end = i;
    while (end < text.size() && is_name(text[end])) ++end;
    if (end < text.size() && (text[end] == '\'' || text[end] == '"') && is_prefix(text.substr(i, end - i))) {
      i = past_quoted(text, end, text.substr(i, end - i).find_first_of("rR") != std::string_view::npos);
      continue;
    }
    const bool field = i > 0 && (text[i - 1] == '.' || text[i - 1] == '?');
    const bool ranged = i > 1 && text[i - 1] == '.' && text[i - 2] == '.';
    if ((!field || ranged) && (c < '0' || c > '9')) use(text.substr(i, end - i));
    i = end;
  }
}

template <class Use>
void texts(json::View view, Use use) {
  if (view.is_string()) use(view.as_string());
  for (const auto element : view.elements()) texts(element, use);
  for (const auto [key, value] : view.members())
    if (key != "set" && key != "table" && key != "decide" && key != "note" && key != "label" && key != "id" &&
        key != "name")
      texts(value, use);
}

}  // namespace

namespace {
// Whether a name is read that no comprehension around it binds.
bool reads(const cel::Expr& expr, std::string_view name) {
  if (expr.kind == cel::ExprKind::ident) return expr.name == name;
  for (const auto& arg : expr.args)
    if (reads(*arg, name)) return true;
  if (!expr.loop) return false;
  const auto& loop = *expr.loop;
  if (reads(*loop.range, name) || reads(*loop.init, name)) return true;
  if (name == loop.accumulator) return false;
  if (reads(*loop.result, name)) return true;
  if (name == loop.variable || name == loop.variable2) return false;
  return reads(*loop.condition, name) || reads(*loop.step, name);
}
}  // namespace

bool mentions(std::string_view text, std::string_view name) {
  bool found = false;
  identifiers(text, [&](std::string_view one) { found = found || one == name; });
  if (!found) return false;
  const auto ast = zen_environment()->parse(text);
  return !ast || reads(*ast->root, name);
}

StepOrder order_steps(json::View steps, const std::vector<std::string>& names) {
  std::map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < names.size(); ++i) known.emplace(names[i], i);
  std::vector<std::set<std::size_t>> needs(names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    texts(steps.at(i), [&](std::string_view text) {
      identifiers(text, [&](std::string_view name) {
        if (const auto at = known.find(name);
            at != known.end() && !needs[i].contains(at->second) && mentions(text, name))
          needs[i].insert(at->second);
      });
    });
  StepOrder out;
  std::vector<bool> done(names.size(), false);
  while (out.order.size() < names.size()) {
    const auto before = out.order.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (done[i] || std::any_of(needs[i].begin(), needs[i].end(), [&](std::size_t need) { return !done[need]; }))
        continue;
      done[i] = true;
      out.order.push_back(i);
      break;  // from the start again: the written order is kept wherever it can be
    }
    if (out.order.size() != before) continue;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (!done[i]) out.circle.push_back(names[i]);
    return out;
  }
  return out;
}

}  // namespace socle::rules
