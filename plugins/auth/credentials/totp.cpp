#include "credentials/totp.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdlib>

#include "core/secret.hpp"

namespace socle::auth {
namespace {

constexpr std::int64_t step_seconds = 30;
constexpr std::string_view base32_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(digits[byte >> 4U]);
      out.push_back(digits[byte & 15U]);
    }
  }
}

}  // namespace

std::int64_t totp_step(std::int64_t seconds_since_1970) { return seconds_since_1970 / step_seconds; }

std::string totp_code(std::string_view secret, std::int64_t step, unsigned digits) {
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter[counter.size() - 1 - i] = static_cast<unsigned char>(step >> (8 * i) & 0xFF);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  if (HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(), mac.data(),
           &size) == nullptr)
    std::abort();
  const std::size_t at = mac[size - 1] & 15U;
  std::uint32_t number = (mac[at] & 0x7FU) << 24U | static_cast<std::uint32_t>(mac[at + 1]) << 16U |
                         static_cast<std::uint32_t>(mac[at + 2]) << 8U | mac[at + 3];
  std::string out(digits, '0');
  for (std::size_t i = digits; i-- > 0; number /= 10) out[i] = static_cast<char>('0' + number % 10);
  return out;
}

std::optional<std::int64_t> totp_match(std::string_view secret, std::string_view code, std::int64_t now_step,
                                       std::int64_t last) {
  std::optional<std::int64_t> found;
  for (const std::int64_t step : {now_step - 1, now_step, now_step + 1}) {
    if (same_secret(totp_code(secret, step), code) && step > last) found = step;
  }
  return found;
}

std::string base32(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    count += 8;
    while (count >= 5) {
      count -= 5;
      out.push_back(base32_alphabet[bits >> count & 31U]);
    }
  }
  if (count > 0) out.push_back(base32_alphabet[bits << (5 - count) & 31U]);
  return out;
}

std::optional<std::string> from_base32(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = base32_alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 5U | static_cast<std::uint32_t>(value)) & 0xFFFFU;
    count += 5;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count & 255U));
    }
  }
  return out;
}

std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account) {
  std::string out = "otpauth://totp/";
  append_encoded(out, issuer);
  out += ":";
  append_encoded(out, account);
  out.append("?secret=").append(base32(secret)).append("&issuer=");
  append_encoded(out, issuer);
  return out + "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace socle::auth
