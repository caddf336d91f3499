// model_cache.hpp: ModelCache, what a plugin made of tenants' models (compiled rulesets, forms, policies), kept by a
// key that says all of what it was made of, usually a hash: what is found is right for ever, and shared by all workers
// and tenants. docs/decisions/0008-tenant-memory.md has the reasons.
//
//   if (auto ruleset = cache.find<Ruleset>(hash)) …                          // nobody pays twice
//   auto kept = cache.keep(request, hash, bytes, std::move(made));           // Result<shared_ptr<const Ruleset>>
//   if (!kept) co_return std::move(kept).error().context("ruleset 'loan'");  // the tenant's memory is used up
//
// Who pays: the tenant that it was made for, from keep() until the last pointer to it is gone, which may be long after
// the cache gave it up. Who finds it there pays nothing. A tenant keeps at most an eighth of its plan's `memory` in one
// cache, for there are several, and its requests need the rest; beyond that, and before its memory is refused, its own
// entries go, those used longest ago first. Beyond the cache's budget whoever keeps most gives up its own in the same
// way: who is alone may use all of it, and nobody with a large plan empties it for the others.
//
// find(), forget() and the questions: any thread. What charges: on the context's worker. The lock is held for a
// look-up, never while something is made or destroyed.
#pragma once

#include <socle/plugin.hpp>

#include <list>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace socle {

class ModelCache {
 public:
  // What an entry takes beside what it holds: nodes of four tables, and what counts its pointers.
  static constexpr std::size_t entry_bytes = 384;
  // A tenant's memory over what it keeps of it in one cache.
  static constexpr double parts = 8;

  // `budget`: bytes of all tenants together. `host` outlives it.
  ModelCache(const Host& host, std::size_t budget) : host_(host), budget_(budget) {}
  ModelCache(const ModelCache&) = delete;
  ModelCache& operator=(const ModelCache&) = delete;

  // Null: not there, or something else than a T is.
  template <class T>
  [[nodiscard]] std::shared_ptr<const T> find(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto at = by_key_.find(key);
    if (at == by_key_.end() || at->second->type != type_of<T>()) return nullptr;
    Entry& entry = *at->second;
    auto& own = entry.payer->second.recent;
    own.splice(own.begin(), own, entry.turn);
    return std::static_pointer_cast<const T>(entry.made);
  }

  // Charges `made`, which takes `bytes`, to the context's tenant and keeps it, if it fits in the tenant's eighth and
  // in the budget; else it is for this call only. The answer takes the place of `made`: it may be what somebody else
  // has kept meanwhile. Code::exhausted or too_large: as Host::hold().
  template <class T>
  [[nodiscard]] Result<std::shared_ptr<const T>> keep(Context context, std::string key, std::size_t bytes,
                                                      std::shared_ptr<const T> made) {
    bytes += 2 * key.size() + entry_bytes;
    auto mine = charge(context, bytes, std::move(made));
    if (!mine) return mine;
    const double share = host_.limit(context, "memory") / parts;
    if (bytes > budget_ || static_cast<double>(bytes) > share) return mine;
    auto kept = insert(std::string(context.tenant()), share, std::move(key), bytes, *mine, type_of<T>());
    return std::static_pointer_cast<const T>(std::move(kept));
  }

  // What lives for a call and is not kept.
  template <class T>
  [[nodiscard]] Result<std::shared_ptr<const T>> charge(Context context, std::size_t bytes,
                                                        std::shared_ptr<const T> made) {
    auto held = hold(context, bytes);
    if (!held) return std::move(held).error();
    return charged(std::move(made), std::move(*held));
  }

  // As Host::hold(), but that the tenant's own entries make room before it is refused.
  [[nodiscard]] Result<Held> hold(Context context, std::size_t bytes) {
    auto held = host_.hold(context, bytes);
    if (held || static_cast<double>(bytes) > host_.limit(context, "memory")) return held;
    const std::string tenant(context.tenant());
    while (!held && give_up_oldest(tenant)) held = host_.hold(context, bytes);
    return held;
  }

  // The tenant is deleted: nothing of it is kept.
  void forget(std::string_view tenant) {
    const std::string name(tenant);
    while (give_up_oldest(name)) {}
  }

  // One entry; who uses it keeps it.
  void remove(std::string_view key) {
    Entries gone;
    const std::lock_guard lock(mutex_);
    if (const auto at = by_key_.find(key); at != by_key_.end()) drop(*at->second, gone);
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }
  [[nodiscard]] std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }
  // Of what the tenant pays for.
  [[nodiscard]] std::size_t bytes(std::string_view tenant) const {
    const std::lock_guard lock(mutex_);
    const auto at = payers_.find(std::string(tenant));
    return at == payers_.end() ? 0 : at->second.bytes;
  }

 private:
  struct Entry;
  using Entries = std::list<Entry>;
  struct Payer {
    std::list<Entry*> recent;  // the latest first
    std::size_t bytes = 0;
  };
  using Payers = std::unordered_map<std::string, Payer>;
  struct Entry {
    std::string key;
    std::shared_ptr<const void> made;
    const void* type;
    std::size_t bytes;
    Payers::value_type* payer;
    std::list<Entry*>::iterator turn{};  // in the payer's
  };

  template <class T>
  struct Type {
    static constexpr char mark = 0;
  };
  template <class T>
  [[nodiscard]] static const void* type_of() {
    return &Type<T>::mark;
  }

  std::shared_ptr<const void> insert(std::string tenant, double share, std::string key, std::size_t bytes,
                                     std::shared_ptr<const void> made, const void* type) {
    Entries gone;  // destroyed outside of the lock
    const std::lock_guard lock(mutex_);
    if (const auto at = by_key_.find(key); at != by_key_.end())
      return at->second->type == type ? at->second->made : made;
    auto payer = payers_.try_emplace(std::move(tenant)).first;
    auto& own = payer->second;
    entries_.push_front({std::move(key), made, type, bytes, &*payer});
    Entry& entry = entries_.front();
    own.recent.push_front(&entry);
    entry.turn = own.recent.begin();
    resize(*payer, own.bytes + bytes);
    bytes_ += bytes;
    by_key_.emplace(entry.key, entries_.begin());
    // The new one fits in both, so it stays.
    while (static_cast<double>(own.bytes) > share) drop(*own.recent.back(), gone);
    while (bytes_ > budget_) drop(of_the_largest(entry), gone);
    return made;
  }

  // mutex_ held. The oldest of whoever keeps most; never `fresh`, beside which there is another.
  [[nodiscard]] Entry& of_the_largest(const Entry& fresh) {
    auto at = by_bytes_.rbegin();
    if (at->second->second.recent.back() == &fresh) ++at;
    return *at->second->second.recent.back();
  }

  // mutex_ held.
  void resize(Payers::value_type& payer, std::size_t bytes) {
    by_bytes_.erase({payer.second.bytes, &payer});
    payer.second.bytes = bytes;
    if (bytes != 0) by_bytes_.emplace(bytes, &payer);
  }

  // False: the tenant has none.
  bool give_up_oldest(const std::string& tenant) {
    Entries gone;
    const std::lock_guard lock(mutex_);
    const auto at = payers_.find(tenant);
    if (at == payers_.end()) return false;
    drop(*at->second.recent.back(), gone);
    return true;
  }

  // mutex_ held. A tenant without entries has no Payer.
  void drop(Entry& entry, Entries& gone) {
    auto& payer = *entry.payer;
    bytes_ -= entry.bytes;
    resize(payer, payer.second.bytes - entry.bytes);
    payer.second.recent.erase(entry.turn);
    if (payer.second.recent.empty()) payers_.erase(payers_.find(payer.first));
    const auto at = by_key_.find(entry.key);
    const auto place = at->second;
    by_key_.erase(at);
    gone.splice(gone.end(), entries_, place);
  }

  const Host& host_;
  const std::size_t budget_;
  mutable std::mutex mutex_;
  Entries entries_;  // under mutex_, as all below
  std::unordered_map<std::string_view, Entries::iterator> by_key_;
  Payers payers_;
  std::set<std::pair<std::size_t, Payers::value_type*>> by_bytes_;
  std::size_t bytes_ = 0;
};

}  // namespace socle
