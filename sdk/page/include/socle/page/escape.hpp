// escape.hpp: text made harmless for each place of an HTML page that can hold it. The templates call these; who renders
// with them has no need to. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace socle::page {

// Between tags and inside quoted attributes: & < > " ' as character references.
void append_escaped(std::string& out, std::string_view text);
// A piece of a URL, percent-encoded (RFC 3986 unreserved stay); it can then end neither a segment nor a query value.
void append_component(std::string& out, std::string_view text);
// A whole URL at the start of an attribute: of this site ("/…", "?…", "#…"), http, https, mailto, tel or otpauth.
// Anything else (javascript:, data:, //elsewhere) becomes "#".
void append_url(std::string& out, std::string_view text);
// A path of this site, safe as the target of a redirect: one slash, no second one, no backslash, no control character.
[[nodiscard]] bool is_local_path(std::string_view text);

}  // namespace socle::page
