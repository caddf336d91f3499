// hand_over.cpp: see hand_over.hpp. Layout: NUL 'S' '2', flags, HTTP minor version, trace id (16), trace flags, then
// the texts, each as four bytes of size, little-endian, and its bytes.
#include "hand_over.hpp"

#include <cstring>

namespace socle::gateway {

namespace {

constexpr std::string_view magic("\0S2", 3);
constexpr std::size_t fixed = 3 + 1 + 1 + 16 + 1;
enum Flag : unsigned char { events = 1, chunked = 2, keep_alive = 4 };

void put(std::string& out, std::string_view text) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(text.size() >> shift & 0xff));
  out.append(text);
}

bool take(std::string_view& in, std::string& text) {
  if (in.size() < 4) return false;
  std::size_t size = 0;
  for (int i = 3; i >= 0; --i) size = size << 8 | static_cast<unsigned char>(in[static_cast<std::size_t>(i)]);
  if (in.size() - 4 < size) return false;
  text = std::string(in.substr(4, size));
  in.remove_prefix(4 + size);
  return true;
}

}  // namespace

std::string encode_stream(const Exchange& exchange) {
  const Stream& s = exchange.stream;
  std::string out(magic);
  out.push_back(
      static_cast<char>((s.events ? events : 0) | (s.chunked ? chunked : 0) | (exchange.keep_alive ? keep_alive : 0)));
  out.push_back(static_cast<char>(exchange.head.framing.minor));
  out.append(reinterpret_cast<const char*>(exchange.trace.id.data()), exchange.trace.id.size());
  out.push_back(static_cast<char>(exchange.trace.flags));
  for (const std::string* text : {&s.service, &s.call, &s.cursor, &s.tenant, &s.principal, &exchange.request_id,
                                  &s.claims, &s.proof.authorization, &s.proof.cookie, &s.proof.access}) {
    put(out, *text);
  }
  return out;
}

bool decode_stream(std::string_view buffered, Exchange& exchange, std::string_view& rest) {
  if (buffered.size() < fixed || buffered.substr(0, magic.size()) != magic) return false;
  const auto flags = static_cast<unsigned char>(buffered[3]);
  Stream& s = exchange.stream;
  s.events = flags & events;
  s.chunked = flags & chunked;
  exchange.keep_alive = flags & keep_alive;
  exchange.head.framing.minor = static_cast<std::uint8_t>(buffered[4]);
  std::memcpy(exchange.trace.id.data(), buffered.data() + 5, 16);
  exchange.trace.flags = static_cast<std::uint8_t>(buffered[21]);
  rest = buffered.substr(fixed);
  for (std::string* text : {&s.service, &s.call, &s.cursor, &s.tenant, &s.principal, &exchange.request_id, &s.claims,
                            &s.proof.authorization, &s.proof.cookie, &s.proof.access}) {
    if (!take(rest, *text)) return false;
  }
  s.active = true;
  append_hex(exchange.trace_hex, exchange.trace.id.data(), 16);
  return true;
}

}  // namespace socle::gateway
