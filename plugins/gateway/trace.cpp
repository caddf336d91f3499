// trace.cpp: see trace.hpp. W3C Trace Context level 1; B3 as openzipkin/b3-propagation describes it.
#include "trace.hpp"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace socle::gateway {

namespace {

bool from_hex(std::string_view text, std::uint8_t* out, std::size_t size) {
  if (text.size() != size * 2) return false;
  bool some = false;
  for (std::size_t i = 0; i < size; ++i) {
    const char high = text[2 * i];
    const char low = text[2 * i + 1];
    if (high != ascii::lower(high) || low != ascii::lower(low)) return false;
    const int a = ascii::hex_value(high);
    const int b = ascii::hex_value(low);
    if (a < 0 || b < 0) return false;
    out[i] = static_cast<std::uint8_t>(a * 16 + b);
    some = some || out[i] != 0;
  }
  return some;
}

// 128 bits, or 64 that are filled up with zeros in front.
bool trace_id_of(std::string_view text, Trace& trace) {
  if (text.size() != 16) return from_hex(text, trace.id.data(), 16);
  trace.id.fill(0);
  return from_hex(text, trace.id.data() + 8, 8);
}

bool w3c(std::string_view text, Trace& trace) {
  // version "-" trace-id "-" parent-id "-" flags; a version above 00 may carry more behind another "-".
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  if (version == "00" ? text.size() != 55 : text.size() > 55 && text[55] != '-') return false;
  std::uint8_t number = 0;
  if (version != "00" && (!from_hex(version, &number, 1) || number == 0xff)) return false;
  if (!from_hex(text.substr(3, 32), trace.id.data(), 16) || !from_hex(text.substr(36, 16), trace.parent.data(), 8)) {
    return false;
  }
  trace.flags = 0;
  return text.substr(53, 2) == "00" || from_hex(text.substr(53, 2), &trace.flags, 1);
}

bool b3_single(std::string_view text, Trace& trace) {
  const std::size_t first = text.find('-');
  if (first == std::string_view::npos || !trace_id_of(text.substr(0, first), trace)) return false;
  text.remove_prefix(first + 1);
  if (!from_hex(text.substr(0, 16), trace.parent.data(), 8)) return false;
  text.remove_prefix(16);
  if (!text.empty() && text.front() != '-') return false;
  trace.flags = text.size() > 1 && (text[1] == '1' || text[1] == 'd') ? 1 : 0;
  return true;
}

std::uint64_t rotl(std::uint64_t x, int k) { return x << k | x >> (64 - k); }

}  // namespace

RandomIds::RandomIds() {
  if (getrandom(state_.data(), sizeof state_, 0) != static_cast<ssize_t>(sizeof state_)) {
    const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    for (std::size_t i = 0; i < state_.size(); ++i) state_[i] = now * (2 * i + 0x9e3779b97f4a7c15u);
  }
  state_[0] |= 1;
}

std::uint64_t RandomIds::next() {
  const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotl(state_[3], 45);
  return result;
}

bool read_trace(const Head& head, RandomIds& random, Trace& trace) {
  trace = Trace();
  const std::uint64_t own = random.next() | 1;
  std::memcpy(trace.own.data(), &own, sizeof own);
  std::string_view text = head.value("traceparent");
  if (text.data() && w3c(text, trace)) return true;
  text = head.value("b3");
  if (text.data() && b3_single(text, trace)) return true;
  text = head.value("x-b3-traceid");
  if (text.data() && trace_id_of(text, trace) && from_hex(head.value("x-b3-spanid"), trace.parent.data(), 8)) {
    trace.flags = head.value("x-b3-sampled") == "1" || head.value("x-b3-flags") == "1" ? 1 : 0;
    return true;
  }
  trace.id.fill(0);
  trace.parent.fill(0);
  trace.flags = 0;
  const std::uint64_t words[2] = {random.next(), random.next() | 1};
  std::memcpy(trace.id.data(), words, sizeof words);
  return false;
}

bool valid_request_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'z') ||
           std::string_view("._:/+=-").find(c) != std::string_view::npos;
  });
}

void append_hex(std::string& out, const std::uint8_t* bytes, std::size_t size) {
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(digits[bytes[i] >> 4]);
    out.push_back(digits[bytes[i] & 15]);
  }
}

}  // namespace socle::gateway
