// cells_report.hpp: the cells of a generation in the JSON that operators get: whose they are, how often they died, what
// memory their processes hold.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "cell/process/memory_use.hpp"
#include "lifecycle/generation_record.hpp"
#include "lifecycle/json_text.hpp"

namespace socle::lifecycle {

using Processes = std::map<pid_t, cell::MemoryUse>;  // those that could be looked into

// Both: under the lifecycle's lock. Between them cell::memory_use(), which takes its time, without it.
void add_cell_pids(const GenerationRecord& record, std::vector<pid_t>& pids);
// What the cells that run hold together; nothing when none runs, or when one of them could not be looked into: the rest
// would look like a total.
[[nodiscard]] std::optional<cell::MemoryUse> total_use(const std::vector<cell::CellFacts>& cells,
                                                       const Processes& processes);
// With the generation's own `crashes`, `restarts` and, for home cell, memory; null where it is not known.
void write_cells(JsonText& json, const GenerationRecord& record, const Processes& processes);

}  // namespace socle::lifecycle
