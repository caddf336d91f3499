// home.hpp: the first page: the forms that are published here.
#pragma once

#include "service/models.hpp"
#include "site/site.hpp"

namespace socle::pages {

class Home {
 public:
  Home(Host& host, const Site& site, forms::Models& models)
      : host_(host), site_(site), models_(models), list_(host.target("models/1", "list")) {}
  Task<Reply> show(Request request);

 private:
  Host& host_;
  const Site& site_;
  forms::Models& models_;
  Target list_;
};

}  // namespace socle::pages
