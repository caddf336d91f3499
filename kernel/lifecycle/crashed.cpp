// crashed.cpp: what becomes of plugins that have crashed the kernel's process (crash/record.hpp). Boot asks, on the
// main thread, before it changes anything.
#include <algorithm>

#include "crash/record.hpp"
#include "lifecycle/lifecycle.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

void kept_out(const Package& p, const std::string& reason) {
  telemetry::Log::get().write(telemetry::Level::error, "a plugin is kept out of this start",
                              {{"plugin", p.manifest->plugin}, {"reason", reason}});
}

// Some service it requires is provided by none of the set.
bool lacks_something(const Package& p, const std::vector<Package>& set) {
  return std::any_of(p.manifest->requires_.begin(), p.manifest->requires_.end(), [&set](const auto& need) {
    const auto provides = [&need](const Package& q) { return q.manifest->find_service(need.service) != nullptr; };
    return !need.optional && std::none_of(set.begin(), set.end(), provides);
  });
}

}  // namespace

// false: it has crashed the kernel's process too often and has no other home. What serves a listener or owns resident
// handles has to stay.
bool Lifecycle::leave_kernel(Package& p, uint32_t crashes) const {
  if (crashes < crash::crashes_before_cell || p.in_cell()) return true;
  const auto say = [&](std::string_view text) {
    telemetry::Log::get().write(telemetry::Level::warn, text,
                                {{"plugin", p.manifest->plugin}, {"crashes", std::to_string(crashes)}});
  };
  if (!p.entry.listen.empty() || !p.manifest->resident_handles.empty()) {
    say("a plugin that has crashed the kernel serves a listener or owns handles, and so stays in its process");
    return true;
  }
  manifest::PluginEntry entry = p.entry;
  entry.home = manifest::Home::cell;
  if (auto possible = check_home(*p.manifest, entry); !possible) {
    kept_out(p, "version " + to_string(p.manifest->version) + " has crashed the kernel's process " +
                    std::to_string(crashes) + " times; " + possible.error().message);
    return false;
  }
  p.entry = std::move(entry);
  say("a plugin that has crashed the kernel runs in a cell");
  return true;
}

// A version that has crashed the kernel's process twice leaves it: for a cell, or, where that is not possible, out of
// the set, with all that cannot be without it.
void Lifecycle::settle_crashed(std::vector<Package>& set) const {
  const auto record = crash::Record::open(system().data);
  std::vector<Package> kept;
  for (Package& p : set) {
    if (leave_kernel(p, record.crashes(p.manifest->plugin, to_string(p.manifest->version)))) kept.push_back(p);
  }
  const bool all = kept.size() == set.size();
  set = std::move(kept);
  while (!all) {
    const auto lacking =
        std::find_if(set.begin(), set.end(), [&](const Package& p) { return lacks_something(p, set); });
    if (lacking == set.end()) return;
    kept_out(*lacking, "it requires a service of a plugin that is kept out");
    set.erase(lacking);
  }
}

}  // namespace socle::lifecycle
