#include "registry/allowed.hpp"

#include <socle/json.hpp>

namespace socle::models {

// Operators, and whoever a loopback listener stands for, come without claims: they hold no roles and may do everything.
Task<Got<bool>> Allowed::change(Context context, const Kind& kind) {
  if (kind.wants.empty() || (context.claims().empty() && !context.principal().empty())) co_return true;
  std::string body;
  json::Writer(body).begin_object().member("permission", kind.wants).end_object();
  const Reply reply = co_await host_.call(context, authorize_, Payload::json(body));
  if (!reply && reply.error_code() == "no_provider")
    co_return Reply::error(Code::unavailable, "kind_unavailable",
                           "no plugin that decides about " + std::string(kind.name) + " (auth/1) answers");
  if (!reply) co_return reply;
  const auto answer = json::Document::parse(reply.text());
  if (answer && answer->root().find("allowed").as_bool()) co_return true;
  co_return Reply::error(Code::denied, "permission_denied",
                         "models of kind " + std::string(kind.name) +
                             " open what roles open: this wants the permission '" + std::string(kind.wants) + "' too");
}

}  // namespace socle::models
