#include "access/room.hpp"

#include <limits>

namespace socle::auth {

bool Room::limited(Context context) const {
  return host_.limit(context, "memory") < std::numeric_limits<double>::infinity();
}

Task<Got<bool>> Room::for_policy(Context context, const authz::Weight& made) {
  if (!limited(context)) co_return true;
  authz::Keeping before;
  auto charter = co_await views_.stored(context);
  if (!charter && !is_unreadable(charter.problem())) co_return std::move(charter).problem();
  if (charter) {
    before = (*charter)->keeping();
    charter->reset();
  }
  auto policies = co_await views_.weights(context);
  if (!policies) co_return std::move(policies).problem();
  before.policies = std::move(*policies);
  authz::Keeping now = before;
  std::erase_if(now.policies, [&made](const auto& one) { return one.name == made.name; });
  now.policies.push_back(made);
  const std::string what = "policy '" + made.name + "'";
  co_return co_await judge(context, what, before, now);
}

Task<Got<bool>> Room::for_directory(Context context, const std::string& what, CharterPtr replaced,
                                    const authz::DirectoryPtr& made, const std::string& document) {
  if (!limited(context)) co_return true;
  authz::Keeping before = replaced->keeping();
  replaced.reset();
  auto policies = co_await views_.weights(context);
  if (!policies) co_return std::move(policies).problem();
  before.policies = std::move(*policies);
  const auto parsed = json::Document::parse(document);
  authz::Keeping now = authz::Keeping::of(*made, parsed ? parsed->bytes().size() : document.size());
  now.policies = before.policies;
  co_return co_await judge(context, what, before, now);
}

Task<Got<bool>> Room::judge(Context context, const std::string& what, const authz::Keeping& before,
                            const authz::Keeping& now) {
  const auto work = [&before, &now] { return authz::grown(before, now); };
  const auto grown = co_await host_.offload(work);
  if (!grown) co_return Error(grown.error());
  const auto& need = *grown;
  if (!need) co_return true;
  const auto room = views_.cache().hold(context, need->bytes);  // given back at once
  if (room) co_return true;
  const auto most = authz::largest(now, need->resource);
  auto refused =
      Error(room.error()).context(most == what ? what : what + ", beside " + most + " at '" + need->resource + "'");
  co_return std::move(refused);
}

}  // namespace socle::auth
