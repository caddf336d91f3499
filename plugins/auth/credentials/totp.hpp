// totp.hpp: time-based one-time passwords (RFC 6238, HMAC-SHA-1, steps of 30 s) and the text that an authenticator app
// reads. Any thread; nothing is kept: who verifies keeps the step that was used, so that no code counts twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::auth {

inline constexpr std::size_t totp_secret_size = 20;  // bytes, as RFC 4226 recommends for SHA-1

[[nodiscard]] std::int64_t totp_step(std::int64_t seconds_since_1970);
// RFC 4226: `digits` decimal digits of the counter's HMAC.
[[nodiscard]] std::string totp_code(std::string_view secret, std::int64_t step, unsigned digits = 6);
// The step whose code this is: that of `now`, or one before or behind it, but later than `last`.
[[nodiscard]] std::optional<std::int64_t> totp_match(std::string_view secret, std::string_view code,
                                                     std::int64_t now_step, std::int64_t last);

// RFC 4648 base32 without padding, upper case.
[[nodiscard]] std::string base32(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base32(std::string_view text);
// otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…, percent-encoded.
[[nodiscard]] std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account);

}  // namespace socle::auth
