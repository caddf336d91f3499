// house.hpp: the context in which this plugin uses storage: for ~audit, which is no tenant. The kernel logs each time
// somebody acts for a tenant, so one context a worker serves many events. get() and drop() on the worker.
#pragma once

#include <socle/plugin.hpp>

#include <memory>
#include <vector>

#include "events.hpp"

namespace socle::audit {

class House {
 public:
  // One more: the staging thread has a number of its own.
  explicit House(Host& host) : host_(host), own_(host.worker_count() + 1) {}

  // Good for a minute at least; whoever waits keeps it alive.
  Result<std::shared_ptr<OwnedContext>> get() {
    Own& own = own_[host_.worker()];
    if (own.context && own.until - host_.now() > std::chrono::minutes(1)) return own.context;
    auto made = host_.act_as(house_tenant, "keep the audit trail", life);
    if (!made) return std::move(made).error();
    auto context = std::make_shared<OwnedContext>(std::move(*made));
    if (host_.draining()) return context;  // drop() has been here
    own = {context, host_.now() + life};
    return context;
  }
  void drop() { own_[host_.worker()] = {}; }

 private:
  static constexpr Duration life = std::chrono::hours(1);
  struct Own {
    std::shared_ptr<OwnedContext> context;
    Instant until;
  };
  Host& host_;
  std::vector<Own> own_;
};

}  // namespace socle::audit
