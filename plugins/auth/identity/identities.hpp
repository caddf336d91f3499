// identities.hpp: accounts that users have at OpenID providers: a document under the hash of issuer and subject, which
// together name an account for good (OpenID Connect Core 1.0, 5.7); nothing else, no name and no address, makes two
// accounts the same. Of the tenant of the context given.
#pragma once

#include "identity/people.hpp"

namespace socle::auth {

struct Identity {
  std::uint64_t revision = 0;
  std::string id, issuer, subject, provider, user, linked_at;
  bool registered = false;  // the user came into being by it: its claims say his roles
  [[nodiscard]] bool exists() const { return revision != 0; }
};

class Identities {
 public:
  static constexpr std::size_t most_a_user = 16;

  Identities(Store& store, People& people) : store_(store), people_(people) {}

  // revision 0 when nobody has it.
  Task<Got<Identity>> find(Context context, std::string issuer, std::string subject);
  Task<Got<std::vector<Identity>>> of_user(Context context, std::string user);
  // For a user who is there. Code::conflict `identity_taken` when another has it; twice is once.
  Task<Got<bool>> link(Context context, const Identity& wanted);
  // With a user of that name and these roles, both or neither. Code::conflict `user_exists`.
  Task<Got<Person>> enroll(Context context, const Identity& wanted, const Person& person);
  Task<Got<bool>> remove(Context context, const Identity& identity);

 private:
  Store& store_;
  People& people_;
};

}  // namespace socle::auth
