// cell/link/cell.hpp: one cell of a generation (of several: cells.hpp) over all its lives: starts the process, hears of
// its death, starts it again after a pause, and ends it. A thread of its own (the keeper) does what takes time; the
// calls are the pairs'.
//
//   start() ─▶ serving ──death──▶ down ──pause──▶ starting (create, START) ──▶ serving …        end(): from anywhere
//
// While it is down, calls wait in the pairs until their deadlines.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bus/bus.hpp"
#include "cell/link/pair.hpp"
#include "cell/link/process.hpp"
#include "cell/ring/boot_text.hpp"
#include "crash/restart_policy.hpp"
#include "telemetry/line_limit.hpp"

namespace socle::cell {

// Whose calls share a cell.
enum class Sharing { shared, per_plan, per_tenant };

struct CellSpec {
  BootText text;
  std::string library;  // absolute path of the generation's own copy
  Spawn spawn;
  std::chrono::nanoseconds start_timeout{10'000'000'000};
  std::chrono::nanoseconds stop_timeout{5'000'000'000};
  std::chrono::nanoseconds hang{1'000'000'000};  // killed when it takes no message for so long
  // More deaths than `count` pause it for `per`, so that a plugin that cannot live costs next to nothing and still
  // comes back by itself.
  crash::RestartTerms restart{std::chrono::milliseconds(100), std::chrono::seconds(10), 5, std::chrono::seconds(60)};
  Sharing sharing = Sharing::shared;
  std::size_t most_own = 64;                               // cells of plans or tenants
  std::chrono::nanoseconds idle{std::chrono::minutes(5)};  // one of those that had nothing to do for so long is ended
};

// For people: `socle plugin show`.
struct CellFacts {
  std::string owner;  // the tenant or plan whose own it is; "": all share it
  std::string state;  // "serving", "starting", "down", "leaving"
  pid_t pid = 0;
  std::uint64_t deaths = 0;
  std::string last_death;
  std::size_t in_flight = 0;
  std::chrono::nanoseconds idle{0};
};

class Cell : public std::enable_shared_from_this<Cell> {
 public:
  Cell(bus::Bus& bus, bus::Generation& generation, std::shared_ptr<const CellSpec> spec, std::string owner = {});
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  // Starts the process and waits until the instance is made. Not on a worker.
  Status start();
  // The same in the background, START included; calls wait meanwhile. Throws std::system_error where no thread can be
  // had.
  void start_later();
  // A hook that no bus frame stands for; at most one of a kind at a time. A cell that does not live answers at once.
  using HookAnswer = std::pair<socle_status, std::string>;
  std::future<HookAnswer> ask_hook(std::uint32_t method);
  // Ends the process, kindly if it listens, and answers what is left. Not on a worker; afterwards nothing of it is on
  // any worker. Idempotent.
  void end();
  // The beginning of end(), which does not wait, and a wait for what it asked.
  void ask_to_end();
  void await_gone(std::chrono::steady_clock::time_point until);
  // Kills the process; it is not started again.
  void kill();
  [[nodiscard]] CellFacts facts() const;
  [[nodiscard]] const std::string& owner() const { return owner_; }
  [[nodiscard]] std::size_t in_flight() const;          // any thread, as the next three
  [[nodiscard]] std::chrono::nanoseconds idle() const;  // 0 while it works
  // It gets no further calls.
  void set_leaving() { leaving_.store(true, std::memory_order_release); }
  [[nodiscard]] bool leaving() const { return leaving_.load(std::memory_order_acquire); }

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
  // One more line for the log? What was dropped is told with the next line that is let through.
  [[nodiscard]] bool may_log();

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
  [[nodiscard]] std::string who() const;
  [[nodiscard]] std::int64_t pause_after_death();  // REQUIRES: mutex_
  // On each pair's worker, then `then` on the last of them. Returns at once.
  void on_pairs(const std::function<void(Pair&)>& fn, std::function<void()> then);
  void watch(std::shared_ptr<Session> session, std::uint64_t life);
  void died(std::uint64_t life);
  void bury(std::uint64_t life, LastWork work);
  void tell_pause(std::int64_t until);
  void beat();
  void write_epitaphs(std::unique_lock<std::mutex>& lock);

  bus::Bus& bus_;
  bus::Generation& generation_;
  const std::shared_ptr<const CellSpec> spec_;
  const std::string owner_;
  const std::int64_t made_at_;
  std::atomic<bool> leaving_{false};
  bus::Generation wires_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::thread keeper_;
  std::uint64_t pidfd_watch_ = 0;  // worker 0's, as the next two
  std::uint64_t beat_timer_ = 0;
  bool asked_beat_ = false;
  std::uint32_t beats_ = 0;  // of them, asked or not
  std::mutex log_mutex_;
  telemetry::LineLimit log_;  // guarded by log_mutex_

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
  crash::RestartPolicy restart_;
  std::uint64_t deaths_ = 0;
  std::string last_death_;
  std::uint32_t hooks_ = 0;  // asked by ask_hook()
};

}  // namespace socle::cell
