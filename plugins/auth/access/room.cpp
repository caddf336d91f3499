#include "access/room.hpp"

#include <limits>

namespace socle::auth {

bool Room::limited(Context context) const {
  return host_.limit(context, "memory") < std::numeric_limits<double>::infinity();
}

Task<Status> Room::weigh(Context context, authz::Keeping& out) {
  auto view = co_await views_.get(context);
  if (!view) co_return Status();
  const auto& charter = (*view)->charter;
  out = authz::Keeping::of(*(*view)->directory, charter ? charter->document.bytes().size() : 0);
  const std::string whoever_asks;
  for (const auto& named : *(*view)->policies) {
    const auto policy = co_await views_.met(context, named, whoever_asks);
    if (policy && *policy) out.policies.push_back(authz::Weight::of(**policy));
  }
  co_return Status();
}

Task<Status> Room::for_policy(Context context, const authz::Weight& made) {
  if (!limited(context)) co_return Status();
  authz::Keeping before;
  if (auto weighed = co_await weigh(context, before); !weighed) co_return std::move(weighed);
  authz::Keeping now = before;
  std::erase_if(now.policies, [&made](const auto& one) { return one.name == made.name; });
  now.policies.push_back(made);
  const std::string what = "policy '" + made.name + "'";
  co_return co_await judge(context, what, before, now);
}

Task<Status> Room::for_directory(Context context, const std::string& what, const authz::DirectoryPtr& made,
                                 const std::string& document) {
  if (!limited(context)) co_return Status();
  authz::Keeping before;
  if (auto weighed = co_await weigh(context, before); !weighed) co_return std::move(weighed);
  const auto parsed = json::Document::parse(document);
  authz::Keeping now = authz::Keeping::of(*made, parsed ? parsed->bytes().size() : document.size());
  now.policies = before.policies;
  co_return co_await judge(context, what, before, now);
}

Task<Status> Room::judge(Context context, const std::string& what, const authz::Keeping& before,
                         const authz::Keeping& now) {
  const auto work = [&before, &now] { return authz::grown(before, now); };
  const auto grown = co_await host_.offload(work);
  if (!grown) co_return Error(grown.error());
  const auto& need = *grown;
  if (!need) co_return Status();
  const auto room = views_.cache().hold(context, need->bytes);  // given back at once
  if (room) co_return Status();
  const auto most = authz::largest(now, need->resource);
  auto refused =
      Error(room.error()).context(most == what ? what : what + ", beside " + most + " at '" + need->resource + "'");
  co_return std::move(refused);
}

}  // namespace socle::auth
