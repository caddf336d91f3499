// roles.hpp: the pages on which administrators see, make, change and remove roles of their tenant's own.
#pragma once

#include "account/asks.hpp"
#include "account/role_form.hpp"

namespace socle::pages {

class Roles {
 public:
  Roles(Host& host, const Site& site) : site_(site), auth_(host) {}

  Task<Reply> list(Request request);
  Task<Reply> create(Request request);  // POST /roles: by name; what it grants is said on its own page
  Task<Reply> role(Request request);
  Task<Reply> save(Request request);  // POST /roles/{role}, `go`: save, add, remove/N (a row)
  Task<Reply> remove(Request request);

 private:
  struct Shown {
    RoleForm form;
    std::string version;  // that was read, goes along with the form
    std::string fault;
    RoleFaults faults;
    bool outdated = false;
    int status = 200;
  };
  Task<Reply> listed(Request request, Ask add, int status);
  Task<Reply> refused(Request request, Reply why, std::shared_ptr<Shown> entered);
  [[nodiscard]] Reply shown(const Request& request, const Shown& what) const;
  [[nodiscard]] Ask new_role(const Request& request) const;

  const Site& site_;
  AuthDoor auth_;
};

}  // namespace socle::pages
