// cell/link/cell.hpp: one cell of a generation over all its lives: starts the process, hears of its death, starts it
// again after a pause, and ends it. A thread of its own (the keeper) does what takes time; the calls are the pairs'.
//
//   start() ─▶ serving ──death──▶ down ──pause──▶ starting (create, START) ──▶ serving …        end(): from anywhere
//
// While it is down, calls wait in the pairs until their deadlines.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bus/bus.hpp"
#include "cell/link/pair.hpp"
#include "cell/link/process.hpp"
#include "cell/link/restart.hpp"
#include "cell/ring/boot_text.hpp"

namespace socle::cell {

struct CellSpec {
  BootText text;
  std::string library;  // absolute path of the generation's own copy
  Spawn spawn;
  std::chrono::nanoseconds start_timeout{10'000'000'000};
  std::chrono::nanoseconds stop_timeout{5'000'000'000};
  std::chrono::nanoseconds hang{1'000'000'000};  // killed when it takes no message for so long
  Restart::Policy restart;
};

// For people: `socle plugin show`.
struct CellFacts {
  std::string state;  // "serving", "starting", "down"
  pid_t pid = 0;
  std::uint64_t deaths = 0;
  std::string last_death;
};

class Cell : public std::enable_shared_from_this<Cell> {
 public:
  Cell(bus::Bus& bus, bus::Generation& generation, std::shared_ptr<const CellSpec> spec);
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  // Starts the process and waits until the instance is made. Not on a worker.
  Status start();
  // The same in the background, START included; calls wait meanwhile.
  void start_later();
  // Ends the process, kindly if it listens, and answers what is left. Not on a worker; afterwards nothing of it is on
  // any worker. Idempotent.
  void end();
  // Kills the process; it is not started again.
  void kill();
  [[nodiscard]] CellFacts facts() const;

  [[nodiscard]] Pair& pair(std::uint32_t index) { return *pairs_[index]; }
  [[nodiscard]] bus::Bus& bus() const { return bus_; }
  [[nodiscard]] bus::Generation& generation() const { return generation_; }
  [[nodiscard]] bus::Generation& wires() {
    return wires_;
  }  // owns the watches: they are the kernel's, not the plugin's

  // -- for the pairs, on workers
  void ready(socle_status status, std::string text);
  // It broke the rules of the ring: it is killed, and restarted like after a crash.
  void misbehaves(std::string_view how);

 private:
  struct Grave {
    std::shared_ptr<Session> session;
    LastWork work;
    std::string misbehaviour;
  };
  void keep();
  Status begin(bool with_start);
  Error stillborn(std::uint64_t life, const std::string& why);
  Status start_hook();
  // On each pair's worker, then `then` on the last of them. Returns at once.
  void on_pairs(const std::function<void(Pair&)>& fn, std::function<void()> then);
  void watch(std::shared_ptr<Session> session, std::uint64_t life);
  void died(std::uint64_t life);
  void bury(std::uint64_t life, LastWork work);
  void beat();
  void write_epitaphs(std::unique_lock<std::mutex>& lock);

  bus::Bus& bus_;
  bus::Generation& generation_;
  const std::shared_ptr<const CellSpec> spec_;
  bus::Generation wires_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::thread keeper_;
  std::uint64_t pidfd_watch_ = 0;  // worker 0's, as the next two
  std::uint64_t beat_timer_ = 0;
  bool asked_beat_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Session> session_;  // guarded by mutex_, as all below; nullptr: none lives
  std::uint64_t life_ = 0;            // of session_, or the last one
  bool serving_ = false;
  bool restarts_ = false;  // it has been well once
  bool stopping_ = false;
  bool ended_ = false;
  std::optional<std::int64_t> due_;  // when the keeper is to start it
  std::optional<socle_status> ready_;
  std::string ready_text_;
  std::string misbehaviour_;
  std::deque<Grave> graves_;
  Restart restart_;
  std::uint64_t deaths_ = 0;
  std::string last_death_;
  std::uint32_t starts_ = 0;  // START hooks asked by the keeper
};

}  // namespace socle::cell
