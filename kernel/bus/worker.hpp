// worker.hpp: one thread of the kernel that serves requests: an epoll loop with the tenants' queues (sched/lane.hpp), a
// timer wheel, an inbox from other threads, the watches of plugins and this worker's view of the routes. A turn is:
// wait for readiness, inbox, timers, then one slice of queued jobs. Every callback starts from an empty stack, so
// "between two turns" no plugin code is on it: that is where snapshots change and drained generations are seen to be
// drained.
//
//   worker.cpp: the loop and its jobs   watches.cpp: timers, watches, connections   leaving.cpp: a generation's end
//   here
//
// Own epoll instead of an Asio loop: docs/decisions/0001-worker-epoll.md.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bus/context.hpp"
#include "bus/frame.hpp"
#include "bus/job.hpp"
#include "bus/payload.hpp"
#include "bus/snapshot.hpp"
#include "sched/lane.hpp"

struct epoll_event;

namespace socle::bus {

class Bus;

struct PluginTimer : TimedNode {
  uint64_t id = 0;
  Payer payer;
  Generation* generation = nullptr;
  socle_event_fn fn = nullptr;
  void* user = nullptr;
};

struct Watch {
  enum class Kind : uint8_t {
    polled,
    always,   // what cannot be polled (a regular file) is ready at any time
    refused,  // it is no descriptor, or watched here already: every wait answers INVALID
  };
  Kind kind = Kind::polled;
  uint64_t id = 0;
  int32_t fd = -1;
  Generation* generation = nullptr;
  uint32_t ready = 0;  // edges seen and not yet waited for
  bool ended = false;  // the peer sends no more: reading is ready for ever
  struct Waiter {
    socle_event_fn fn = nullptr;
    void* user = nullptr;
    Payer payer;
  } read, write;
  sched::Account* payer = nullptr;  // of a connection's; nullptr: who waits
};

// What a generation still has on a worker, for reports: "timer", "watch of fd 12", "call waiting", ...
struct Leftovers {
  std::vector<std::string> items;
  int64_t calls_made = 0;      // of the items: calls it waits for
  int64_t calls_answered = 0;  // of the items: calls and hooks it owes an answer
};

class Worker {
 public:
  Worker(Bus& bus, uint32_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The worker whose thread this is, or nullptr.
  static Worker* current();

  void start();
  void stop();  // ends the loop and joins
  // Gives the thread up: it hangs in plugin code, and ends if that ever returns. The object must live until ended(),
  // for ever if it is detach()ed.
  void abandon();
  // What an ended thread leaves open, after abandon(): its calls' callees and callers, to be settled on `on`.
  void write_off(Worker& on);
  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
  void detach();

  // Any thread. Runs between two turns.
  void post(std::function<void()> work);

  // -- all below: this worker's thread only --------------------------------------------------------------------------
  // To be run when the payer's turn comes.
  void defer(const Job& job, Payer payer);
  void defer(const Job& job) { defer(job, paying()); }
  [[nodiscard]] Payer paying() const {
    return {lane.payer().account.load(std::memory_order_relaxed), lane.work_class, lane.call};
  }
  // The account of a tenant, "~peer/ADDR" or "" (the kernel).
  [[nodiscard]] sched::Account& account(std::string_view name);
  uint64_t timer_start(Generation& g, int64_t delay, socle_event_fn fn, void* user);
  bool timer_cancel(uint64_t id);
  uint64_t watch_open(Generation& g, int32_t fd);
  void watch_wait(uint64_t id, uint32_t events, socle_event_fn fn, void* user);
  void watch_close(uint64_t id);
  void arm_deadline(Frame& frame, int64_t at) { wheel_.insert(frame, at); }
  void disarm(TimerNode& node) { wheel_.remove(node); }

  // -- connections: whose time and turn they use (watches.cpp)
  // A connection for the plugin that serves its listener; the fd is taken, all else copied.
  void connection(const socle_connection& given);
  void connection_opened(uint64_t id, sched::Account& peer);
  void connection_gone(uint64_t id) { connections_open_.erase(id); }
  void connection_charge(uint64_t id, std::string_view tenant);
  [[nodiscard]] socle_status connection_admit(Generation& g, uint64_t id, socle_event_fn turn, void* user);

  // -- requests that wait for a place (admission.cpp)
  void wait_for_place(Frame& frame, sched::Flow& flow);
  void stop_waiting(Frame& frame);
  void begin_waiting(sched::Flow& flow);
  // After `service` ns of work (negative: none was done), `latency` ns after it came.
  void request_over(sched::Flow& flow, int64_t service, int64_t latency);
  void offer_place(sched::Account& account, size_t to);

  // Ends what g waits for here with CANCELLED: timers, watch waits, calls it made.
  void cancel_all(Generation& g);
  [[nodiscard]] Leftovers leftovers(const Generation& g);
  // Drops what is left of g without calling it (its library stays mapped); callers of g are told UNAVAILABLE.
  void forget(Generation& g);
  // Moves g's timers and watches to `to` (START ran on the staging worker). Posts; returns at once.
  void hand_over(Generation& g, Worker& to);

  // Something is to come soon from a process that last ran on that core: before this worker sleeps next, it looks for
  // it for about as long as a sleep and its end would take. Not where both share a core, and rarely where it was in
  // vain.
  void expect(uint32_t core) { expected_from_ = core; }

  [[nodiscard]] int64_t now() const { return now_; }
  // Of the staging worker: worker_count(); of one that was given up: one more.
  [[nodiscard]] uint32_t index() const { return index_.load(std::memory_order_relaxed); }
  [[nodiscard]] Bus& bus() const { return bus_; }

  sched::Lane lane;
  FrameSlab frames;
  SnapshotPtr snapshot;
  std::vector<Frame*> parked;
  uint32_t nesting = 0;  // inline calls on the stack

  // The number of a meter's series in the kernel's metrics, kept here so that metering takes no lock.
  [[nodiscard]] uint32_t meter_series(std::string_view name);

  void* frame_alloc(size_t size);
  void frame_free(void* block, size_t size);

  // For the stall detector: turns so far, and whose code runs now.
  [[nodiscard]] uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool idle() const { return idle_.load(std::memory_order_relaxed); }
  std::atomic<const Generation*> running{nullptr};
  std::atomic<const Frame*> running_frame{nullptr};  // the call that handle() was entered for, while it is on the stack
  std::atomic<const sched::Account*> running_plugin{nullptr};  // its account, which outlives it; nullptr: the kernel
  std::atomic<uint32_t> running_target{UINT32_MAX};            // UINT32_MAX: no call, an event or a hook
  void runs(const Generation* g, uint32_t target) {
    running.store(g, std::memory_order_relaxed);
    running_plugin.store(g != nullptr ? &g->account : nullptr, std::memory_order_release);
    running_target.store(target, std::memory_order_relaxed);
  }
  std::atomic<uint32_t> connections{0};
  std::atomic<uint32_t> arrivals{0};  // of them: not yet with their plugin

 private:
  void loop();
  void wake();
  [[nodiscard]] int patience() const;
  int look(epoll_event* events);
  void drain_inbox();
  void serve();
  template <class Visit>
  void each_job(Visit&& visit) {
    lane.queue.each([&](sched::Flow& f) {
      for (const sched::WorkList* list : {&f.work[0], &f.work[1], &f.waiting}) {
        for (sched::Work* w = list->head(); w != nullptr;) {
          auto& job = static_cast<Job&>(*w);
          w = w->next_work;
          visit(job);
        }
      }
    });
  }
  Worker(Bus& bus, uint32_t index, uint64_t make);
  void run(Job& job);
  void carry(const Job& job);
  void call_back(Job& job);
  void fire(TimerNode& node);
  void attach(Watch& watch);
  void detach(const Watch& watch);
  void end_waits(Watch& watch, socle_status status);
  void ready(Watch& watch, uint32_t events, bool ended);
  void adopt(std::vector<std::unique_ptr<PluginTimer>> timers, std::vector<std::unique_ptr<Watch>> watches);

  Bus& bus_;
  std::atomic<uint32_t> index_;
  int epoll_ = -1;
  int wake_ = -1;
  int64_t now_;
  ContextPool contexts_;
  TimerWheel wheel_;
  std::vector<std::unique_ptr<Job>> jobs_;  // not in use
  std::vector<sched::Account*> accounts_;   // by hash of the name
  std::unordered_map<uint64_t, std::unique_ptr<PluginTimer>> timers_;
  std::unordered_map<uint64_t, std::unique_ptr<Watch>> watches_;
  struct Arrival {
    socle_connection connection;
    std::string listener, peer, buffered;
  };
  void take_connection(Arrival* taken);
  void drop(const socle_connection& connection);
  std::unordered_map<Arrival*, std::unique_ptr<Arrival>> arriving_;
  struct Opened {
    sched::Account* peer;
    sched::Account* payer;
    uint64_t watch;
  };
  std::unordered_map<uint64_t, Opened> connections_open_;
  uint64_t opening_ = 0;  // the connection whose plugin is taking it now
  uint64_t next_id_;
  static constexpr uint32_t nobody = UINT32_MAX;
  uint32_t expected_from_ = nobody;  // of expect(); taken back by the next look
  uint32_t vain_looks_ = 0;          // in a row
  uint32_t looks_to_skip_ = 0;
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>> meters_;  // by name
  std::array<std::vector<void*>, 32> pool_;  // coroutine frames by 64-byte classes, at most 256 of each kept

  std::mutex inbox_mutex_;
  std::vector<std::function<void()>> inbox_;
  bool awake_ = false;  // guarded by inbox_mutex_

  std::atomic<uint64_t> turns_{0};
  std::atomic<bool> idle_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace socle::bus
