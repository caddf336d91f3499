// uri.cpp: splitting by the regular expression of RFC 3986 appendix B, by hand, and reference resolution.
#include "uri.hpp"

#include <algorithm>

namespace socle::schema {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string remove_dot_segments(std::string_view in) {
  std::string out;
  while (!in.empty()) {
    if (in.starts_with("../")) {
      in.remove_prefix(3);
    } else if (in.starts_with("./") || in.starts_with("/./")) {
      in.remove_prefix(2);
    } else if (in == "/.") {
      in = "/";
    } else if (in.starts_with("/../") || in == "/..") {
      in = in == "/.." ? std::string_view("/") : in.substr(3);
      out.erase(std::min(out.rfind('/'), out.size()));
    } else if (in == "." || in == "..") {
      in = {};
    } else {
      const auto end = std::min(in.find('/', in.front() == '/' ? 1 : 0), in.size());
      out += in.substr(0, end);
      in.remove_prefix(end);
    }
  }
  return out;
}

}  // namespace

Uri Uri::parse(std::string_view text) {
  Uri uri;
  if (const auto hash = text.find('#'); hash != std::string_view::npos) {
    uri.fragment = std::string(text.substr(hash + 1));
    text = text.substr(0, hash);
  }
  if (const auto mark = text.find('?'); mark != std::string_view::npos) {
    uri.query = std::string(text.substr(mark + 1));
    text = text.substr(0, mark);
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && colon > 0 && colon < text.find('/')) {
    uri.scheme = std::string(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    const auto end = std::min(text.find('/', 2), text.size());
    uri.authority = std::string(text.substr(2, end - 2));
    text.remove_prefix(end);
  }
  uri.path = std::string(text);
  return uri;
}

std::string Uri::without_fragment() const {
  std::string out;
  if (scheme) out += *scheme + ":";
  if (authority) out += "//" + *authority;
  out += path;
  if (query) out += "?" + *query;
  return out;
}

std::string Uri::text() const { return fragment ? without_fragment() + "#" + *fragment : without_fragment(); }

Uri resolve(const Uri& base, std::string_view reference) {
  Uri target = Uri::parse(reference);
  if (target.scheme) {
    if (target.authority || target.path.starts_with('/')) target.path = remove_dot_segments(target.path);
    return target;
  }
  target.scheme = base.scheme;
  if (target.authority) {
    target.path = remove_dot_segments(target.path);
    return target;
  }
  target.authority = base.authority;
  if (target.path.empty()) {
    target.path = base.path;
    if (!target.query) target.query = base.query;
  } else if (target.path.starts_with('/')) {
    target.path = remove_dot_segments(target.path);
  } else {
    const auto slash = base.path.rfind('/');
    const std::string folder = slash != std::string::npos ? base.path.substr(0, slash + 1) : base.authority ? "/" : "";
    target.path = remove_dot_segments(folder + target.path);
  }
  return target;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace socle::schema
