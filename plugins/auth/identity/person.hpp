// person.hpp: a user of a tenant and the secrets of an account, as documents. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/store.hpp"
#include "core/times.hpp"

namespace socle::auth {

enum class PersonState { invited, active, suspended };
[[nodiscard]] std::string_view to_string(PersonState state);

// Membership in one tenant. `home`: the account, and with it the password, is that tenant's user `home_user`.
struct Person {
  std::uint64_t revision = 0;
  std::string id, username, name, created_at, created_by;
  std::string org;  // the unit of the tenant's organisation, or ""
  std::vector<std::string> roles;
  PersonState state = PersonState::invited;
  std::string home, home_user;
  [[nodiscard]] bool exists() const { return revision != 0; }
  [[nodiscard]] bool guest() const { return !home.empty(); }
};
[[nodiscard]] Person read_person(std::uint64_t revision, std::string_view id, json::View doc);
[[nodiscard]] Person read_person(const Stored& stored);
// What is stored.
[[nodiscard]] std::string person_document(const Person& person);
// What a client sees.
void write_person(json::Writer& out, const Person& person);

// What proves an account. Never leaves the plugin.
struct Secrets {
  std::uint64_t revision = 0;
  std::string password;               // hash; "": none was set yet
  std::string totp;                   // base32; "": none
  bool totp_confirmed = false;        // a code of it has been shown
  std::int64_t totp_step = 0;         // of the last code that counted
  std::vector<std::string> recovery;  // fingerprints
  std::string changed_at;             // the password
  std::vector<std::string> guest_of;  // "TENANT/USER" memberships elsewhere
};
[[nodiscard]] Secrets read_secrets(const Stored& stored);
[[nodiscard]] std::string secrets_document(const Secrets& secrets);

// Lower case; nothing when it is no name: 1 to 64 of letters, digits and . _ - + @, a letter or digit first.
[[nodiscard]] std::optional<std::string> read_username(std::string_view text);
[[nodiscard]] bool is_role_name(std::string_view text);

}  // namespace socle::auth
