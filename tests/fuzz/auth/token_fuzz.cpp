// token_fuzz.cpp: any bytes as an access token, as its payload under our own signature, as a refresh token, as a form,
// as a stored ring and a stored family. Nothing that was not issued may verify.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "token/tokens.hpp"

using namespace socle;
using namespace socle::tokens;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const KeyRing ring = *KeyRing::make({}, 1'700'000'000);
  static const Realm realm{"https://socle.test", "https://socle.test/v1", 600, 30};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (verify(text, ring.verifying(), realm, 1'700'000'000).ok()) std::abort();
  const auto header = R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + ring.active().key.kid() + "\"}";
  if (const auto forged = jose::sign(text, ring.active().key, jose::Algorithm::eddsa, header); forged) {
    const auto seen = verify(*forged, ring.verifying(), realm, 1'700'000'000);
    if (seen.ok() && (seen.text("tenant").empty() || seen.text("iss") != realm.issuer)) std::abort();
    if (seen.ok()) (void)context_claims(seen);
  }
  if (const auto refresh = read_refresh(text); refresh) {
    Family family;
    family.user = "ada";
    family.secret = std::string(43, 'A');
    family.ends = 2'000'000'000;
    const auto used = use_refresh(*refresh, family, {}, 1'700'000'000);
    if (!used || used->use == Use::rotated) std::abort();
  }
  const auto half = size / 2;
  (void)OAuthForm::read("application/x-www-form-urlencoded", text.substr(0, half), text.substr(half));
  (void)OAuthForm::read(text.substr(0, half), text.substr(half), {});
  (void)narrowed_scopes(text, {"*"});
  if (const auto document = json::Document::parse(text, {.max_depth = 64}); document) {
    (void)KeyRing::read(document->root(), nullptr);
    if (const auto family = Family::read(document->root()); family)
      if (const auto again = json::Document::parse(family->text()); !again) std::abort();
  }
  return 0;
}
