// local_name.hpp: whether a browser was led to this listener by a name that is not of this machine. A page of
// http://evil.test may have its own name point to 127.0.0.1 once it is shown (DNS rebinding); what it asks for then is
// of its own site, to the browser and to whoever compares Origin with Host. Asked where a listener's own identity would
// answer, which is on loopback only. Pure.
#pragma once

#include <string_view>

#include "head.hpp"
#include "refusal.hpp"

namespace socle::gateway {

inline constexpr std::string_view unknown_host_code = "unknown_host";

// Whether `authority` (host or host:port, as in Host) can lead nowhere but to this machine: 127.0.0.0/8, [::1],
// localhost or a name under localhost, in any case, with any port.
[[nodiscard]] bool names_this_machine(std::string_view authority);

// Refuses, whatever the method, a request whose Host does not name this machine and that carries what browsers add by
// themselves: Origin, Referer, Accept-Language or a name that begins with Sec-. No page can take Accept-Language or
// Sec- away. What is no browser may call this machine what it likes, or nothing.
[[nodiscard]] Refusal unknown_host(const Head& head);

}  // namespace socle::gateway
