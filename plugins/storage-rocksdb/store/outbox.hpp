// outbox.hpp: entries for consumers that must see each one once it is certain (docs/storage.md). They lie behind their
// topic's own key, which holds the position of the last one removed: a cursor may still meet what a range took
// (kv.hpp), so reading begins behind that.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/call.hpp"
#include "store/group.hpp"
#include "store/state.hpp"

namespace socle::storage {

// Any thread.
std::optional<Answer> read_outbox(State& state, const Call& call, const TenantSchema& schema, Reach reach);

// From which key on a topic's entries are there: `prefix` is outbox_prefix(), `from` what is written. Read::missing:
// nothing was removed yet. Any thread.
Result<Read> outbox_begin(Kv& kv, std::string_view prefix, Reach reach, const Snapshot* at, std::string& from);

// Removes the entries up to and with position `through`. Commit lane only.
Status outbox_end(Kv& kv, Group& group, const std::string& prefix, std::string_view through);

}  // namespace socle::storage
