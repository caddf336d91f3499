// recovery.hpp: codes that stand in for a lost second factor, each once. 120 random bits, kept as SHA-256. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace socle::auth {

inline constexpr std::size_t recovery_codes = 10;

// "abcd-efgh-2345-mnop-qrst-uvwx".
[[nodiscard]] std::string make_recovery_code();
// As it is kept. Case and separators do not count.
[[nodiscard]] std::string recovery_fingerprint(std::string_view code);

}  // namespace socle::auth
