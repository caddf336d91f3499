#include "version/decision.hpp"

#include <algorithm>

#include "socle/json/compare.hpp"
#include "socle/schema/compatibility.hpp"

namespace socle::models {
namespace {

using Direction = Promise::Direction;
using schema::Compatibility;

bool reads_old(Compatibility c) { return c == Compatibility::both || c == Compatibility::backward; }
bool reads_new(Compatibility c) { return c == Compatibility::both || c == Compatibility::forward; }

bool keeps(Direction direction, Compatibility c) {
  switch (direction) {
    case Direction::none: return true;
    case Direction::backward: return reads_old(c);
    case Direction::forward: return reads_new(c);
    case Direction::full: return c == Compatibility::both;
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::optional<Level> parse_level(std::string_view text) {
  const std::string word = lower(text);
  if (word == "patch") return Level::patch;
  if (word == "minor") return Level::minor;
  if (word == "major") return Level::major;
  return std::nullopt;
}

Result<schema::Schema> compiled(json::View document) {
  auto made = schema::compile(document, {.check_metaschema = false});
  if (!made) return std::move(made).error().context("the schema that decides the version");
  return made;
}

// Against one earlier version; what breaks the promise is added to `broken`.
Result<Compatibility> hold_against(const Earlier& earlier, const schema::Schema& now, Direction direction,
                                   std::vector<std::string>& broken) {
  const auto before = compiled(earlier.schema);
  if (!before) return before.error();
  const auto report = schema::compatibility(*before, now);
  if (keeps(direction, report.compatibility)) return report.compatibility;
  std::size_t told = 0;
  for (const schema::Change& change : report.changes) {
    const bool counts = change.breaks_backward ? direction != Direction::forward : direction != Direction::backward;
    if (!counts || ++told > 20) continue;
    broken.push_back("against " + to_string(earlier.version) + ": " + change.location + ": " + change.message);
  }
  if (told == 0) broken.push_back("against " + to_string(earlier.version) + ": cannot be proven compatible");
  return report.compatibility;
}

}  // namespace

std::optional<Promise> parse_promise(std::string_view text) {
  constexpr std::string_view suffix = "_TRANSITIVE";
  Promise out;
  out.transitive = text.ends_with(suffix);
  if (out.transitive) text.remove_suffix(suffix.size());
  if (text == "BACKWARD") return out;
  out.direction = Direction::forward;
  if (text == "FORWARD") return out;
  out.direction = Direction::full;
  if (text == "FULL") return out;
  out.direction = Direction::none;
  if (text == "NONE" && !out.transitive) return out;
  return std::nullopt;
}

std::string to_string(const Promise& promise) {
  constexpr std::string_view names[] = {"NONE", "BACKWARD", "FORWARD", "FULL"};
  return std::string(names[static_cast<std::size_t>(promise.direction)]) + (promise.transitive ? "_TRANSITIVE" : "");
}

Result<Decision> decide(const Promise& promise, const std::vector<Earlier>& earlier, json::View schema) {
  Decision out;
  out.relation = "equal";
  if (earlier.empty() || !schema.exists()) return out;
  const auto now = compiled(schema);
  if (!now) return now.error();
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (i > 0 && !promise.transitive) break;
    if (!earlier[i].schema.exists()) continue;
    const bool same = json::equal(earlier[i].schema, schema);
    if (same) continue;
    const auto relation = hold_against(earlier[i], *now, promise.direction, out.broken);
    if (!relation) return relation.error();
    if (i > 0) continue;
    out.relation = schema::to_string(*relation);
    const bool forward_is_kept = *relation == Compatibility::forward && promise.direction == Direction::forward;
    out.level = reads_old(*relation) || forward_is_kept ? Level::minor : Level::major;
  }
  if (!out.broken.empty()) out.level = Level::major;
  return out;
}

bool asks_major(std::string_view asked, const std::optional<Version>& active) {
  if (parse_level(asked) == Level::major) return true;
  const auto whole = parse_version(asked);
  return whole && active && whole->major > active->major;
}

Result<Version> number(const Numbering& request) {
  const auto level = parse_level(request.asked);
  const auto whole = parse_version(request.asked);
  if (!request.asked.empty() && !level && !whole)
    return Error{Code::invalid, "version is patch, minor, major or a version such as 2.0.0, found '" +
                                    std::string(request.asked.substr(0, 40)) + "'"};
  const auto exists = [&](const Version& v) {
    return std::find(request.known.begin(), request.known.end(), v) != request.known.end();
  };
  if (!request.active && request.known.empty()) return whole.value_or(Version{1, 0, 0});
  const Version highest = *std::max_element(request.known.begin(), request.known.end());
  const Version active = request.active.value_or(highest);
  // The newest of the active version's major: after a rollback the numbers above it are taken.
  Version line = active;
  for (const Version& v : request.known)
    if (v.major == active.major) line = std::max(line, v);
  const Level needed = level ? std::max(*level, request.level) : request.level;
  const Version least = needed == Level::major ? bumped(highest, needed) : bumped(line, needed);
  if (!whole) return least;
  if (exists(*whole))
    return Error{Code::conflict, "version " + to_string(*whole) + " exists; the next one is " + to_string(least)};
  if (*whole < least)
    return Error{Code::conflict, "version " + to_string(*whole) + " is lower than this change demands: it is " +
                                     std::string(to_string(needed)) + ", so at least " + to_string(least)};
  return *whole;
}

}  // namespace socle::models
