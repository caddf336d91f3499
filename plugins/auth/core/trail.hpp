// trail.hpp: what this plugin tells the audit trail (audit/1, when one is loaded): sign-ins, refused ones too, and
// requests that were refused their permission. Answered when it is on disk, so the answer to the client waits for it.
// Never holds a secret, nor a name that somebody may have typed a password into.
#pragma once

#include <socle/plugin.hpp>

#include <string>
#include <string_view>

namespace socle::auth {

struct AuditEvent {
  std::string operation, target, status, peer;
  std::string trace;              // hex; "": the context's
  std::string tenant, principal;  // believed only in a context without a tenant
};

class AuditTrail {
 public:
  explicit AuditTrail(Host& host) : host_(host), record_(host.target("audit/1", "record")) {}
  // A trail that does not take it is logged: what was decided stays decided.
  Task<void> tell(Context context, AuditEvent event);

 private:
  Host& host_;
  Target record_;
};

[[nodiscard]] std::string trace_of(Context context);

}  // namespace socle::auth
