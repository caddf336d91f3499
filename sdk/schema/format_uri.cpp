// format_uri.cpp: the grammars of URIs and IRIs (RFC 3986 appendix A, RFC 3987 section 2.2), URI templates (RFC 6570
// section 2) and JSON pointers (RFC 6901; relative ones: draft-bhutton-relative-json-pointer-00). Any thread.
#include <algorithm>
#include <string>

#include "format.hpp"
#include "utf8.hpp"

namespace socle::schema {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_in(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

bool is_unreserved(char c) { return is_letter(c) || is_digit(c) || is_in(c, "-._~"); }
constexpr std::string_view sub_delimiters = "!$&'()*+,;=";

// RFC 3987 ucschar; RFC 6570 uses the same.
bool is_ucs(char32_t p) {
  if (p < 0xA0) return false;
  if (p <= 0xD7FF || (p >= 0xF900 && p <= 0xFDCF) || (p >= 0xFDF0 && p <= 0xFFEF)) return true;
  return p >= 0x10000 && p <= 0xEFFFD && (p & 0xFFFF) <= 0xFFFD && !(p >= 0xE0000 && p < 0xE1000);
}
bool is_private(char32_t p) { return (p >= 0xE000 && p <= 0xF8FF) || (p >= 0xF0000 && (p & 0xFFFF) <= 0xFFFD); }

struct Grammar {
  bool international;

  // Text of unreserved, escapes, sub-delimiters and `extra`.
  [[nodiscard]] bool only(std::string_view text, std::string_view extra, bool private_use = false) const {
    for (std::size_t at = 0; at < text.size();) {
      const char c = text[at];
      if (c == '%') {
        if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
        at += 3;
      } else if ((c & 0x80) != 0) {
        const char32_t point = next_code_point(text, at);
        if (!international || !(is_ucs(point) || (private_use && is_private(point)))) return false;
      } else if (is_unreserved(c) || is_in(c, sub_delimiters) || is_in(c, extra)) {
        ++at;
      } else {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] bool literal_host(std::string_view host) const {
    if (host.empty() || (host[0] | 32) != 'v') return is_ipv6(host);
    const auto dot = host.find('.');
    if (dot == std::string_view::npos || dot < 2 || dot + 1 >= host.size()) return false;
    const auto version = host.substr(1, dot - 1);
    const auto rest = host.substr(dot + 1);
    return std::all_of(version.begin(), version.end(), is_hex) && std::all_of(rest.begin(), rest.end(), [](char c) {
             return is_unreserved(c) || is_in(c, sub_delimiters) || c == ':';
           });
  }

  [[nodiscard]] bool authority(std::string_view text) const {
    if (const auto at = text.find('@'); at != std::string_view::npos) {
      if (!only(text.substr(0, at), ":")) return false;
      text.remove_prefix(at + 1);
    }
    if (text.starts_with('[')) {
      const auto close = text.find(']');
      if (close == std::string_view::npos || !literal_host(text.substr(1, close - 1))) return false;
      text.remove_prefix(close + 1);
      if (!text.empty() && text[0] != ':') return false;
    } else {
      const auto colon = std::min(text.find(':'), text.size());
      if (!only(text.substr(0, colon), "")) return false;
      text.remove_prefix(colon);
    }
    return std::all_of(text.begin() + (text.empty() ? 0 : 1), text.end(), is_digit);
  }
};

// Length of a leading "scheme", or npos when there is none.
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return std::string_view::npos;
  std::size_t at = 1;
  while (at < text.size() && (is_letter(text[at]) || is_digit(text[at]) || is_in(text[at], "+-."))) ++at;
  return at < text.size() && text[at] == ':' ? at : std::string_view::npos;
}

bool is_variable_list(std::string_view list) {
  std::size_t at = 0;
  const auto variable = [&] {
    bool after_dot = true;  // a name is varchars, with single dots between them
    const std::size_t first = at;
    while (at < list.size()) {
      const char c = list[at];
      if (c == '%') {
        if (at + 2 >= list.size() || !is_hex(list[at + 1]) || !is_hex(list[at + 2])) return false;
        at += 3;
        after_dot = false;
      } else if (is_letter(c) || is_digit(c) || c == '_') {
        ++at;
        after_dot = false;
      } else if (c == '.' && !after_dot) {
        ++at;
        after_dot = true;
      } else {
        break;
      }
    }
    if (at == first || after_dot) return false;
    if (at < list.size() && list[at] == '*') {
      ++at;
    } else if (at < list.size() && list[at] == ':') {
      const std::size_t digits = ++at;
      while (at < list.size() && is_digit(list[at])) ++at;
      if (at == digits || at - digits > 4 || list[digits] == '0') return false;
    }
    return true;
  };
  while (variable()) {
    if (at == list.size()) return true;
    if (list[at++] != ',') return false;
  }
  return false;
}

}  // namespace

bool is_uri(std::string_view text, bool international, bool reference) {
  const Grammar grammar{international};
  const std::size_t scheme = scheme_length(text);
  if (scheme == std::string_view::npos) {
    if (!reference) return false;
  } else {
    text.remove_prefix(scheme + 1);
  }
  if (const auto hash = text.find('#'); hash != std::string_view::npos) {
    if (!grammar.only(text.substr(hash + 1), ":@/?")) return false;
    text = text.substr(0, hash);
  }
  if (const auto mark = text.find('?'); mark != std::string_view::npos) {
    if (!grammar.only(text.substr(mark + 1), ":@/?", true)) return false;
    text = text.substr(0, mark);
  }
  if (text.starts_with("//")) {
    const auto end = std::min(text.find('/', 2), text.size());
    return grammar.authority(text.substr(2, end - 2)) && grammar.only(text.substr(end), ":@/");
  }
  // Without a scheme the first segment must not look like one.
  if (scheme == std::string_view::npos && text.find(':') < text.find('/')) return false;
  return grammar.only(text, ":@/");
}

bool is_uri_template(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '{') {
      const auto close = text.find('}', at);
      if (close == std::string_view::npos) return false;
      std::string_view inner = text.substr(at + 1, close - at - 1);
      if (!inner.empty() && is_in(inner[0], "+#./;?&=,!@|")) inner.remove_prefix(1);
      if (!is_variable_list(inner)) return false;
      at = close + 1;
    } else if (c == '%') {
      if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
      at += 3;
    } else if ((c & 0x80) != 0) {
      const char32_t point = next_code_point(text, at);
      if (!is_ucs(point) && !is_private(point)) return false;
    } else if (c <= ' ' || c == 0x7F || is_in(c, "\"<>\\^`|}")) {
      return false;
    } else {
      ++at;
    }
  }
  return true;
}

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '~' && (at + 1 >= text.size() || (text[at + 1] != '0' && text[at + 1] != '1'))) return false;
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  std::size_t at = 0;
  const auto number = [&] {
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > first && (text[first] != '0' || at - first == 1);
  };
  if (!number()) return false;
  return text.substr(at) == "#" || is_json_pointer(text.substr(at));
}

}  // namespace socle::schema
