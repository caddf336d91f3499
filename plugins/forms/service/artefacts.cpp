// artefacts.cpp: see the header.
#include "service/artefacts.hpp"

namespace socle::forms {

FormPtr Artefacts::find(std::string_view hash) {
  const std::lock_guard lock(mutex_);
  const auto at = by_hash_.find(hash);
  if (at == by_hash_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, at->second);
  return at->second->form;
}

void Artefacts::keep(const std::string& hash, FormPtr form) {
  const auto bytes = form->bytes() + hash.size();
  std::list<Entry> gone;  // destroyed outside of the lock
  const std::lock_guard lock(mutex_);
  if (bytes > budget_ || by_hash_.contains(hash)) return;
  recent_.push_front({hash, std::move(form), bytes});
  by_hash_.emplace(recent_.front().hash, recent_.begin());
  bytes_ += bytes;
  while (bytes_ > budget_) {
    bytes_ -= recent_.back().bytes;
    by_hash_.erase(recent_.back().hash);
    gone.splice(gone.end(), recent_, std::prev(recent_.end()));
  }
}

std::size_t Artefacts::size() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}
std::size_t Artefacts::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace socle::forms
