// target.cpp: see target.hpp.
#include "target.hpp"

#include <algorithm>

#include "ascii.hpp"
#include "head_scan.hpp"

namespace socle::gateway {

Method method_of(std::string_view text) {
  switch (text.size()) {
    case 3: return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::other;
    case 4: return text == "POST" ? Method::post : text == "HEAD" ? Method::head : Method::other;
    case 5: return text == "PATCH" ? Method::patch : Method::other;
    case 6: return text == "DELETE" ? Method::remove : Method::other;
    case 7: return text == "OPTIONS" ? Method::options : Method::other;
    default: return Method::other;
  }
}

std::string_view to_text(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::remove: return "DELETE";
    case Method::options: return "OPTIONS";
    case Method::other: break;
  }
  return "";
}

namespace {

constexpr Refusal bad_target = bad_request("bad_target", "The request target is not a path with an optional query.");

// "." and "..", also with their dots percent-encoded.
bool is_dot_segment(std::string_view segment) {
  int dots = 0;
  while (!segment.empty()) {
    if (segment.front() == '.') {
      segment.remove_prefix(1);
    } else if (segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' && ascii::lower(segment[2]) == 'e') {
      segment.remove_prefix(3);
    } else {
      return false;
    }
    ++dots;
  }
  return dots == 1 || dots == 2;
}

}  // namespace

Refusal parse_target(Method method, std::string_view text, Target& out) {
  if (text == "*") {
    out.asterisk = true;
    if (method == Method::options) return {};
    return bad_request("bad_target", "The target * belongs to OPTIONS only.");
  }
  if (text.empty()) return bad_target;
  if (text.front() != '/') {
    const std::size_t scheme = text.find("://");
    if (scheme == std::string_view::npos) return bad_target;
    const std::string_view name = text.substr(0, scheme);
    if (!ascii::same(name, "http") && !ascii::same(name, "https")) return bad_target;
    text.remove_prefix(scheme + 3);
    const std::size_t end = text.find_first_of("/?#");
    if (!valid_authority(text.substr(0, end))) return bad_target;
    text = end == std::string_view::npos ? std::string_view("/") : text.substr(end);
    if (text.front() == '?') {
      out.path = "/";
      out.query = text.substr(1);
      return out.query.find('#') == std::string_view::npos ? Refusal{} : bad_target;
    }
    if (text.front() != '/') return bad_target;
  }
  const std::size_t mark = text.find('?');
  out.path = text.substr(0, mark);
  if (mark != std::string_view::npos) out.query = text.substr(mark + 1);
  if (!ascii::all(out.path, ascii::path) || out.query.find('#') != std::string_view::npos) return bad_target;
  for (std::string_view rest = out.path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::size_t end = rest.find('/');
    if (is_dot_segment(rest.substr(0, end))) {
      return bad_request("bad_target", "The path holds the segment . or .., which a client resolves before it asks.");
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end);
  }
  if (out.path.find('%') == std::string_view::npos) return {};
  std::string plain;
  const bool decodes = percent_decode(out.path, false, plain) && std::none_of(plain.begin(), plain.end(), [](char c) {
                         return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                       });
  if (decodes) return {};
  return bad_request("bad_target", "The path is not percent-encoded UTF-8 without control characters.");
}

bool percent_decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  bool plain = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return false;
      const int high = ascii::hex_value(text[i + 1]);
      const int low = ascii::hex_value(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
      if (c == '\0') return false;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    plain = plain && static_cast<unsigned char>(c) < 0x80;
    out.push_back(c);
  }
  return plain || valid_utf8(out);
}

bool valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : (lead & 0xf0) == 0xe0       ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
    if (size == 0 || text.size() - i < size) return false;
    std::uint32_t point = size == 1 ? lead : lead & (0x7fu >> size);
    for (std::size_t k = 1; k < size; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    if (size == 3 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) return false;
    if (size == 4 && (point < 0x10000 || point > 0x10ffff)) return false;
    i += size;
  }
  return true;
}

}  // namespace socle::gateway
