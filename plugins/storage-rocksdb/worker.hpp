// worker.hpp: what the plugin keeps per kernel worker: schemas and conditions lately used, long polls, ids, and what
// was read since operators were last told. Touched by its own worker only, but for has_counted().
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "contract/remainder.hpp"
#include "ids.hpp"
#include "store/call.hpp"
#include "store/read.hpp"
#include "waiters.hpp"

namespace socle::storage {

class Worker {
 public:
  SchemaCache schemas;
  RemainderCache remainders;
  Waiters waiters;
  Uuid7Source ids;

  void count(const Call& call, const Answer& answer, bool offloaded) {
    ++(call.method == Method::get ? gets_ : call.method == Method::query ? queries_ : other_);
    looked_at_ += answer.looked_at;
    too_broad_ += answer.failed && answer.problem.stable == "filter_too_broad" ? 1 : 0;
    offloaded_ += offloaded ? 1 : 0;
    if (!counted_.load(std::memory_order_relaxed)) counted_.store(true, std::memory_order_relaxed);
  }
  // Whether tell() has anything to say. Any thread.
  [[nodiscard]] bool has_counted() const { return counted_.load(std::memory_order_relaxed); }
  void tell(const Meters& meters) {
    counted_.store(false, std::memory_order_relaxed);
    const auto add = [](const Metric& metric, std::uint64_t& count) {
      if (count != 0) metric.add(static_cast<double>(std::exchange(count, 0)));
    };
    add(meters.gets, gets_);
    add(meters.queries, queries_);
    add(meters.other_reads, other_);
    add(meters.looked_at, looked_at_);
    add(meters.too_broad, too_broad_);
    add(meters.offloaded, offloaded_);
  }

 private:
  std::uint64_t gets_ = 0, queries_ = 0, other_ = 0, looked_at_ = 0, too_broad_ = 0, offloaded_ = 0;
  std::atomic<bool> counted_{false};
};

}  // namespace socle::storage
