// allowed.hpp: what a kind wants of whoever changes what is served of it, beside the permission of the route: a policy
// opens records, so its author needs what roles are given with. Coroutine on the call's worker.
#pragma once

#include "registry/got.hpp"
#include "source/kinds.hpp"

namespace socle::models {

class Allowed {
 public:
  explicit Allowed(Host& host) : host_(host), authorize_(host.target("auth/1", "authorize")) {}
  // True, or the answer that refuses. Operators (principal `kernel`) may do all of it.
  Task<Got<bool>> change(Context context, const Kind& kind);

 private:
  Host& host_;
  Target authorize_;
};

}  // namespace socle::models
