// oauth.hpp: the token endpoint's language (RFC 6749, 4.4, 5, 6; RFC 7009; RFC 7662): what a client posts and how it is
// answered, good or bad. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace socle::tokens {

// RFC 6749, 5.2.
struct OAuthError {
  int status = 400;         // 401 for invalid_client
  std::string_view code;    // "invalid_grant"
  std::string description;  // printable ASCII without `"` and `\`
  [[nodiscard]] std::string json() const;
};

// The client as it showed itself, in the Authorization header or in the body, not in both.
struct ClientShown {
  std::string id;
  std::string secret;
  bool by_header = false;
};

// One parsed form; values decoded. A parameter given twice or too long is an error.
class OAuthForm {
 public:
  static constexpr std::size_t largest = 16 * 1024;
  static constexpr std::size_t most_parameters = 32;

  // `content_type` must be application/x-www-form-urlencoded (parameters after `;` do not matter); `authorization` is
  // the header's value or nothing.
  static std::variant<OAuthForm, OAuthError> read(std::string_view content_type, std::string_view body,
                                                  std::string_view authorization);
  // "" when absent or empty, which are the same (RFC 6749, 3.1).
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] const std::optional<ClientShown>& client() const { return client_; }

 private:
  std::optional<OAuthError> take_client(std::string_view authorization);
  std::vector<std::pair<std::string, std::string>> values_;
  std::optional<ClientShown> client_;
};

// The scopes of a `scope` parameter: what is asked of what is held. Asking for nothing is asking for all that is held.
// Nothing when it asks for what is not held (invalid_scope) or is not built as one.
[[nodiscard]] std::optional<std::vector<std::string>> narrowed_scopes(std::string_view asked,
                                                                      const std::vector<std::string>& held);

struct TokenAnswer {
  std::string_view access_token;
  std::int64_t expires_in = 0;
  std::string_view refresh_token;                    // "" without
  const std::vector<std::string>* scopes = nullptr;  // null: not limited
};
[[nodiscard]] std::string token_answer(const TokenAnswer& answer);

}  // namespace socle::tokens
