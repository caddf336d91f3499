// target.hpp: request targets and percent-encoding, strictly (RFC 9112 section 3.2, RFC 3986). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "refusal.hpp"

namespace socle::gateway {

enum class Method { get, head, post, put, patch, remove, options, other };

[[nodiscard]] Method method_of(std::string_view text);
[[nodiscard]] std::string_view to_text(Method method);

struct Target {
  bool asterisk = false;
  std::string_view path;   // begins with "/", still percent-encoded
  std::string_view query;  // behind "?", still encoded; {nullptr, 0} when there is no "?"
};

// Origin form, absolute form (whose authority is checked and dropped), or "*" for OPTIONS. Dot segments are refused:
// a client resolves them before it asks.
[[nodiscard]] Refusal parse_target(Method method, std::string_view text, Target& out);

// Replaces `out` by the decoded text; `plus_is_space` for query strings. False when an escape is not two hex digits or
// the result holds NUL or is not UTF-8.
[[nodiscard]] bool percent_decode(std::string_view text, bool plus_is_space, std::string& out);

[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace socle::gateway
