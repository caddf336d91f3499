// head.hpp: the head of a model: the one document whose replacement is a publish, a rollback or the end of a canary. It
// says which versions exist and which are served. Plain values and their JSON, any thread.
//
//   {"of":"head:rules","kind","name","active":V|null,"previous":V|null,"canary":{…}?,"building":{…}?,
//    "versions":[{…}],"events":N}
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/view.hpp"
#include "socle/json/writer.hpp"
#include "version/version.hpp"

namespace socle::models {

inline constexpr std::size_t max_versions = 256;  // listed in a head; older ones stay stored and addressable

struct VersionFacts {
  std::string version, hash, at, by;
  std::string level, relation, promise;  // how it came to be: "minor", "backward", "BACKWARD"
  bool serving = false;                  // replaced by a new major while data of it is not migrated
  bool withdrawn = false;  // a canary sent back, a build that failed, or rolled back from: met by its number only
};

struct CanaryFacts {
  std::string version, hash, by;
  std::uint32_t weight = 0;                   // of 10,000
  std::int64_t started_ms = 0, until_ms = 0;  // Unix epoch
};

// A version that waits for its indexes; then it is activated.
struct BuildingFacts {
  std::string version, hash, by;
};

struct Head {
  std::string kind, name;
  std::string active, previous;  // versions; "" = none
  std::optional<CanaryFacts> canary;
  std::optional<BuildingFacts> building;
  std::vector<VersionFacts> versions;  // oldest first
  std::uint64_t events = 0;            // history entries so far

  [[nodiscard]] const VersionFacts* find(std::string_view version) const;
  VersionFacts* find(std::string_view version);
  // What a selector names: the active version if it fits, else the newest that does; nullptr when none does. What was
  // never served, or is withdrawn, is named by its whole number only.
  [[nodiscard]] const VersionFacts* newest(const Selector& selector) const;
  [[nodiscard]] const VersionFacts* serving_version() const { return find(active); }
  // What a change is measured against: the active version; of a retired model the last one that was.
  [[nodiscard]] const std::string& baseline() const { return active.empty() ? previous : active; }
  [[nodiscard]] bool retired() const { return active.empty() && !previous.empty(); }
  [[nodiscard]] std::vector<Version> numbers() const;
  // "active", "canary", "building", "serving" (an older major with data), "withdrawn" or "old".
  [[nodiscard]] std::string_view state_of(const VersionFacts& facts) const;
  // Lists one more; the oldest that nobody needs is forgotten beyond max_versions.
  void add(VersionFacts facts);
};

void write(json::Writer& out, const Head& head);
[[nodiscard]] Head read_head(json::View document);

// For answers: {"version","hash","state","at","by","level","relation","compatibility"}.
void write_facts(json::Writer& out, const Head& head, const VersionFacts& facts);

}  // namespace socle::models
