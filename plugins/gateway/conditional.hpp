// conditional.hpp: HTTP dates, and whether a GET's answer is what the client already has (RFC 9110 section 13).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::gateway {

// "Sun, 06 Nov 1994 08:49:37 GMT" of seconds since the epoch.
void append_http_date(std::string& out, std::int64_t seconds);
// IMF-fixdate only; nothing for anything else, which then counts as absent.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text);

// If-None-Match (weak comparison, list or *) decides when present, else If-Modified-Since. Absent views have no data().
// `now` in seconds since the epoch: a date in the future is no valid condition.
[[nodiscard]] bool not_modified(std::string_view if_none_match, std::string_view if_modified_since,
                                std::string_view etag, std::string_view last_modified, std::int64_t now);

}  // namespace socle::gateway
