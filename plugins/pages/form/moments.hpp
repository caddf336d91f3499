// moments.hpp: instants as people see and enter them: by the clocks of a time zone. Any thread.
//
// A local time that comes twice (clocks go back) is the first one; one that clocks skip counts on from before the
// change: both are read with the offset that held before it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::pages {

// "UTC", "Europe/Paris", "+02:00": one that there is.
[[nodiscard]] bool is_zone(std::string_view zone);
// "2026-11-21T10:40:00Z" as an input of type datetime-local has it: "2026-11-21T11:40:00". Nothing: such an input
// cannot hold it, or what it holds would be read as another instant.
[[nodiscard]] std::optional<std::string> local_text(std::string_view zone, std::string_view instant);
// True for what an input of type datetime-local can hold.
[[nodiscard]] bool is_local(std::string_view text);
// "2026-11-21T11:40" as an instant: "2026-11-21T10:40:00Z". Nothing: it is no local time.
[[nodiscard]] std::optional<std::string> instant_text(std::string_view zone, std::string_view local);
// For reading: "2026-11-21 11:40 +01:00", "2026-11-21 10:40 UTC". What is no instant stays.
[[nodiscard]] std::string shown_moment(std::string_view zone, std::string_view instant);
// A person reads it as an instant, and so does a <time>.
[[nodiscard]] bool is_instant(std::string_view text);

}  // namespace socle::pages
