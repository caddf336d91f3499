#include "token/oauth.hpp"

#include <algorithm>

#include "socle/json/writer.hpp"

namespace socle::tokens {
namespace {

constexpr std::size_t longest_value = 8 * 1024;

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// application/x-www-form-urlencoded; nothing for a broken escape or a control character.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
      c = static_cast<char>(hex(text[i + 1]) << 4 | hex(text[i + 2]));
      i += 2;
    }
    if (static_cast<unsigned char>(c) < ' ' || c == 127) return std::nullopt;
    out += c;
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

bool same_word(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
         });
}

OAuthError bad_request(std::string text) { return {400, "invalid_request", std::move(text)}; }
OAuthError bad_client(std::string text) { return {401, "invalid_client", std::move(text)}; }

bool is_scope(std::string_view text) {
  return !text.empty() && text.size() <= 200 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\'; });
}

}  // namespace

std::string OAuthError::json() const {
  std::string text;
  json::Writer(text)
      .begin_object()
      .member("error", code)
      .member("error_description", std::string_view(description))
      .end_object();
  return text;
}

std::variant<OAuthForm, OAuthError> OAuthForm::read(std::string_view content_type, std::string_view body,
                                                    std::string_view authorization) {
  auto media = content_type.substr(0, content_type.find(';'));
  while (!media.empty() && media.back() == ' ') media.remove_suffix(1);
  if (!same_word(media, "application/x-www-form-urlencoded"))
    return bad_request("the body must be application/x-www-form-urlencoded");
  if (body.size() > largest) return bad_request("the body is longer than 16384 bytes");
  OAuthForm out;
  while (!body.empty()) {
    const auto end = std::min(body.find('&'), body.size());
    const auto pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, equals));
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return bad_request("a parameter is not encoded as a form");
    if (value->size() > longest_value) return bad_request("a parameter is longer than 8192 bytes");
    if (out.values_.size() == most_parameters) return bad_request("there are more than 32 parameters");
    for (const auto& [other, ignored] : out.values_)
      if (other == *name) return bad_request("a parameter is given twice");
    out.values_.emplace_back(*std::move(name), *std::move(value));
  }
  if (auto error = out.take_client(authorization)) return *std::move(error);
  return out;
}

// RFC 6749, 2.3.1: both halves of Basic are form-encoded; no client shows itself in two ways.
std::optional<OAuthError> OAuthForm::take_client(std::string_view authorization) {
  const bool in_body = !get("client_secret").empty();
  if (authorization.size() < 6 || !same_word(authorization.substr(0, 6), "basic ")) {
    if (in_body && get("client_id").empty()) return bad_client("client_secret without client_id");
    if (!get("client_id").empty())
      client_ = ClientShown{std::string(get("client_id")), std::string(get("client_secret")), false};
    return std::nullopt;
  }
  if (in_body) return bad_request("the client shows itself in the header and in the body; one is allowed");
  const auto raw = from_base64(authorization.substr(6));
  const auto colon = raw ? raw->find(':') : std::string::npos;
  if (colon == std::string::npos) return bad_client("the Basic credentials are not base64 of ID:SECRET");
  auto id = decoded(std::string_view(*raw).substr(0, colon));
  auto secret = decoded(std::string_view(*raw).substr(colon + 1));
  if (!id || !secret || id->empty()) return bad_client("the Basic credentials are not encoded as RFC 6749 wants");
  if (!get("client_id").empty() && get("client_id") != *id)
    return bad_request("client_id names another client than the Authorization header");
  client_ = ClientShown{*std::move(id), *std::move(secret), true};
  return std::nullopt;
}

std::string_view OAuthForm::get(std::string_view name) const {
  for (const auto& [key, value] : values_)
    if (key == name) return value;
  return {};
}

std::optional<std::vector<std::string>> narrowed_scopes(std::string_view asked, const std::vector<std::string>& held) {
  std::vector<std::string> out;
  while (!asked.empty()) {
    const auto end = std::min(asked.find(' '), asked.size());
    const auto scope = asked.substr(0, end);
    asked.remove_prefix(std::min(end + 1, asked.size()));
    if (scope.empty()) continue;
    if (!is_scope(scope) || out.size() == 64) return std::nullopt;
    if (std::find(held.begin(), held.end(), scope) == held.end()) {
      // `*` and `records:*` hold what lies below them.
      const auto area = scope.substr(0, scope.find(':'));
      const bool below = std::any_of(held.begin(), held.end(), [&](const std::string& one) {
        return one == "*" || (one.ends_with(":*") && one.substr(0, one.size() - 2) == area);
      });
      if (!below) return std::nullopt;
    }
    if (std::find(out.begin(), out.end(), scope) == out.end()) out.emplace_back(scope);
  }
  return out.empty() ? held : out;
}

std::string token_answer(const TokenAnswer& answer) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("access_token", answer.access_token).member("token_type", "Bearer");
  out.member("expires_in", answer.expires_in);
  if (!answer.refresh_token.empty()) out.member("refresh_token", answer.refresh_token);
  if (answer.scopes != nullptr) {
    std::string joined;
    for (const auto& scope : *answer.scopes) joined.append(joined.empty() ? "" : " ").append(scope);
    out.member("scope", std::string_view(joined));
  }
  out.end_object();
  return text;
}

}  // namespace socle::tokens
