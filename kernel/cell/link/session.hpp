// cell/link/session.hpp: one life of a cell as the kernel holds it: the two memories, a lane each way per pair, the
// eventfds and the process. Made on a thread of the link; a pair's lanes are then used by that pair's worker alone.
// It lives until the last pair has let go of it.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "cell/link/process.hpp"
#include "cell/ring/boot_text.hpp"
#include "cell/ring/lane.hpp"
#include "cell/ring/memory.hpp"
#include "socle/result.hpp"

namespace socle::cell {

struct Session {
  // Makes the memories and fills them, and starts the process.
  static Result<std::shared_ptr<Session>> open(const BootText& text, const std::string& library, std::uint32_t pairs,
                                               const Spawn& spawn);

  Session(Memory down_memory, Memory up_memory, Layout down_layout, Layout up_layout);

  Memory down, up;
  base::Fd down_read_only;
  Slab slab;                       // of messages to the cell
  std::deque<Producer> to_cell;    // by pair
  std::deque<Consumer> from_cell;  // by pair
  base::Fd wake_cell;
  std::vector<base::Fd> wake_kernel;
  std::unique_ptr<Process> process;

  void wake() const;
  // Asks the cell's worker to show that it comes round: beats() once it has. Worker 0.
  void ask_beat();
  [[nodiscard]] bool beats() const;
  // Hearsay: the number of the call the cell last entered.
  [[nodiscard]] std::uint64_t last_number() const;

 private:
  std::uint64_t beat_ = 0;
};

}  // namespace socle::cell
