// passwords.hpp: checking and hashing passwords for requests: in turn (turns.hpp), on the offload pool, and for a user
// that does not exist exactly as for one whose hash is of the present cost. A new one is first looked for in the
// operator's list (refused_passwords.hpp), there too.
#pragma once

#include "core/got.hpp"
#include "core/settings.hpp"
#include "credentials/refused_passwords.hpp"

namespace socle::auth {

class Passwords {
 public:
  Passwords(Host& host, const Settings& settings);

  struct Checked {
    bool right = false;
    std::string rehash;  // of the right password, when the kept one is of other cost than the settings; else ""
  };
  // `hash` "": there is none to compare with; it takes as long as one of the present cost and is never right.
  Task<Got<Checked>> check(std::string tenant, std::string peer, std::string hash, std::string password);
  struct Hashed {
    bool listed = false;  // by the operator as refused: there is no hash
    std::string hash;
  };
  Task<Got<Hashed>> hash(std::string tenant, std::string peer, std::string password);

 private:
  Host& host_;
  const Settings& settings_;
  Turns turns_;
  std::string decoy_;
  std::shared_ptr<const RefusedPasswords> refused_;  // null: none are listed
};

}  // namespace socle::auth
