#include "socle/page/form_body.hpp"

#include <algorithm>

namespace socle::page {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      c = static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    }
    if (c == '\n' && !out.empty() && out.back() == '\r') out.pop_back();
    out.push_back(c);
  }
  return out;
}

// Well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80) return false;
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f))
      return false;
    i += length;
  }
  return true;
}

}  // namespace

Result<FormBody> FormBody::parse(std::string_view body) {
  FormBody out;
  while (!body.empty()) {
    const auto end = body.find('&');
    const auto pair = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
    if (pair.empty()) continue;
    if (out.fields_.size() == most_fields)
      return Error{Code::invalid, "the form has more than 20,000 fields: send it in parts"};
    const auto equals = pair.find('=');
    std::string name = decoded(pair.substr(0, equals));
    std::string value = equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
    if (!valid_utf8(name) || !valid_utf8(value)) return Error{Code::invalid, "the form is not UTF-8"};
    out.fields_.emplace_back(std::move(name), std::move(value));
  }
  out.by_name_.resize(out.fields_.size());
  for (std::size_t i = 0; i < out.by_name_.size(); ++i) out.by_name_[i] = i;
  std::sort(out.by_name_.begin(), out.by_name_.end(), [&](std::size_t a, std::size_t b) {
    const int order = out.fields_[a].first.compare(out.fields_[b].first);
    return order != 0 ? order < 0 : a < b;
  });
  return out;
}

std::optional<std::string_view> FormBody::find(std::string_view name) const {
  const auto after = std::upper_bound(by_name_.begin(), by_name_.end(), name,
                                      [&](std::string_view n, std::size_t i) { return n < fields_[i].first; });
  if (after == by_name_.begin() || fields_[*(after - 1)].first != name) return std::nullopt;
  return fields_[*(after - 1)].second;
}

std::vector<std::string_view> FormBody::all(std::string_view name) const {
  std::vector<std::string_view> out;
  auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                             [&](std::size_t i, std::string_view n) { return fields_[i].first < n; });
  for (; at != by_name_.end() && fields_[*at].first == name; ++at) out.emplace_back(fields_[*at].second);
  return out;
}

}  // namespace socle::page
