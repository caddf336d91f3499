// cell/link/cells.hpp: the cells of one generation. One is common to all: it proves that the generation starts, answers
// the hooks and what is nobody's call. With Sharing::per_plan or per_tenant the calls of a plan's tenants, or of one
// tenant, go to a cell of their own, made by the first of them.
//
//   of(context) ─▶ this worker's map ─▶ there, and stays: its pair    (no lock)
//                                   └▶ not there: the list of all, under the lock: found, made, or `cells_exhausted`
//   janitor (a thread of this class): idle too long, tenant gone ─▶ leaving: no worker gives it calls any more
//                                     ─▶ nothing in flight ─▶ STOP, end
//
// At most `most` cells beside the common one, and as many that are leaving. Beyond that the one that was idle for
// longest makes room, when it was idle for a second at least.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cell/link/cell.hpp"

namespace socle::cell {

class Cells {
 public:
  Cells(bus::Bus& bus, bus::Generation& generation, std::shared_ptr<const CellSpec> spec);
  ~Cells();
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  [[nodiscard]] Cell& common() { return *common_; }
  // Worker `index`: the cell of a call's tenant, good for this turn; nullptr: no room for one more.
  Cell* of(std::uint32_t index, const bus::Context& context);
  // Any thread, for calls that are carried to a worker.
  std::shared_ptr<Cell> shared_of(const bus::Context& context, bool hook);
  // Worker `index`: calls fn for each pair of this worker that may hold calls.
  void each_pair(std::uint32_t index, const std::function<void(Pair&)>& fn);
  // Any thread: all of them, the common one first.
  [[nodiscard]] std::vector<std::shared_ptr<Cell>> all() const;

  // The own cells learn that the generation drains. Returns at once.
  void drain();
  // Ends the own cell of a tenant (not that of a plan), if it has one; the error says that it goes on. Not on a worker.
  Status expel(std::string_view tenant);
  // Takes all out of the way: kills them.
  void kill();
  // Ends all, kindly as far as they listen. Not on a worker. Idempotent.
  void end();

 private:
  struct Here {  // of one worker, touched there only
    std::map<std::string, std::shared_ptr<Cell>, std::less<>> by_key;
    std::vector<std::shared_ptr<Cell>> leaving;
  };
  struct Leaving {
    std::shared_ptr<Cell> cell;
    std::int64_t until;  // monotonic: then it is ended whatever it still has in hand
    bool told = false;   // every worker knows
  };
  [[nodiscard]] std::string_view key_of(const bus::Context& context) const;
  std::shared_ptr<Cell> find_or_make(std::string_view key);
  // mutex_ held from here on
  bool make_room();
  void leave(const std::string& key, std::int64_t until);
  void keep_house();
  void sweep(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] std::chrono::nanoseconds look_again() const;

  bus::Bus& bus_;
  bus::Generation& generation_;
  const std::shared_ptr<const CellSpec> spec_;
  const std::shared_ptr<Cell> common_;
  std::vector<Here> here_;  // by worker

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<Cell>, std::less<>> own_;  // guarded by mutex_, as all below
  std::vector<Leaving> leaving_;
  bool ended_ = false;
  std::thread janitor_;  // with the first own cell
};

}  // namespace socle::cell
