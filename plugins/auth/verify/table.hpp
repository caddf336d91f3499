// table.hpp: the verified credentials that one worker remembers, by SHA-256 of the credential, so that who reads this
// memory cannot use it and the time of a look-up tells nothing. Bounded, least recently used out first; no lock,
// because each worker has its own.
//
// A verification that began before a revocation may end after it: so each forget() moves `epoch`, and put() takes only
// what was begun in the present one.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/secret.hpp"
#include "verify/known.hpp"

namespace socle::auth {

class Table {
 public:
  explicit Table(std::size_t most) : most_(most) {}
  Table(Table&&) = default;

  // What a credential is found by.
  [[nodiscard]] Digest digest(std::string_view credential) { return sha256_(credential); }
  // nullptr: not known. Good until the next put() or forget().
  Known* find(const Digest& digest);
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  // Ignored when `epoch` is past.
  void put(const Digest& digest, Known known, std::uint64_t epoch);
  void drop(const Digest& digest);

  // Everything of one user of a tenant, one session or one key of it. Returns how many there were.
  std::size_t forget_user(std::string_view tenant, std::string_view user);
  std::size_t forget_session(std::string_view tenant, std::string_view user, std::string_view session);
  std::size_t forget_key(std::string_view tenant, std::string_view user, std::string_view key);
  std::size_t forget_tenant(std::string_view tenant);  // looks at all there are
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  struct Slot {
    Digest digest;
    Known known;
    std::string subject;  // tenant, line feed, user
  };
  using Order = std::list<Slot>;
  void remove(Order::iterator slot);
  template <class Match>
  std::size_t forget(std::string_view tenant, std::string_view user, Match match);

  Sha256 sha256_;
  Order order_;  // most recently used first
  std::unordered_map<Digest, Order::iterator, DigestHash> slots_;
  std::unordered_multimap<std::string_view, Order::iterator> subjects_;
  std::size_t most_;
  std::uint64_t epoch_ = 0;
};

}  // namespace socle::auth
