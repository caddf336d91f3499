// network_text.hpp: addresses and ranges as texts, the shortest usual form. Any thread.
#pragma once

#include <string>

#include "socle/cel/value.hpp"

namespace socle::cel {

// REQUIRES: an ip or a cidr, of which the address is told
[[nodiscard]] std::string ip_text(const Value& ip);
[[nodiscard]] std::string cidr_text(const Value& cidr);

}  // namespace socle::cel
