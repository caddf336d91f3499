#include "bus/offload.hpp"

#include <stdexcept>
#include <utility>

#include "base/thread.hpp"

namespace socle::bus {

OffloadPool::OffloadPool(sched::Accounts& accounts, unsigned threads, size_t queue)
    : prompt_(accounts, threads, queue, &base::be_prompt), patient_(accounts, threads, queue, &base::be_patient) {
  if (!prompt_.start()) throw std::runtime_error("no thread can be had for offloaded work");
}

// Where no more threads can be had the others do the patient work, too.
OffloadCrew& OffloadPool::crew(bool patient) {
  if (!patient) return prompt_;
  if (!started_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(starting_);
    if (!patient_.start()) return prompt_;
    started_.store(true, std::memory_order_release);
  }
  return patient_;
}

bool OffloadPool::submit(sched::Account& payer, std::function<void()> work, OffloadTerms terms) {
  return crew(terms.patient).submit(payer, std::move(work), terms);
}

size_t OffloadPool::queued() const { return prompt_.queued() + patient_.queued(); }

std::optional<OffloadOverdue> OffloadPool::overdue(int64_t now, int64_t patience) {
  auto found = prompt_.overdue(now, patience);
  return found ? found : patient_.overdue(now, patience);
}

}  // namespace socle::bus
