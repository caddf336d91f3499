// quota.hpp: the plan's number `models`: how many models, published or drafts, a tenant may have. Asked before a new
// name is written; two that are written at the same moment may both pass. On the worker of the call.
#pragma once

#include "registry/store.hpp"

namespace socle::models {

// Room for `more` new models? The problem is 507 `models_quota`. Nothing is read for a tenant without that limit.
[[nodiscard]] Task<Got<bool>> room_for_models(Host& host, Store& store, Context context, std::size_t more);

// The same for a draft of the model of this key, which may be there already.
[[nodiscard]] Task<Got<bool>> room_for_draft(Host& host, Store& store, Context context, const std::string& key);

}  // namespace socle::models
