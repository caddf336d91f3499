// tokens.hpp: access and refresh tokens as a library: keys and their rotation, issuing and verifying JWTs, families of
// refresh tokens, and the language of the OAuth 2 token endpoint. Knows no plugin, no storage and no clock;
// docs/design/tokens.md says how it works.
#pragma once

#include "token/access_token.hpp"
#include "token/key_ring.hpp"
#include "token/oauth.hpp"
#include "token/refresh.hpp"
#include "token/sealer.hpp"
