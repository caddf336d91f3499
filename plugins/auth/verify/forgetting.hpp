// forgetting.hpp: how a revocation reaches every worker before it is answered. What is in storage by then is told to
// each worker twice: to this generation's table, and as a call of auth/1.forget, which the worker routes to the
// generation that serves there by then. So a swap in the middle loses nothing: what the next generation verifies before
// its routes flip is nothing, and what it verifies later is read after the revocation was written, or is followed by
// the call.
#pragma once

#include <functional>

#include "core/got.hpp"
#include "verify/table.hpp"

namespace socle::auth {

// Of one tenant: one session or key of a user, all that was verified for him, or, without a user, for anybody.
struct Forgotten {
  std::string user, session, key;
};

class Forgetting {
 public:
  Forgetting(Host& host, std::size_t most);

  // Comes back when no worker believes it any more. The context's tenant is meant.
  Task<Status> announce(Context context, const Forgotten& gone);
  // auth/1.forget: of this plugin's own generations, on each worker; and of the kernel, of a tenant that is deleted.
  Task<Reply> forget(Request request);
  // Called on each worker, too, when everything of a tenant is to be forgotten. From the constructor only.
  void with_tenant(std::function<void(std::string_view tenant)> also) { with_tenant_.push_back(std::move(also)); }
  // Of the worker this runs on.
  [[nodiscard]] Table& here() const { return tables_[host_.worker()]; }

 private:
  void apply(std::string_view tenant, const Forgotten& gone) const;

  Host& host_;
  Target forget_;
  mutable std::vector<Table> tables_;
  std::vector<std::function<void(std::string_view)>> with_tenant_;
};

}  // namespace socle::auth
