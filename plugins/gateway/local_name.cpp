#include "local_name.hpp"

#include <arpa/inet.h>

#include <string>

namespace socle::gateway {

namespace {

bool on_loopback(std::string_view literal, int family) {
  const std::string text(literal);
  in6_addr six{};
  in_addr four{};
  if (family == AF_INET6) return ::inet_pton(AF_INET6, text.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
  return ::inet_pton(AF_INET, text.c_str(), &four) == 1 && ntohl(four.s_addr) >> 24U == 127;
}

bool added_by_browsers(std::string_view name) {
  constexpr std::string_view reserved = "sec-";
  return ascii::same(name, "origin") || ascii::same(name, "referer") || ascii::same(name, "accept-language") ||
         ascii::same(name.substr(0, reserved.size()), reserved);
}

}  // namespace

bool names_this_machine(std::string_view authority) {
  constexpr std::string_view own = "localhost", under = ".localhost";
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    return end != std::string_view::npos && on_loopback(authority.substr(1, end - 1), AF_INET6);
  }
  std::string_view name = authority.substr(0, authority.find(':'));
  if (on_loopback(name, AF_INET)) return true;
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);  // the root of all names
  if (ascii::same(name, own)) return true;
  return name.size() > under.size() && ascii::same(name.substr(name.size() - under.size()), under);
}

Refusal unknown_host(const Head& head) {
  const std::string_view host = head.value("host");
  if (!host.data() || names_this_machine(host)) return {};
  for (std::uint32_t i = 0; i < head.field_count; ++i) {
    if (!added_by_browsers(head.text(head.fields[i].name))) continue;
    return {403, unknown_host_code,
            "This listener stands for a user of this machine and answers browsers only under localhost, a name under "
            "localhost, 127.0.0.0/8 or [::1]",
            host};
  }
  return {};
}

}  // namespace socle::gateway
