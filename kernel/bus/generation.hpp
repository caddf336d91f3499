// generation.hpp: what the bus knows of one loaded plugin version: its entries, its host table, what it may call, and
// its counters, one cache-line group per worker so that counting costs no shared write. Made by the lifecycle, which
// also keeps it alive until no worker can reach it. `host` comes first: a plugin's socle_host* is this object.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bus/kept_memory.hpp"
#include "sched/account.hpp"
#include "socle/abi.h"

namespace socle::bus {

class Bus;
struct OffloadTerms;

// A counter written by one worker and read by anyone.
class Count {
 public:
  void add(int64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  [[nodiscard]] int64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Calls of one method on one worker. Latency is sampled (1 in 8, and always while a canary runs) in buckets of powers
// of two nanoseconds: bucket i holds [2^i, 2^(i+1)).
struct MethodStats {
  Count calls;
  Count
      kernel_errors;  // unavailable, deadline, cancelled by the kernel, internal, data loss: what a canary is judged by
  Count other_errors;  // the caller's own mistakes and refusals
  std::array<Count, 160> latency;
  std::array<Count, 17> ended;  // by socle_status
  Count timed_for;              // nanoseconds of the sampled calls

  [[nodiscard]] static size_t bucket(uint64_t ns) {
    ns |= 4;
    const auto power = static_cast<size_t>(std::bit_width(ns)) - 1;
    const size_t index = power * 4 + ((ns >> (power - 2)) & 3);
    return index < 160 ? index : 159;
  }
  // Lower edge of a bucket in nanoseconds.
  [[nodiscard]] static double edge(size_t index) {
    return std::ldexp(4.0 + static_cast<double>(index % 4), static_cast<int>(index / 4) - 2);
  }
};

struct alignas(64) WorkerCounters {
  Count in_flight;  // calls this generation answers
  Count waiting;    // calls, publications and offloads it waits for
  Count frames;     // coroutine frames
  Count timers;
  Count watches;
  Count connections;
  Count late_replies;
  Count orphans;  // of in_flight: calls whose caller was answered already
  std::vector<MethodStats> methods;
};

struct Grants {
  bool ingress = false;  // opens root contexts; may call whatever a route names
  bool act_as = false;
  bool catalog = false;
  std::set<std::string, std::less<>> services;   // "storage/1": required and granted
  std::set<std::string, std::less<>> withheld;   // required as optional, not granted: to it nobody provides them
  std::set<std::string, std::less<>> publishes;  // channel names
};

class Generation : public socle_host {
 public:
  static constexpr uint32_t max_targets = 4096;

  // `workers`: those of the bus and the staging worker.
  Generation(Bus& bus, std::string plugin, std::string version, uint64_t seq, Grants grants, size_t workers);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation();

  static Generation* of(const socle_host* host) { return static_cast<Generation*>(const_cast<socle_host*>(host)); }

  Bus& bus;
  sched::Account& account;  // pays for its own work
  const std::string plugin;
  const std::string version;
  const uint64_t seq;
  const Grants grants;
  const socle_plugin* descriptor = nullptr;  // set by attach()
  void* instance = nullptr;
  bool affinity_one = false;  // entered on one thread at a time, see bound()
  // Worker; told when nobody waits for a pending call any more (deadline, cancellation), nullptr: nobody is.
  // For a provider that works elsewhere and could stop.
  void (*given_up)(Generation& self, uint64_t token) = nullptr;
  // Worker; the terms of work that it offloads now; nullptr: there are none.
  OffloadTerms (*offload_terms)(const Generation& self) = nullptr;
  void* link = nullptr;                // of the provider that stands behind the descriptor, when it is no library
  std::vector<std::string> listeners;  // that it serves

  // The library's descriptor, checked by the loader.
  void attach(const socle_plugin* d);
  // Index into descriptor->methods, or -1.
  [[nodiscard]] int64_t method(std::string_view service, std::string_view name) const;
  // What handle() is entered for, for people: "call of greet", "drain hook".
  [[nodiscard]] std::string entry_name(uint32_t method) const;

  void allow(uint32_t target) {
    allowed_[target / 64].fetch_or(uint64_t{1} << (target % 64), std::memory_order_relaxed);
  }
  [[nodiscard]] bool allowed(uint32_t target) const {
    return target < max_targets && ((allowed_[target / 64].load(std::memory_order_relaxed) >> (target % 64)) & 1) != 0;
  }

  // With affinity one everything of it happens on worker 0 once it is staged (create, START and SELF_TEST are over);
  // until then on the staging thread.
  [[nodiscard]] bool bound() const { return affinity_one && !staged.load(std::memory_order_relaxed); }

  // Workers 0..n-1, then the staging worker, then the staging threads that were given up.
  [[nodiscard]] WorkerCounters& at(uint32_t index) { return counters_[index]; }
  [[nodiscard]] size_t counter_sets() const { return counters_.size(); }
  [[nodiscard]] int64_t sum(Count WorkerCounters::*which) const;

  KeptMemory kept;                 // for tenants
  std::atomic<int64_t> posted{0};  // post()ed from any thread and not yet run
  std::atomic<bool> draining{false};
  std::atomic<bool> staged{false};      // on the staging thread, nothing is routed to it yet
  std::atomic<bool> sample_all{false};  // time every call: a canary is judged by this generation

 private:
  std::array<std::atomic<uint64_t>, max_targets / 64> allowed_{};
  std::vector<WorkerCounters> counters_;
};

// The whole host table with every slot filled (host.cpp).
void fill_host_table(socle_host& host);

}  // namespace socle::bus
