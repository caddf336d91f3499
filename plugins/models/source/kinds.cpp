#include "source/kinds.hpp"

#include <algorithm>

#include "socle/json/nearest.hpp"
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
  const std::string_view near = json::nearest(key, kind.keys);
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
