// turns.hpp: who may hash a password now. A hash costs tens of milliseconds and 19 MiB on threads that storage's fsync
// shares, so only `slots` run at once on the node; who waits is served by tenant in turn, and a tenant or an address
// with too many waiting is refused at once. So a flood of logins at one tenant costs the others one hash of waiting.
//
//   auto turn = co_await turns.take(tenant, peer);
//   if (!turn) … refused …
//
// Shared by all workers: a mutex, never held across anything.
#pragma once

#include <socle/plugin.hpp>

#include <deque>
#include <map>
#include <mutex>
#include <optional>

namespace socle::auth {

class Turns {
 public:
  struct Limits {
    unsigned slots = 2;        // hashes at once
    unsigned per_tenant = 16;  // hashing or waiting
    unsigned per_peer = 4;
  };
  explicit Turns(Limits limits) : limits_(limits), free_(limits.slots) {}

  // Ends the turn when it goes.
  class Turn {
   public:
    Turn(Turns& turns, std::string tenant, std::string peer)
        : turns_(&turns), tenant_(std::move(tenant)), peer_(std::move(peer)) {}
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)),
          tenant_(std::move(other.tenant_)),
          peer_(std::move(other.peer_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->end(tenant_, peer_);
    }

   private:
    Turns* turns_;
    std::string tenant_, peer_;
  };

  // Code::exhausted when the tenant or the address has too many already.
  Task<Result<Turn>> take(std::string tenant, std::string peer);

 private:
  using Waiter = Completion<bool>*;
  // True: a slot is taken. False: the waiter is queued. Nothing: refused.
  std::optional<bool> enter(const std::string& tenant, const std::string& peer, Waiter waiter);
  void end(const std::string& tenant, const std::string& peer);

  Limits limits_;
  std::mutex mutex_;
  unsigned free_;
  std::map<std::string, unsigned> of_tenant_, of_peer_;
  std::map<std::string, std::deque<Waiter>> waiting_;
  std::deque<std::string> order_;  // tenants with somebody waiting, whose turn is next first
};

}  // namespace socle::auth
