// users.hpp: the pages on which administrators see and change users of their tenant.
#pragma once

#include "account/asks.hpp"

namespace socle::pages {

class Users {
 public:
  Users(Host& host, const Site& site) : site_(site), auth_(host) {}

  Task<Reply> list(Request request);
  Task<Reply> invite(Request request);
  Task<Reply> user(Request request);
  Task<Reply> change(
      Request request);  // POST /users/{id}/{what}: save, suspend, resume, link, sign-out, no-factor, delete
  Task<Reply> ask_delete(Request request);

 private:
  Task<Reply> listed(Request request, Ask add, int status);
  Task<Reply> shown(Request request, std::shared_ptr<const page::FormBody> entered, std::string fault, int status,
                    bool outdated);
  [[nodiscard]] Ask invitation(const Request& request) const;
  [[nodiscard]] Reply link_page(const Request& request, std::string_view link, std::string back) const;

  const Site& site_;
  AuthDoor auth_;
};

}  // namespace socle::pages
