// generation_record.hpp: one generation as operators see it: what was loaded, from which bytes, in which state, and why
// it is still mapped. Owned by the Lifecycle; after it is listed, changed only under the Lifecycle's mutex_.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/generation.hpp"
#include "cell/link/link.hpp"
#include "loader/library.hpp"
#include "manifest/plugin_manifest.hpp"
#include "manifest/system_manifest.hpp"

namespace socle::lifecycle {

enum class State { found, verified, loaded, started, active, canary, draining, retired, unmapped, retained };

[[nodiscard]] constexpr std::string_view to_string(State state) {
  constexpr std::string_view names[] = {"found",  "verified", "loaded",  "started",  "active",
                                        "canary", "draining", "retired", "unmapped", "retained"};
  return names[static_cast<size_t>(state)];
}

// What is to run: the manifest, the operator's terms, and the bytes in the content-addressed store.
struct Package {
  std::shared_ptr<const manifest::PluginManifest> manifest;
  std::string manifest_text;
  manifest::PluginEntry entry;   // home, grants, listen, config of the system manifest
  bool granted_by_load = false;  // the operator's `load` granted whatever its manifest asks for
  std::string config;            // JSON object for create()
  std::string sha256;
  std::string signer;  // fingerprint, "" when unsigned
  // Just read and checked: what stage() loads, so that nothing is read and hashed twice. Dropped once it is loaded;
  // absent: the bytes come from the store, checked again.
  std::shared_ptr<const loader::Verified> verified;

  [[nodiscard]] manifest::Home home() const { return entry.home.value_or(manifest::Home::cell); }
  [[nodiscard]] bool in_cell() const { return home() == manifest::Home::cell; }
};

// The same plugin from the same bytes on the same terms: putting one in the other's place would change nothing.
[[nodiscard]] inline bool same_package(const Package& a, const Package& b) {
  return a.sha256 == b.sha256 && a.manifest_text == b.manifest_text && a.config == b.config &&
         a.entry.grants == b.entry.grants && a.entry.listen == b.entry.listen && a.home() == b.home() &&
         a.entry.limits == b.entry.limits && a.entry.cell == b.entry.cell;
}

[[nodiscard]] inline bool puts(const std::vector<Package>& put, const std::string& name) {
  return std::any_of(put.begin(), put.end(), [&](const Package& p) { return p.manifest->plugin == name; });
}

// The name of the plugin whose folder, manifest or library lies at `path`; "": there is no telling. (package.cpp)
[[nodiscard]] std::string plugin_held_at(const std::filesystem::path& path);

// It was put there by follow_directories(), which also takes it away again.
[[nodiscard]] bool dropped_in(const Package& package, const manifest::SystemManifest& system);

// The last answer to HEALTH. A plugin that answers UNSUPPORTED is well.
struct HealthState {
  bool ill = false;
  std::string text;       // what it said, or what went wrong
  int64_t due = 0;        // monotonic: when it is asked next
  int64_t ill_since = 0;  // UTC nanoseconds
};

// How a canary ended.
struct Judged {
  static constexpr std::string_view as_promoted = "promoted", as_reverted = "reverted: ";
  std::string verdict;   // "promoted" or "reverted: WHY"; "" while it runs, and of what was none
  double flip_ms = 0;    // of the routes that ended it
  int64_t errors = 0;    // what the kernel had failed by then in the one that leaves
  bool by_hand = false;  // reverted because an operator wanted so
};

struct GenerationRecord {
  Package package;
  uint64_t seq = 0;
  State state = State::found;
  std::string reason;  // of retained
  std::unique_ptr<bus::Generation> runtime;
  std::optional<loader::Library> library;  // home kernel
  std::unique_ptr<cell::Link> link;        // home cell
  uint16_t abi_minor = 0;                  // of its library
  std::filesystem::path image;             // its own copy, which is what is mapped
  bool stopped = false;                    // STOP and destroy() are behind it: nothing of it runs or waits any more
  int guests = 0;                          // hooks the kernel runs in it beside its routes; the drain waits for them
  HealthState health;
  bool abandoned = false;  // a canary that an operator wants ended; its judge looks before it decides
  Judged judged;
  uint32_t crashes_series = 0;   // socle_plugin_crashes_total of its plugin
  uint64_t crashes_counted = 0;  // deaths of its cells that are in there
  int64_t active_since = 0;      // UTC nanoseconds
  std::chrono::microseconds load_time{}, drain_time{};

  [[nodiscard]] const std::string& name() const { return package.manifest->plugin; }
};

using RecordPtr = std::shared_ptr<GenerationRecord>;

}  // namespace socle::lifecycle
