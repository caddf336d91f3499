// people.hpp: users and their secrets in storage, of the tenant of the context given.
#pragma once

#include "core/store.hpp"
#include "core/times.hpp"
#include "identity/person.hpp"

namespace socle::auth {

// UUIDv7: the time, then random bits.
[[nodiscard]] std::string new_user_id(Milliseconds now);

class People {
 public:
  People(Host& host, Store& store) : host_(host), store_(store) {}

  // revision 0 when there is none.
  Task<Got<Person>> by_id(Context context, std::string id);
  Task<Got<Person>> by_name(Context context, std::string username);
  Task<Got<Secrets>> secrets(Context context, std::string user);

  // Where an account's secrets lie: here, or in the tenant that is its home. Nothing when that tenant is gone.
  class Home {
   public:
    Home(Context context, std::string user) : here_(context), user_(std::move(user)) {}
    Home(OwnedContext owned, std::string user) : owned_(std::move(owned)), here_(owned_), user_(std::move(user)) {}
    [[nodiscard]] Context context() const { return owned_ ? owned_.view() : here_; }
    [[nodiscard]] const std::string& user() const { return user_; }

   private:
    OwnedContext owned_;
    Context here_;
    std::string user_;
  };
  [[nodiscard]] std::optional<Home> home(Context context, const Person& person) const;

  // "2026-…" of now, and the same in milliseconds.
  [[nodiscard]] Milliseconds now() const { return std::chrono::duration_cast<Milliseconds>(host_.now_utc()); }
  [[nodiscard]] std::string stamp() const { return timestamp(now()); }

 private:
  Host& host_;
  Store& store_;
};

}  // namespace socle::auth
