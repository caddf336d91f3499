#include "bus/offload.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/thread.hpp"

namespace socle::bus {

OffloadPool::OffloadPool(sched::Accounts& accounts, unsigned threads, size_t queue)
    : known_(accounts, {threads, queue, std::max<size_t>(queue / 4, 1)}, &base::be_prompt),
      edges_(accounts, {threads, std::max<size_t>(queue / 2, 1), queue}, &base::be_last) {
  if (!known_.start()) throw std::runtime_error("no thread can be had for offloaded work");
}

bool OffloadPool::submit(sched::Account& payer, std::function<void()> work, OffloadTerms terms) {
  if (payer.kind() != sched::Account::Kind::edge) return known_.submit(payer, std::move(work), terms);
  std::call_once(first_edge_, [this] { apart_ = edges_.start(); });
  return (apart_ ? edges_ : known_).submit(payer, std::move(work), terms);
}

size_t OffloadPool::queued() const { return known_.queued() + edges_.queued(); }

std::optional<OffloadOverdue> OffloadPool::overdue(int64_t now, int64_t patience) {
  auto found = known_.overdue(now, patience);
  return found ? found : edges_.overdue(now, patience);
}

}  // namespace socle::bus
