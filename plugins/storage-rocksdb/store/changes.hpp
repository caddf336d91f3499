// changes.hpp: reading what was written in the order it was committed: the tenant's change feed. Any thread.
#pragma once

#include <optional>

#include "store/call.hpp"
#include "store/state.hpp"

namespace socle::storage {

std::optional<Answer> read_changes(State& state, const Call& call, const TenantSchema& schema, Reach reach);

// How many entries the page of a feed or an outbox may have: what the request says, or 100.
Outcome<std::size_t> limit_of(const Call& call);

struct FeedChange {
  bool put = true;
  std::uint64_t number = 0;  // of the collection: a name may be declared again
  std::string_view collection, id;
  std::uint64_t version = 0;
};
struct FeedEntry {
  std::int64_t time_ms = 0;
  std::vector<FeedChange> changes;
};
Result<FeedEntry> decode_feed(std::string_view value);

}  // namespace socle::storage
