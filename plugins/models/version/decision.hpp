// decision.hpp: which version a change of a model becomes, and whether it keeps the promise its author declared under
// `compatibility`. Pure; schemas are compared by Socle::schema. Offload thread (comparing may take milliseconds).
//
//   relation of the schemas      level   BACKWARD  FORWARD  FULL   NONE
//   equal, or no schema          patch   kept      kept     kept   kept
//   both ways                    minor   kept      kept     kept   kept
//   new reads old                minor   kept      broken   broken kept
//   old reads new                minor*  broken    kept     broken kept     *major where FORWARD is not the promise
//   neither                      major   broken    broken   broken kept
// *_TRANSITIVE holds against every version of the same major, not only the one before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "socle/json/view.hpp"
#include "socle/result.hpp"
#include "version/version.hpp"

namespace socle::models {

struct Promise {
  enum class Direction : std::uint8_t { none, backward, forward, full };
  Direction direction = Direction::backward;  // when a model declares none
  bool transitive = false;
};
[[nodiscard]] std::optional<Promise> parse_promise(std::string_view text);
[[nodiscard]] std::string to_string(const Promise& promise);
inline constexpr std::string_view known_promises =
    "NONE, BACKWARD, FORWARD, FULL, BACKWARD_TRANSITIVE, FORWARD_TRANSITIVE or FULL_TRANSITIVE";

// An earlier version to be held against: the one served first, then, for a transitive promise, the others of its major.
struct Earlier {
  Version version;
  json::View schema;  // absent: the kind has none
};

struct Decision {
  Level level = Level::patch;
  std::string relation;             // "equal", "both", "backward", "forward", "none"
  std::vector<std::string> broken;  // one line each, what breaks the promise; empty: kept
};
// Code::invalid: `schema` is none.
[[nodiscard]] Result<Decision> decide(const Promise& promise, const std::vector<Earlier>& earlier, json::View schema);

// The number the new version gets. `asked`: "", "patch", "minor", "major" (any case), or a whole version. `known`: all
// that exist. Code::invalid: no such request; Code::conflict: it exists, or is lower than the change demands.
struct Numbering {
  std::optional<Version> active;
  std::vector<Version> known;
  Level level = Level::patch;
  std::string_view asked;
};
[[nodiscard]] Result<Version> number(const Numbering& request);
// Whether `asked` allows a breaking change: "major", or a version of a higher major than the active one.
[[nodiscard]] bool asks_major(std::string_view asked, const std::optional<Version>& active);

}  // namespace socle::models
