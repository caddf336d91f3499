// key_ring.hpp: the keys that sign access tokens, from making to forgetting:
//
//   next ──▶ active ──▶ retired ──▶ gone
//
// `next` is published before it signs, so that whoever keeps our JWKS knows it in time; `active` signs; `retired` only
// verifies, until every token it signed has expired. Immutable: rotating gives a new ring. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/jose/key.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"
#include "token/sealer.hpp"

namespace socle::tokens {

enum class KeyState : std::uint8_t { next, active, retired };
[[nodiscard]] std::string_view to_string(KeyState state);

struct SigningKey {
  jose::Key key;
  KeyState state = KeyState::next;
  std::int64_t made = 0;   // seconds since 1970, as all times here
  std::int64_t since = 0;  // in this state
  std::int64_t ends = 0;   // retired: when it is forgotten
};

struct Rotation {
  jose::Algorithm algorithm = jose::Algorithm::eddsa;  // of new keys: EdDSA or ES256
  std::int64_t active_for = 30 * 24 * 3600;            // then the next one takes over
  std::int64_t known_before = 24 * 3600;               // a key is published at least so long before it signs
  std::int64_t retired_for = 24 * 3600;  // at least the longest life of a token and the clocks' difference
};

class KeyRing {
 public:
  static constexpr std::size_t most_keys = 16;

  // An active key and the next one. Code::invalid: an algorithm that tokens are not signed with.
  static Result<KeyRing> make(const Rotation& rotation, std::int64_t now);
  // Of text(). Code::invalid when it is none; Code::denied when a key is sealed and the sealer cannot open it.
  static Result<KeyRing> read(json::View document, const Sealer* sealer);
  // As a document to store; private parts sealed when there is a sealer.
  [[nodiscard]] Result<std::string> text(const Sealer* sealer) const;

  // What the ring should be now; nothing when that is what it is. Two that rotate at once differ: store under the
  // precondition that the ring is the one that was read.
  [[nodiscard]] Result<std::optional<KeyRing>> due(const Rotation& rotation, std::int64_t now) const;
  // The next key signs from now on, whatever its age: for a key that may be known to others.
  [[nodiscard]] Result<KeyRing> rotated(const Rotation& rotation, std::int64_t now) const;

  [[nodiscard]] const std::vector<SigningKey>& keys() const { return keys_; }
  [[nodiscard]] const SigningKey& active() const;
  // The public parts of all keys: what /.well-known/jwks.json answers with.
  [[nodiscard]] std::string jwks() const;
  // For verifying; the algorithm of each is fixed by the key.
  [[nodiscard]] const jose::KeySet& verifying() const { return verifying_; }

 private:
  KeyRing() = default;
  void order();
  std::vector<SigningKey> keys_;
  jose::KeySet verifying_;
};

}  // namespace socle::tokens
