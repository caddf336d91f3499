// order.cpp: dependencies are read off the texts: an identifier that is a step's name. A comprehension variable of the
// same name counts too; at worst a circle is told that is none, and another name helps.
#include "ruleset/order.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace socle::rules {
namespace {

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

template <class Use>
void identifiers(std::string_view text, Use use) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'' || c == '"') {
      const char quote = c;
      for (++i; i < text.size() && text[i] != quote; ++i)
        if (text[i] == '\\') ++i;
      ++i;
      continue;
    }
    if (!is_name(c)) {
      ++i;
      continue;
    }
    auto end = i;
    while (end < text.size() && is_name(text[end])) ++end;
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

bool mentions(std::string_view text, std::string_view name) {
  bool found = false;
  identifiers(text, [&](std::string_view one) { found = found || one == name; });
  return found;
}

StepOrder order_steps(json::View steps, const std::vector<std::string>& names) {
  std::map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < names.size(); ++i) known.emplace(names[i], i);
  std::vector<std::set<std::size_t>> needs(names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    texts(steps.at(i), [&](std::string_view text) {
      identifiers(text, [&](std::string_view name) {
        if (const auto at = known.find(name); at != known.end()) needs[i].insert(at->second);
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
