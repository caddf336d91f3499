// events.hpp: from what storage's outbox and callers of record hold to entries of the trail, and to what people see.
// Pure; any thread.
#pragma once

#include <socle/json/document.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socle/audit/find.hpp"
#include "socle/audit/record.hpp"

namespace socle::audit {

inline constexpr std::string_view house_tenant = "~audit";  // whose outbox holds what is to be absorbed
inline constexpr std::string_view outbox_topic = "audit";

// An item of outbox_read. Nothing: not an event; its bytes are then kept as they are under operation "unknown".
[[nodiscard]] Entry entry_of(json::View item, std::uint64_t store);
// The place in the outbox that a position stands for; it is ordered as positions are.
[[nodiscard]] Origin origin_of(std::string_view position, std::uint64_t store);

// Who records: from the context, never from the caller's text, unless the context has no tenant or an address's, as
// only the kernel's and the gateway's own have.
struct Actor {
  std::string tenant, principal, trace;
};
// The text of an outbox entry. Nothing: it has no operation, or is too long.
[[nodiscard]] std::optional<std::string> event_text(json::View event, const Actor& actor, std::int64_t now_ns);

// {"sequence", "time", …the entry's members}
void append_shown(std::string& out, const Found& found);
// RFC 3339, or nothing.
[[nodiscard]] std::optional<std::int64_t> instant_of(std::string_view text);

}  // namespace socle::audit
