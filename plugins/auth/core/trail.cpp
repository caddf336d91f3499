#include "core/trail.hpp"

#include <socle/json.hpp>

namespace socle::auth {

std::string trace_of(Context context) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < 16; ++i) {
    out.push_back(digits[context.trace_id()[i] >> 4U]);
    out.push_back(digits[context.trace_id()[i] & 15U]);
  }
  return out;
}

Task<void> AuditTrail::tell(Context context, AuditEvent event) {
  std::string body;
  json::Writer out(body);
  out.begin_object().member("operation", event.operation).member("target", event.target);
  out.member("status", event.status).member("tenant", event.tenant).member("principal", event.principal);
  if (!event.trace.empty()) out.member("trace", event.trace);
  if (!event.peer.empty()) out.key("detail").begin_object().member("peer", event.peer).end_object();
  out.end_object();
  const Reply recorded = co_await host_.call(context, record_, Payload::json(body));
  if (!recorded && recorded.error_code() != "no_provider" && recorded.code() != Code::denied)
    host_.log(Level::error, context, "an event is not in the audit trail",
              {{"operation", event.operation}, {"why", recorded.error().message}});
}

}  // namespace socle::auth
