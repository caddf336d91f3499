// refresh.hpp: refresh tokens (RFC 6749, 6; RFC 9700, 4.14): one login or grant is a family; each use of its token
// gives a new one and spends the old. A spent one that comes again was stolen or copied: the whole family ends, and
// with it every access token of it. Pure: the caller keeps the family's document and replaces it under the precondition
// that it is the one it read, so that of two uses of one token at most one succeeds.
//
// A token is `sr_TENANT_FAMILY_SECRET`. Only digests of FAMILY (22 characters, 128 random bits) and SECRET (43, 256)
// are kept: the first is the document's id and the `sid` of access tokens, so that nobody who sees those can name a
// family. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::tokens {

struct RefreshText {
  std::string_view tenant;
  std::string_view family;
  std::string_view secret;
};
// Nothing when the text is not exactly of that form.
[[nodiscard]] std::optional<RefreshText> read_refresh(std::string_view text);
[[nodiscard]] std::string family_id(std::string_view family);  // digest

struct RefreshLives {
  std::int64_t idle = 14 * 24 * 3600;      // seconds a token waits for its use
  std::int64_t absolute = 90 * 24 * 3600;  // of the family, however often it is used
};

struct Family {
  enum class End : std::uint8_t { none, reuse, revoked };
  std::string user;     // the principal
  std::string client;   // when one was given
  std::string session;  // with which it ends; "": none
  std::vector<std::string> scopes;
  bool limited = false;  // the scopes are all it may do
  std::string secret;    // digest of the one that may be used
  std::uint64_t uses = 0;
  std::int64_t began = 0;  // seconds since 1970
  std::int64_t used = 0;
  std::int64_t ends = 0;  // absolute
  End end = End::none;
  std::int64_t ended = 0;

  // Of text(); nothing when it is none.
  static std::optional<Family> read(json::View document);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool live(const RefreshLives& lives, std::int64_t now) const;
};

struct NewFamily {
  std::string id;  // of its document
  std::string token;
  Family family;
};
// `start` says for whom, and perhaps when it `ends` at the latest; the rest is set here. Code::internal: no randomness.
[[nodiscard]] Result<NewFamily> new_family(std::string_view tenant, Family start, const RefreshLives& lives,
                                           std::int64_t now);

enum class Use : std::uint8_t { rotated, reused, ended, expired };
struct Used {
  Use use = Use::expired;
  Family family;      // to be stored when rotated or reused
  std::string token;  // the new one, when rotated
};
// `family` is what is stored under family_id(text.family).
[[nodiscard]] Result<Used> use_refresh(const RefreshText& text, Family family, const RefreshLives& lives,
                                       std::int64_t now);

}  // namespace socle::tokens
