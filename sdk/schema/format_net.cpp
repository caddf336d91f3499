// format_net.cpp: addresses, host names, mailboxes and UUIDs. All ASCII work is by table or comparison, no locale.
#include <algorithm>
#include <array>
#include <cstdint>

#include "format.hpp"

namespace socle::schema {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
bool is_wide(char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }

// What each byte may be part of, so that a text is judged with one lookup a byte.
enum : std::uint8_t { in_atom = 1, in_label = 2, in_hex = 4 };
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 128; ++c) {
    const char letter = static_cast<char>(c);
    const bool alphanumeric = is_alphanumeric(letter);
    // RFC 5321 atext
    if (alphanumeric || std::string_view("!#$%&'*+-/=?^_`{|}~").find(letter) != std::string_view::npos)
      classes[c] |= in_atom;
    if (alphanumeric || letter == '-') classes[c] |= in_label;
    if (is_hex(letter)) classes[c] |= in_hex;
  }
  return classes;
}
constexpr std::array<std::uint8_t, 256> classes = make_classes();
bool is(char c, std::uint8_t set) { return (classes[static_cast<unsigned char>(c)] & set) != 0; }
bool is_atom(char c) { return is(c, in_atom); }

bool is_local_part(std::string_view local, bool international) {
  if (local.empty() || local.size() > 64) return false;
  if (local.front() == '"') {
    if (local.size() < 2 || local.back() != '"') return false;
    const std::string_view inner = local.substr(1, local.size() - 2);
    for (std::size_t i = 0; i < inner.size(); ++i) {
      const char c = inner[i];
      if (c == '\\') {
        if (++i == inner.size() || inner[i] < ' ' || inner[i] > '~') return false;
      } else if (c == '"' || !((c >= ' ' && c <= '~') || (international && is_wide(c)))) {
        return false;
      }
    }
    return true;
  }
  char before = '.';
  for (const char c : local) {
    if (c == '.' ? before == '.' : !(is_atom(c) || (international && is_wide(c)))) return false;
    before = c;
  }
  return before != '.';
}

bool is_mail_host(std::string_view host, bool international) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    const std::string_view literal = host.substr(1, host.size() - 2);
    const auto tag = literal.substr(0, 5);
    const bool six = tag.size() == 5 && (tag[0] | 32) == 'i' && (tag[1] | 32) == 'p' && (tag[2] | 32) == 'v' &&
                     tag[3] == '6' && tag[4] == ':';
    return six ? is_ipv6(literal.substr(5)) : is_ipv4(literal);
  }
  return is_hostname(host) || (international && is_idn_hostname(host));
}

// The last '@' outside of quotes separates; a quoted local part may contain others.
std::size_t separator(std::string_view text) {
  if (!text.empty() && text.front() == '"') {
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '"')
        return i + 1 < text.size() && text[i + 1] == '@' ? i + 1 : std::string_view::npos;
    }
    return std::string_view::npos;
  }
  return text.find('@');
}

bool is_mailbox(std::string_view text, bool international) {
  const std::size_t at = separator(text);
  return at != std::string_view::npos && is_local_part(text.substr(0, at), international) &&
         is_mail_host(text.substr(at + 1), international);
}

}  // namespace

bool is_ipv4(std::string_view text) {
  std::size_t at = 0;
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0 && (at >= text.size() || text[at++] != '.')) return false;
    const std::size_t first = at;
    unsigned value = 0;
    while (at < text.size() && is_digit(text[at]) && at - first < 3)
      value = value * 10 + static_cast<unsigned>(text[at++] - '0');
    if (at == first || value > 255 || (text[first] == '0' && at - first > 1)) return false;
  }
  return at == text.size();
}

bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  std::size_t at = 0;
  if (text.starts_with("::")) {
    gap = true;
    at = 2;
  }
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(':', at), text.size());
    const std::string_view group = text.substr(at, end - at);
    if (end == text.size() && group.find('.') != std::string_view::npos) {
      if (!is_ipv4(group)) return false;
      groups += 2;
      at = end;
      break;
    }
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex) || ++groups > 8)
      return false;
    at = end;
    if (at == text.size()) break;
    if (++at == text.size()) return false;  // one colon at the end
    if (text[at] == ':') {
      if (gap) return false;
      gap = true;
      ++at;
    }
  }
  return gap ? groups <= 7 : groups == 8;
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t first = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != '.') {
      if (!is(text[i], in_label)) return false;
      continue;
    }
    const std::string_view label = text.substr(first, i - first);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (label.size() >= 4 && label[2] == '-' && label[3] == '-' && (label[0] | 32) == 'x' && (label[1] | 32) == 'n' &&
        !is_a_label(label))
      return false;
    first = i + 1;
  }
  return true;
}

bool is_email(std::string_view text) { return is_mailbox(text, false); }
bool is_idn_email(std::string_view text) { return is_mailbox(text, true); }

bool is_uuid(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  unsigned good = in_hex;
  const auto hex = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) good &= classes[static_cast<unsigned char>(text[i])];
  };
  hex(0, 8);
  hex(9, 13);
  hex(14, 18);
  hex(19, 23);
  hex(24, 36);
  return good != 0;
}

}  // namespace socle::schema
