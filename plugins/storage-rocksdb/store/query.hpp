// query.hpp: running a query: the plan's range is walked, the residual checked, the page cut. Any thread.
#pragma once

#include <optional>

#include "store/call.hpp"
#include "store/state.hpp"

namespace socle::storage {

// Documents a query may look at on a worker beside those of its page, before it moves to an offload thread.
inline constexpr std::size_t worker_scan = 128;

// Nothing: the answer needs the disk, or to look at more than a worker should, and `reach` was cached.
std::optional<Answer> run_query(State& state, const Call& call, const TenantSchema& schema, Reach reach);

// {"id","version","created_at","updated_at","doc"} with the whole document or the named fields of it.
Status append_record(std::string& out, std::string_view id, const StoredRecord& record,
                     const std::vector<FieldPath>& fields);

}  // namespace socle::storage
