// request_meta.cpp: what a callee learns of an HTTP request beside its body: see docs/design/gateway.md for the keys.
#include <algorithm>
#include <array>

#include "exchange.hpp"

namespace socle::gateway {

namespace {

struct Known {
  std::string_view name;
  std::string_view key;
};
constexpr std::array<Known, 10> standard{{{"accept", "http.header.accept"},
                                          {"accept-language", "http.header.accept-language"},
                                          {"content-type", "http.header.content-type"},
                                          {"if-match", "http.header.if-match"},
                                          {"if-none-match", "http.header.if-none-match"},
                                          {"if-modified-since", "http.header.if-modified-since"},
                                          {"prefer", "http.header.prefer"},
                                          {"last-event-id", "http.header.last-event-id"},
                                          {"range", "http.header.range"},
                                          {"origin", "http.header.origin"}}};

std::string_view standard_key(std::string_view name) {
  for (const Known& k : standard) {
    if (ascii::same(k.name, name)) return k.key;
  }
  return {};
}

// Field values are bytes; what is not UTF-8 is read as ISO 8859-1, as RFC 9110 says of old clients.
void append_utf8(std::string& out, std::string_view value) {
  if (valid_utf8(value)) {
    out.append(value);
    return;
  }
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xc0 | byte >> 6));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
}

}  // namespace

std::uint32_t media_of(std::string_view content_type, bool has_body) {
  if (!has_body) return SOCLE_MEDIA_NONE;
  const std::string_view media = ascii::trim(content_type.substr(0, content_type.find(';')));
  if (ascii::same(media, "application/json")) return SOCLE_MEDIA_JSON;
  if (media.size() > 5 && ascii::same(media.substr(media.size() - 5), "+json")) return SOCLE_MEDIA_JSON;
  if (media.size() > 5 && ascii::same(media.substr(0, 5), "text/")) return SOCLE_MEDIA_TEXT;
  return SOCLE_MEDIA_OTHER;
}

std::string& RequestMeta::store() {
  if (used_ == stored_.size()) stored_.emplace_back();
  stored_[used_].clear();
  return stored_[used_++];
}

void RequestMeta::header(const Head& head, std::uint32_t index, std::string_view key) {
  const std::string_view name = head.text(head.fields[index].name);
  const std::string_view value = head.text(head.fields[index].value);
  auto repeats = [&](std::uint32_t i) { return ascii::same(head.text(head.fields[i].name), name); };
  for (std::uint32_t i = 0; i < index; ++i) {
    if (repeats(i)) return;  // joined to the first
  }
  bool single = std::all_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  for (std::uint32_t i = index + 1; i < head.field_count && single; ++i) single = !repeats(i);
  if (key.empty()) {
    std::string& made = store();
    made.assign("http.header.");
    for (char c : name) made.push_back(ascii::lower(c));
    key = made;
  }
  if (single) return add(key, value);
  std::string& joined = store();
  append_utf8(joined, value);
  for (std::uint32_t i = index + 1; i < head.field_count; ++i) {
    if (!repeats(i)) continue;
    joined.append(ascii::same(name, "cookie") ? "; " : ", ");
    append_utf8(joined, head.text(head.fields[i].value));
  }
  add(key, joined);
}

void RequestMeta::build(const Exchange& exchange, const Listener& listener, std::string_view peer) {
  pairs_.clear();
  used_ = 0;
  for (const ParamValue& p : exchange.params.values()) add(p.name, p.value);
  add("http.method", exchange.head.method_text());
  add("http.path", exchange.target.path);
  if (exchange.target.query.data()) add("http.query", exchange.target.query);
  const Head& head = exchange.head;
  const bool all = exchange.match.route->all_headers;
  const bool to_auth = exchange.match.route->service == "auth/1";
  const bool keeps_secrets = exchange.catalog->authenticate && !to_auth;
  for (std::uint32_t i = 0; i < head.field_count; ++i) {
    const std::string_view name = head.text(head.fields[i].name);
    const std::string_view key = standard_key(name);
    if (!all && key.empty()) continue;
    if (keeps_secrets && (ascii::same(name, "authorization") || ascii::same(name, "cookie"))) continue;
    header(head, i, key);
  }
  if (to_auth || all) {
    add("http.peer", peer);
    add("http.transport", listener.tls ? "tls" : listener.loopback ? "loopback" : "plain");
    if (!listener.tenant.empty()) add("http.tenant", listener.tenant);
  }
  const std::string_view type = head.value("content-type");
  if (type.data() && media_of(type, true) == SOCLE_MEDIA_OTHER) add("content-type", type);
}

}  // namespace socle::gateway
