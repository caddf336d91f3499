// refusal.hpp: how the token endpoint refuses, and what of an answer is a refusal. Pure; any thread.
#pragma once

#include "grants/token_desk.hpp"

namespace socle::auth {

[[nodiscard]] inline TokenDesk::Answer refused(std::string_view code, std::string text, int status = 400) {
  return {{}, tokens::OAuthError{status, code, std::move(text)}};
}

// A verdict about the credential, and not a failure to reach one.
[[nodiscard]] inline bool says_no(const Reply& reply) {
  return reply.code() == Code::unauthenticated || reply.code() == Code::denied;
}

}  // namespace socle::auth
