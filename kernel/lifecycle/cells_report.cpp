#include "lifecycle/cells_report.hpp"

#include <chrono>
#include <optional>

#include "manifest/choices.hpp"

namespace socle::lifecycle {
namespace {

void write_use(JsonText& json, const std::optional<cell::MemoryUse>& use) {
  const auto part = [&](std::string_view key, uint64_t cell::MemoryUse::*what) {
    use ? json.number(key, (*use).*what) : json.raw(key, "null");
  };
  part("memory_bytes", &cell::MemoryUse::mapped);
  part("resident_bytes", &cell::MemoryUse::resident);
  part("pss_bytes", &cell::MemoryUse::share);
}

}  // namespace

void add_cell_pids(const GenerationRecord& r, std::vector<pid_t>& pids) {
  if (r.link == nullptr || r.state == State::unmapped) return;
  for (const cell::CellFacts& c : r.link->facts()) {
    if (c.pid > 0) pids.push_back(c.pid);
  }
}

std::optional<cell::MemoryUse> total_use(const std::vector<cell::CellFacts>& cells, const Processes& processes) {
  std::optional<cell::MemoryUse> sum;
  for (const cell::CellFacts& c : cells) {
    if (c.pid <= 0) continue;
    const auto process = processes.find(c.pid);
    if (process == processes.end()) return std::nullopt;
    if (!sum) sum.emplace();
    *sum += process->second;
  }
  return sum;
}

// Of a generation in the kernel's process there is nothing to tell: it does not outlive a crash.
void write_cells(JsonText& json, const GenerationRecord& r, const Processes& processes) {
  const auto cells = r.link != nullptr ? r.link->facts() : std::vector<cell::CellFacts>{};
  uint64_t deaths = r.link != nullptr ? r.link->past_deaths() : 0;
  json.begin_array("cells");
  for (const cell::CellFacts& c : cells) {
    deaths += c.deaths;
    json.begin_object().string("of", c.owner).string("state", c.state).number("pid", c.pid);
    json.number("deaths", c.deaths).string("last_death", c.last_death).number("in_flight", c.in_flight);
    std::optional<cell::MemoryUse> use;
    if (const auto process = processes.find(c.pid); process != processes.end()) use = process->second;
    write_use(json, use);
    json.number("idle_ms", std::chrono::duration_cast<std::chrono::milliseconds>(c.idle).count()).end_object();
  }
  json.end_array();
  if (r.package.in_cell()) {
    json.string("cell", manifest::Text<manifest::CellSharing>::print(r.package.entry.cell));
    if (r.package.entry.cell != manifest::CellSharing::shared) json.number("cells_limit", r.package.entry.limits.cells);
    write_use(json, total_use(cells, processes));
  }
  json.number("crashes", deaths).number("restarts", deaths);
}

}  // namespace socle::lifecycle
