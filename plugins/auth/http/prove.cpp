// prove.cpp: the present password, shown once more by who has signed in; see sign_in.hpp. Wrong ones are counted as
// wrong sign-ins are, apart from those.
#include "http/sign_in.hpp"

namespace socle::auth {

Task<Got<SignIn::Proven>> SignIn::account_of(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  Proven out;
  auto person = co_await people_.by_id(request, caller.user);
  if (!person) co_return std::move(person).problem();
  if (!person->exists()) co_return unknown("user");
  out.person = std::move(*person);
  auto home = people_.home(request, out.person);
  if (!home) co_return unknown("user");
  out.home = std::make_shared<People::Home>(std::move(*home));
  auto secrets = co_await people_.secrets(out.home->context(), out.home->user());
  if (!secrets) co_return std::move(secrets).problem();
  out.secrets = std::move(*secrets);
  co_return out;
}

Task<Got<bool>> SignIn::show(Request request, const Proven& account, std::string password) {
  const std::string peer(request.meta("http.peer"));
  const std::string tenant(request.tenant());
  const std::string from = sender(peer);
  const auto taken = buckets(tenant, "\n" + account.person.id, peer);
  if (const auto wait = attempts_.take(taken, clock())) co_return too_many(*wait);
  auto checked = co_await passwords_.check(tenant, from, account.secrets.password, password);
  if (!checked) {
    attempts_.give_back(taken, clock());  // nothing was learnt by it
    co_return std::move(checked).problem();
  }
  if (!checked->right) {
    failed_.add();
    co_return Reply::error(Code::denied, "bad_password", "the present password is wrong");
  }
  attempts_.give_back(taken, clock());
  co_return true;
}

Task<Got<SignIn::Proven>> SignIn::prove(Request request, std::string password) {
  auto account = co_await account_of(request);
  if (!account) co_return std::move(account).problem();
  if (account->person.guest())
    co_return Reply::error(Code::conflict, "account_elsewhere",
                           "this account is at home in another tenant; change it there");
  auto shown = co_await show(request, *account, std::move(password));
  if (!shown) co_return std::move(shown).problem();
  co_return std::move(*account);
}

Task<Got<bool>> SignIn::prove_if_any(Request request, std::string password) {
  auto account = co_await account_of(request);
  if (!account) co_return std::move(account).problem();
  if (account->secrets.password.empty()) co_return false;
  co_return co_await show(request, *account, std::move(password));
}

}  // namespace socle::auth
