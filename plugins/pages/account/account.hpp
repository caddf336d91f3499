// account.hpp: the pages of a person's own account, of signing in and out, and of one-time links.
#pragma once

#include "account/asks.hpp"

namespace socle::pages {

class Account {
 public:
  Account(Host& host, const Site& site) : site_(site), auth_(host) {}

  Task<Reply> door(Request request);          // GET /login
  Task<Reply> enter(Request request);         // POST /login
  Task<Reply> leave(Request request);         // POST /logout
  Task<Reply> welcome(Request request);       // GET /join/{link}
  Task<Reply> set_password(Request request);  // POST /join/{link}: a password, or the account that has signed in here

  Task<Reply> account(Request request);
  Task<Reply> change(Request request);  // POST /account/{what}: password, factor, confirm, no-factor, codes, keys
  Task<Reply> end_session(Request request);
  Task<Reply> remove_key(Request request);
  Task<Reply> link(Request request);    // POST /account/links/{provider}
  Task<Reply> unlink(Request request);  // POST /account/links/{id}/remove

 private:
  [[nodiscard]] Reply sign_in_page(const Request& request, Ask ask, int status,
                                   std::vector<page::Data> choices = {}) const;
  // Where else one may sign in, if it is known of which tenant; leading to `next` afterwards.
  Task<std::vector<page::Data>> choices(Request request, std::string next);
  Task<Reply> opened(Request request, Ask ask, std::string join_fault, int status);
  Task<Reply> overview(Request request, std::string what, std::string fault, int status);
  Task<Reply> add_lists(Request request, page::Data& data);  // of sessions and keys; the problem when they are refused
  // Accounts of providers that are linked, and providers of which one can be. `what`, `fault`: as overview's.
  Task<Reply> add_links(Request request, page::Data& data, std::string what, std::string fault);
  [[nodiscard]] Reply secrets(const Request& request, std::string_view title, std::string_view text,
                              std::vector<std::string> values, std::string link, const Ask* next,
                              const Reply& from) const;
  [[nodiscard]] Ask password_ask(const Request& request) const;

  const Site& site_;
  AuthDoor auth_;
};

}  // namespace socle::pages
