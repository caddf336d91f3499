// plugin.cpp: pages/1: wiring. Forms are in form/, people in account/, what pages share in site/.
#include <socle/plugin.hpp>

#include "account/account.hpp"
#include "account/roles.hpp"
#include "account/users.hpp"
#include "form/pages.hpp"
#include "site/home.hpp"

namespace socle::pages {

class Pages final : public Plugin {
 public:
  explicit Pages(Host& host)
      : models_(host),
        home_(host, site_, models_),
        forms_(host, site_, models_),
        account_(host, site_),
        users_(host, site_),
        roles_(host, site_) {}

  Task<Status> start() override { co_return forms_.settings(); }

  // A form that was opened before a swap can still be sent after it.
  Task<Reply> export_state() override { co_return Reply::state(1, site_.key()); }
  Task<Status> import_state(Payload state, std::uint32_t version, bool dry_run) override {
    if (version != 1 || state.text().size() != site_.key().size())
      co_return Error{Code::invalid, "the exported key of pages has another form than version 1 has"};
    if (!dry_run && !site_.take_key(state.text())) co_return Error{Code::invalid, "no key"};
    co_return Status();
  }

  // The kernel's, when a tenant is deleted.
  Reply forget(Request request) {
    models_.forget(request.tenant());
    return {};
  }
  Task<Reply> home(Request request) { return home_.show(request); }
  Task<Reply> asset(Request request) { co_return site_.asset(request); }
  Task<Reply> list(Request request) { return forms_.list(request); }
  Task<Reply> blank(Request request) { return forms_.blank(request); }
  Task<Reply> record(Request request) { return forms_.record(request); }
  Task<Reply> edit(Request request) { return forms_.edit(request); }
  Task<Reply> submit(Request request) { return forms_.submit(request); }
  Task<Reply> evaluate(Request request) { return forms_.evaluate(request); }
  Task<Reply> ask_delete(Request request) { return forms_.ask_delete(request); }
  Task<Reply> remove(Request request) { return forms_.remove(request); }
  Task<Reply> remove_draft(Request request) { return forms_.remove_draft(request); }
  Task<Reply> door(Request request) { return account_.door(request); }
  Task<Reply> enter(Request request) { return account_.enter(request); }
  Task<Reply> leave(Request request) { return account_.leave(request); }
  Task<Reply> welcome(Request request) { return account_.welcome(request); }
  Task<Reply> set_password(Request request) { return account_.set_password(request); }
  Task<Reply> account(Request request) { return account_.account(request); }
  Task<Reply> change_account(Request request) { return account_.change(request); }
  Task<Reply> end_session(Request request) { return account_.end_session(request); }
  Task<Reply> remove_key(Request request) { return account_.remove_key(request); }
  Task<Reply> link_account(Request request) { return account_.link(request); }
  Task<Reply> unlink_account(Request request) { return account_.unlink(request); }
  Task<Reply> users(Request request) { return users_.list(request); }
  Task<Reply> invite(Request request) { return users_.invite(request); }
  Task<Reply> user(Request request) { return users_.user(request); }
  Task<Reply> change_user(Request request) { return users_.change(request); }
  Task<Reply> ask_delete_user(Request request) { return users_.ask_delete(request); }
  Task<Reply> roles(Request request) { return roles_.list(request); }
  Task<Reply> role(Request request) { return roles_.role(request); }
  Task<Reply> save_role(Request request) { return roles_.save(request); }
  Task<Reply> put_role(Request request) { return roles_.create(request); }
  Task<Reply> remove_role(Request request) { return roles_.remove(request); }

 private:
  Site site_;
  forms::Models models_;
  Home home_;
  FormPages forms_;
  Account account_;
  Users users_;
  Roles roles_;
};

}  // namespace socle::pages

using socle::pages::Pages;
SOCLE_PLUGIN(Pages, socle::service("pages", 1)
                        .method("forget", &Pages::forget)
                        .method("home", &Pages::home)
                        .method("asset", &Pages::asset)
                        .method("list", &Pages::list)
                        .method("blank", &Pages::blank)
                        .method("record", &Pages::record)
                        .method("edit", &Pages::edit)
                        .method("submit", &Pages::submit)
                        .method("evaluate", &Pages::evaluate)
                        .method("ask_delete", &Pages::ask_delete)
                        .method("remove", &Pages::remove)
                        .method("remove_draft", &Pages::remove_draft)
                        .method("door", &Pages::door)
                        .method("enter", &Pages::enter)
                        .method("leave", &Pages::leave)
                        .method("welcome", &Pages::welcome)
                        .method("set_password", &Pages::set_password)
                        .method("account", &Pages::account)
                        .method("change_account", &Pages::change_account)
                        .method("end_session", &Pages::end_session)
                        .method("remove_key", &Pages::remove_key)
                        .method("link_account", &Pages::link_account)
                        .method("unlink_account", &Pages::unlink_account)
                        .method("users", &Pages::users)
                        .method("invite", &Pages::invite)
                        .method("user", &Pages::user)
                        .method("change_user", &Pages::change_user)
                        .method("ask_delete_user", &Pages::ask_delete_user)
                        .method("roles", &Pages::roles)
                        .method("role", &Pages::role)
                        .method("save_role", &Pages::save_role)
                        .method("put_role", &Pages::put_role)
                        .method("remove_role", &Pages::remove_role))
