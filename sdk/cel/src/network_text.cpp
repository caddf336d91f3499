#include "network_text.hpp"

#include <arpa/inet.h>

#include <cstdio>

namespace socle::cel {

std::string ip_text(const Value& ip) {
  unsigned char bytes[16];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned char>(ip.address_high() >> (56 - 8 * i));
    bytes[8 + i] = static_cast<unsigned char>(ip.address_low() >> (56 - 8 * i));
  }
  char buffer[64] = {};
  const std::uint64_t low = ip.address_low();
  if (ip.family() == 4)
    inet_ntop(AF_INET, bytes + 12, buffer, sizeof buffer);
  else if (ip.address_high() == 0 && low > 0xffff && low <= 0xffffffff)  // the system writes its end as IPv4
    std::snprintf(buffer, sizeof buffer, "::%x:%x", static_cast<unsigned>(low >> 16U),
                  static_cast<unsigned>(low & 0xffffU));
  else
    inet_ntop(AF_INET6, bytes, buffer, sizeof buffer);
  return buffer;
}

std::string cidr_text(const Value& cidr) { return ip_text(cidr) + "/" + std::to_string(cidr.prefix()); }

}  // namespace socle::cel
