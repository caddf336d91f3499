// fn_network.cpp: the network extension: ip and cidr. Zones and IPv4-mapped addresses in dotted form are refused; in
// hexadecimal form they are the IPv4 address, and no start of a range. Other addresses may end in a dotted IPv4 one.
#include <arpa/inet.h>

#include <cstring>
#include <optional>

#include "library.hpp"
#include "network_text.hpp"
#include "numbers.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

struct Address {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  unsigned family = 4;
  bool mapped = false;  // read from ::ffff:x:y
};

std::optional<Address> parse_ip(std::string_view text) {
  if (text.size() > 45 || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  unsigned char bytes[16] = {};
  Address out;
  if (inet_pton(AF_INET, copy.c_str(), bytes + 12) == 1) {
    out.family = 4;
  } else if (inet_pton(AF_INET6, copy.c_str(), bytes) == 1) {
    out.family = 6;
  } else {
    return std::nullopt;
  }
  for (int i = 0; i < 8; ++i) {
    out.high = out.high << 8 | bytes[i];
    out.low = out.low << 8 | bytes[8 + i];
  }
  if (out.family == 6 && out.high == 0 && out.low >> 32 == 0xffff) {
    if (copy.find('.') != std::string::npos) return std::nullopt;
    out.family = 4;
    out.low &= 0xffffffff;
    out.mapped = true;
  }
  return out;
}

struct Range {
  Address address;
  unsigned prefix = 0;
};
std::optional<Range> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ip(text.substr(0, slash));
  const auto digits = text.substr(slash + 1);
  if (!address || address->mapped || digits.empty() || digits.size() > 3 || digits[0] == '+' ||
      (digits.size() > 1 && digits[0] == '0'))
    return std::nullopt;
  const auto prefix = parse_integer<std::uint64_t>(digits);
  if (!prefix || *prefix > (address->family == 4 ? 32u : 128u)) return std::nullopt;
  return Range{*address, static_cast<unsigned>(*prefix)};
}

// The address with everything after the prefix cleared.
Address masked(Address a, unsigned prefix) {
  const auto bits = a.family == 4 ? prefix + 96 : prefix;
  a.high = bits == 0 ? 0 : bits >= 64 ? a.high : a.high >> (64 - bits) << (64 - bits);
  a.low = bits <= 64 ? 0 : bits >= 128 ? a.low : a.low >> (128 - bits) << (128 - bits);
  return a;
}
Value to_value(const Address& a) { return Value::ip(a.high, a.low, a.family); }
Address address_of(const Value& v) { return {v.address_high(), v.address_low(), v.family(), false}; }

Value bad(Context& c, const Value& text, std::string_view what) {
  return c.error(ErrorCode::invalid_argument, "'" + shortened(text.as_string()) + "' is no " + std::string(what));
}
Value ip(Context& c, Args a) {
  const auto out = parse_ip(a[0].as_string());
  return out ? to_value(*out) : bad(c, a[0], "IP address");
}
Value is_ip(Context&, Args a) { return Value::boolean(parse_ip(a[0].as_string()).has_value()); }
Value is_canonical(Context& c, Args a) {
  const auto out = parse_ip(a[0].as_string());
  return out ? Value::boolean(ip_text(to_value(*out)) == a[0].as_string()) : bad(c, a[0], "IP address");
}
Value ip_to_string(Context& c, Args a) { return c.text(ip_text(a[0])); }
Value family(Context&, Args a) { return Value::integer(a[0].family()); }

bool is_v4(const Value& v) { return v.family() == 4; }
std::uint32_t v4(const Value& v) { return static_cast<std::uint32_t>(v.address_low()); }
Value is_loopback(Context&, Args a) {
  return Value::boolean(is_v4(a[0]) ? v4(a[0]) >> 24 == 127 : a[0].address_high() == 0 && a[0].address_low() == 1);
}
Value is_unspecified(Context&, Args a) {
  return Value::boolean(is_v4(a[0]) ? v4(a[0]) == 0 : a[0].address_high() == 0 && a[0].address_low() == 0);
}
Value is_global_unicast(Context& c, Args a) {
  if (is_v4(a[0]))
    return Value::boolean(v4(a[0]) != 0 && v4(a[0]) != 0xffffffffu && v4(a[0]) >> 24 != 127 && v4(a[0]) >> 28 != 14 &&
                          v4(a[0]) >> 16 != 0xA9FE);
  const auto high = a[0].address_high();
  return Value::boolean(!is_loopback(c, a).as_bool() && !is_unspecified(c, a).as_bool() && high >> 56 != 0xff &&
                        high >> 54 != 0x3FA);
}
Value is_link_local_multicast(Context&, Args a) {
  return Value::boolean(is_v4(a[0]) ? v4(a[0]) >> 8 == 0xE00000 : (a[0].address_high() >> 48 & 0xff0f) == 0xff02);
}
Value is_link_local_unicast(Context&, Args a) {
  return Value::boolean(is_v4(a[0]) ? v4(a[0]) >> 16 == 0xA9FE : a[0].address_high() >> 54 == 0x3FA);
}

Value cidr(Context& c, Args a) {
  const auto out = parse_cidr(a[0].as_string());
  return out ? Value::cidr(out->address.high, out->address.low, out->address.family, out->prefix)
             : bad(c, a[0], "CIDR range");
}
Value is_cidr(Context&, Args a) { return Value::boolean(parse_cidr(a[0].as_string()).has_value()); }
Value cidr_to_string(Context& c, Args a) { return c.text(cidr_text(a[0])); }
Value cidr_ip(Context&, Args a) { return to_value(address_of(a[0])); }
Value prefix_length(Context&, Args a) { return Value::integer(a[0].prefix()); }
Value masked_range(Context&, Args a) {
  const auto m = masked(address_of(a[0]), a[0].prefix());
  return Value::cidr(m.high, m.low, m.family, a[0].prefix());
}
Value is_mask(Context&, Args a) {
  const auto m = masked(address_of(a[0]), a[0].prefix());
  return Value::boolean(m.high == a[0].address_high() && m.low == a[0].address_low());
}
bool inside(const Value& range, const Address& address) {
  if (range.family() != address.family) return false;
  const auto x = masked(address_of(range), range.prefix());
  const auto y = masked(address, range.prefix());
  return x.high == y.high && x.low == y.low;
}
Value contains_ip(Context&, Args a) { return Value::boolean(inside(a[0], address_of(a[1]))); }
Value contains_ip_text(Context& c, Args a) {
  const auto address = parse_ip(a[1].as_string());
  return address ? Value::boolean(inside(a[0], *address)) : bad(c, a[1], "IP address");
}
Value contains_cidr(Context&, Args a) {
  return Value::boolean(a[1].prefix() >= a[0].prefix() && inside(a[0], address_of(a[1])));
}
Value contains_cidr_text(Context& c, Args a) {
  const auto range = parse_cidr(a[1].as_string());
  return range ? Value::boolean(range->prefix >= a[0].prefix() && inside(a[0], range->address))
               : bad(c, a[1], "CIDR range");
}
Value same(Context&, Args a) { return a[0]; }

constexpr Builtin table[] = {
    {"ip", "(string): net.IP", ip},
    {"ip", "(net.IP): net.IP", same},
    {"isIP", "(string): bool", is_ip},
    {"ip.isCanonical", "(string): bool", is_canonical},
    {"string", "(net.IP): string", ip_to_string},
    {"family", "net.IP.(): int", family},
    {"isLoopback", "net.IP.(): bool", is_loopback},
    {"isUnspecified", "net.IP.(): bool", is_unspecified},
    {"isGlobalUnicast", "net.IP.(): bool", is_global_unicast},
    {"isLinkLocalMulticast", "net.IP.(): bool", is_link_local_multicast},
    {"isLinkLocalUnicast", "net.IP.(): bool", is_link_local_unicast},
    {"cidr", "(string): net.CIDR", cidr},
    {"cidr", "(net.CIDR): net.CIDR", same},
    {"isCIDR", "(string): bool", is_cidr},
    {"string", "(net.CIDR): string", cidr_to_string},
    {"ip", "net.CIDR.(): net.IP", cidr_ip},
    {"prefixLength", "net.CIDR.(): int", prefix_length},
    {"masked", "net.CIDR.(): net.CIDR", masked_range},
    {"isMask", "net.CIDR.(): bool", is_mask},
    {"containsIP", "net.CIDR.(net.IP): bool", contains_ip},
    {"containsIP", "net.CIDR.(string): bool", contains_ip_text},
    {"containsCIDR", "net.CIDR.(net.CIDR): bool", contains_cidr},
    {"containsCIDR", "net.CIDR.(string): bool", contains_cidr_text},
};

}  // namespace

std::span<const Builtin> network_functions() { return table; }

}  // namespace socle::cel
