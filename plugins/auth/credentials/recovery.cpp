#include "credentials/recovery.hpp"

#include "core/secret.hpp"

namespace socle::auth {

std::string make_recovery_code() {
  std::string out;
  for (int group = 0; group < 6; ++group) out.append(group == 0 ? "" : "-").append(random_base32(4));
  return out;
}

std::string recovery_fingerprint(std::string_view code) {
  std::string plain;
  for (const char c : code) {
    if (c == '-' || c == ' ') continue;
    plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  return fingerprint(plain);
}

}  // namespace socle::auth
