// link_api.hpp: /v1/auth/links/{link}: what an invited person does with the link: sets a password, or joins with the
// account he has in another tenant.
#pragma once

#include "credentials/passwords.hpp"
#include "http/body.hpp"
#include "identity/links.hpp"
#include "identity/people.hpp"
#include "session/sessions.hpp"

namespace socle::auth {

class LinkApi {
 public:
  LinkApi(Host& host, Store& store, People& people, Links& links, Sessions& sessions, Passwords& passwords,
          const Settings& settings)
      : host_(host),
        store_(store),
        people_(people),
        links_(links),
        sessions_(sessions),
        passwords_(passwords),
        settings_(settings) {}

  Task<Reply> look(Request request);
  Task<Reply> use(Request request);

 private:
  struct Opened {
    std::optional<OwnedContext> context;
    Link link;
    Person person;
  };
  Task<Got<std::shared_ptr<Opened>>> open(Request request);
  Task<Reply> set_password(Request request, const Opened& opened, std::string password);
  Task<Reply> join(Request request, const Opened& opened);

  Host& host_;
  Store& store_;
  People& people_;
  Links& links_;
  Sessions& sessions_;
  Passwords& passwords_;
  const Settings& settings_;
};

}  // namespace socle::auth
