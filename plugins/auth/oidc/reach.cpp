#include "oidc/reach.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace socle::oidc {
namespace {

enum class Kind { open, intranet, loopback, never };

struct Block {
  std::uint32_t base;
  unsigned bits;
  Kind kind;
};

// IANA's special-purpose registry, as far as it is not global.
constexpr Block blocks[] = {
    {0x00000000, 8, Kind::never},      // this network
    {0x0A000000, 8, Kind::intranet},   // 10/8
    {0x64400000, 10, Kind::intranet},  // 100.64/10, carrier NAT
    {0x7F000000, 8, Kind::loopback},   // 127/8
    {0xA9FE0000, 16, Kind::never},     // 169.254/16, link-local
    {0xAC100000, 12, Kind::intranet},  // 172.16/12
    {0xC0000000, 24, Kind::never},     // 192.0.0/24
    {0xC0000200, 24, Kind::never},     // documentation
    {0xC0586300, 24, Kind::never},     // 6to4 relays
    {0xC0A80000, 16, Kind::intranet},  // 192.168/16
    {0xC6120000, 15, Kind::never},     // benchmarks
    {0xC6336400, 24, Kind::never},     // documentation
    {0xCB007100, 24, Kind::never},     // documentation
    {0xE0000000, 3, Kind::never},      // multicast, reserved, broadcast
};

Kind kind_of_v4(std::uint32_t address) {
  for (const Block& block : blocks)
    if (((address ^ block.base) >> (32 - block.bits)) == 0) return block.kind;
  return Kind::open;
}

std::uint32_t word(const Address& a, std::size_t at) {
  return std::uint32_t{a[at]} << 24U | std::uint32_t{a[at + 1]} << 16U | std::uint32_t{a[at + 2]} << 8U | a[at + 3];
}

bool starts(const Address& address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

// Forms of IPv6 that carry an IPv4 address lead where that one leads.
Kind kind_of(const Address& a) {
  if (is_v4(a)) return kind_of_v4(word(a, 12));
  if (starts(a, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) return kind_of_v4(word(a, 12));  // 64:ff9b::/96, NAT64
  if (starts(a, {0x20, 0x02})) return kind_of_v4(word(a, 2));                                    // 2002::/16, 6to4
  if (starts(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) return word(a, 12) == 1 ? Kind::loopback : Kind::never;
  if ((a[0] & 0xFEU) == 0xFC) return Kind::intranet;            // fc00::/7
  if (starts(a, {0x20, 0x01, 0x0D, 0xB8})) return Kind::never;  // documentation
  if (starts(a, {0x20, 0x01}) && a[2] < 2) return Kind::never;  // 2001::/23: Teredo and protocols
  return (a[0] & 0xE0U) == 0x20 ? Kind::open : Kind::never;     // 2000::/3 is all that is global
}

}  // namespace

bool is_v4(const Address& a) { return starts(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}); }
bool is_loopback(const Address& address) { return kind_of(address) == Kind::loopback; }

bool may_reach(Reach reach, const Address& address) {
  switch (kind_of(address)) {
    case Kind::open: return true;
    case Kind::intranet: return reach != Reach::open;
    case Kind::loopback: return reach == Reach::local;
    case Kind::never: return false;
  }
  return false;
}

Address address_of_v4(const std::uint8_t* four_bytes) {
  Address out{};
  out[10] = out[11] = 0xFF;
  std::copy_n(four_bytes, 4, out.begin() + 12);
  return out;
}

std::optional<Address> read_address(std::string_view text) {
  const std::string terminated(text);
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return address_of_v4(v4.data());
  Address v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return v6;
  return std::nullopt;
}

}  // namespace socle::oidc
