// tenant_gate.hpp: whether a tenant is served, asked of the kernel. On the worker of the call.
#pragma once

#include <socle/json.hpp>
#include <socle/plugin.hpp>

#include "core/got.hpp"

namespace socle::auth {

class TenantGate {
 public:
  explicit TenantGate(Host& host) : host_(host), usage_(host.target("tenants/1", "usage")) {}

  // The problem when the context's tenant is suspended, or when that could not be found out; where nobody keeps
  // tenants, none is suspended. For whoever has proven who he is: nobody else is told.
  Task<Got<bool>> open(Context context) {
    const Reply usage = co_await host_.call(context, usage_);
    if (!usage && usage.error_code() == "no_provider") co_return true;
    if (!usage) co_return usage;
    const auto answer = json::Document::parse(usage.text());
    if (!answer) co_return Reply::error(Code::internal, "internal", "tenants/1.usage answers no JSON");
    if (answer->root().find("state").as_string() == "suspended")
      co_return Reply::error(Code::denied, "tenant_suspended",
                             "this tenant is suspended; ask its operator to resume it");
    co_return true;
  }

 private:
  Host& host_;
  Target usage_;
};

}  // namespace socle::auth
