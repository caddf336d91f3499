// offload.hpp: the bounded pool for work that blocks (fsync, password hashing, cold signature checks). Plugins own no
// threads; this is where they wait. Two crews work in it. What is done for addresses that have not said who they are
// (key exchanges of TLS with an RSA key take a millisecond and more) has threads of its own, which run when nothing
// else wants the core: a flood of it would take a worker's core from it otherwise. Any thread.
#pragma once

#include <mutex>

#include "bus/offload_crew.hpp"

namespace socle::bus {

class OffloadPool {
 public:
  // So many threads in each crew; those of the addresses begin with the first work for them.
  OffloadPool(sched::Accounts& accounts, unsigned threads, size_t queue);
  // The destructor finishes what is queued.
  // false: the queue is full, or a quarter of it is this payer's. Addresses have one of their own, half as long.
  [[nodiscard]] bool submit(sched::Account& payer, std::function<void()> work, OffloadTerms terms = {});
  [[nodiscard]] size_t queued() const;
  // A piece of work that still runs `patience` ns after its `until` and has used as much CPU time since it handed
  // something on: one that waits for a disk has not, and one that serves many calls has. To be asked every now and
  // then, because a look notes what was handed on since the last. nullopt: there is none.
  [[nodiscard]] std::optional<OffloadOverdue> overdue(int64_t now, int64_t patience);
  // The work on this thread, if it is one of a pool's, has posted or answered something.
  static void handed_on() { OffloadCrew::handed_on(); }

 private:
  std::once_flag first_edge_;
  bool apart_ = false;  // there are threads for addresses; written once, by first_edge_
  OffloadCrew known_, edges_;
};

}  // namespace socle::bus
