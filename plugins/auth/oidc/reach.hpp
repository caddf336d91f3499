// reach.hpp: to which addresses this system may be made to talk by what a tenant writes (server-side request forgery):
// the address itself is judged, after the name was resolved and before the connection is made. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace socle::oidc {

// IPv6; IPv4 is ::ffff:a.b.c.d.
using Address = std::array<std::uint8_t, 16>;

enum class Reach {
  open,      // addresses of the Internet
  intranet,  // and private networks (RFC 1918, RFC 4193, RFC 6598)
  local,     // and this machine; there TLS is not asked for
};

// Link-local (where clouds keep their metadata), multicast, documentation and reserved addresses: never.
[[nodiscard]] bool may_reach(Reach reach, const Address& address);
[[nodiscard]] bool is_loopback(const Address& address);

// Of an address literal without brackets; nothing when it is a name.
[[nodiscard]] std::optional<Address> read_address(std::string_view text);
[[nodiscard]] Address address_of_v4(const std::uint8_t* four_bytes);
[[nodiscard]] bool is_v4(const Address& address);

}  // namespace socle::oidc
