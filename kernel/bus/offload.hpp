// offload.hpp: the bounded pool for work that blocks (fsync, password hashing, cold signature checks). Plugins own no
// threads; this is where they wait. Two crews work in it. The patient one is for what strangers can ask for without end
// and at no cost of theirs (key exchanges of TLS: with an RSA key a millisecond and more each): its threads give way to
// workers and to all other work, which a flood would take the core from otherwise. Any thread.
#pragma once

#include <atomic>
#include <mutex>

#include "bus/offload_crew.hpp"

namespace socle::bus {

class OffloadPool {
 public:
  // So many threads, and places in the queue, for each crew; the patient one begins with the first work for it.
  OffloadPool(sched::Accounts& accounts, unsigned threads, size_t queue);
  // The destructor finishes what is queued.
  // false: the queue is full, or a quarter of it is this payer's (a half is all edge tenants').
  [[nodiscard]] bool submit(sched::Account& payer, std::function<void()> work, OffloadTerms terms = {});
  [[nodiscard]] size_t queued() const;
  // A piece of work that still runs `patience` ns after its `until` and has used as much CPU time since it handed
  // something on: one that waits for a disk has not, and one that serves many calls has. To be asked every now and
  // then, because a look notes what was handed on since the last. nullopt: there is none.
  [[nodiscard]] std::optional<OffloadOverdue> overdue(int64_t now, int64_t patience);
  // The work on this thread, if it is one of a pool's, has posted or answered something.
  static void handed_on() { OffloadCrew::handed_on(); }

 private:
  OffloadCrew& crew(bool patient);
  std::mutex starting_;
  std::atomic<bool> started_{false};  // the patient crew has threads
  OffloadCrew prompt_, patient_;
};

}  // namespace socle::bus
