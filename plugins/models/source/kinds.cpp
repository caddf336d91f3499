#include "source/kinds.hpp"

#include <algorithm>
#include <numeric>

#include "socle/json/pointer.hpp"
#include "version/decision.hpp"

namespace socle::models {
namespace {

constexpr std::string_view form_keys[] = {"form", "title", "describe", "schema", "logic", "checks",
                                          "ui",   "index", "unique",   "access", "rules", "compatibility"};
constexpr std::string_view rules_keys[] = {"rules",  "title", "describe",   "input",         "steps",
                                           "output", "tests", "validators", "compatibility", "effective"};
constexpr std::string_view policy_keys[] = {"policy", "title", "describe",     "resources",
                                            "rules",  "tests", "compatibility"};
constexpr std::string_view later_keys[] = {"workflow", "workflows", "tasks", "schedule", "webhooks"};

constexpr Kind all[] = {{"forms", "forms/1", "form", form_keys, later_keys},
                        {"rules", "rules/1", "rules", rules_keys, later_keys},
                        {"policies", "auth/1", "policy", policy_keys, later_keys, "roles:write"}};

// Insertions, deletions, substitutions and exchanges of neighbours (optimal string alignment).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string shown(json::View value) {
  std::string text = json::to_text(value);
  return text.size() <= 60 ? text : text.substr(0, 60) + "…";
}

void check_key(const Kind& kind, std::string_view key, std::vector<Diagnostic>& out) {
  if (contains(kind.keys, key) || out.size() >= max_diagnostics) return;
  std::string pointer = "/";
  json::append_escaped(pointer, key);
  if (contains(kind.later, key)) {
    out.push_back(
        {pointer, "later_part", "'" + std::string(key) + "' belongs to a part that is not there yet; remove it"});
    return;
  }
  const std::string_view near = nearest(key, kind.keys);
  std::string text =
      "a model of kind " + std::string(kind.name) + " has no key '" + std::string(key.substr(0, 60)) + "'";
  text += near.empty() ? std::string("; remove it") : "; did you mean '" + std::string(near) + "'?";
  out.push_back({pointer, "unknown_key", std::move(text)});
}

}  // namespace

std::span<const Kind> kinds() { return all; }

const Kind* find_kind(std::string_view name) {
  const auto* found = std::find_if(std::begin(all), std::end(all), [name](const Kind& k) { return k.name == name; });
  return found == std::end(all) ? nullptr : found;
}

bool is_model_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 64 && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '-' || c == '_' || c == '.'; });
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  if (word.size() > 64) return best;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edits(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

void check_frame(const Kind& kind, std::string_view name, const Source& source, std::vector<Diagnostic>& out) {
  const json::View root = source.root();
  const json::View own = root.find(kind.name_key);
  const std::string pointer = "/" + std::string(kind.name_key);
  if (!own.exists()) {
    out.push_back({pointer, "required",
                   "a model of kind " + std::string(kind.name) + " begins with '" + std::string(kind.name_key) + ": " +
                       std::string(name) + "'"});
  } else if (own.as_string() != name || !own.is_string()) {
    out.push_back(
        {pointer, "name_differs",
         "the model calls itself " + shown(own) + ", the path calls it '" + std::string(name) + "'; make them equal"});
  }
  for (const json::Member& member : root.members()) check_key(kind, member.key, out);
  const json::View promise = root.find("compatibility");
  if (promise.exists() && !parse_promise(promise.as_string()))
    out.push_back({"/compatibility", "bad_value",
                   "compatibility is " + std::string(known_promises) + ", found " + shown(promise)});
}

}  // namespace socle::models
