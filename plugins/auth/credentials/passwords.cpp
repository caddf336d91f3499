#include "credentials/passwords.hpp"

namespace socle::auth {
namespace {

Reply busy() {
  return Reply::error(Code::exhausted, "too_many_sign_ins",
                      "too many passwords of this tenant or address are being checked; retry in a moment")
      .with_retry_after(std::chrono::seconds(1));
}

}  // namespace

Passwords::Passwords(Host& host, const Settings& settings)
    : host_(host), settings_(settings), turns_(settings.turns), decoy_(decoy_hash(settings.password)) {}

Task<Got<Passwords::Checked>> Passwords::check(std::string tenant, std::string peer, std::string hash,
                                               std::string password) {
  auto turn = co_await turns_.take(std::move(tenant), std::move(peer));
  if (!turn) co_return busy();
  const bool known = !hash.empty();
  const std::string& compared = known ? hash : decoy_;
  const PasswordCost cost = settings_.password;
  const auto work = [&compared, &password, cost, known]() -> Result<Checked> {
    Checked out;
    out.right = verify_password(compared, password) && known;
    if (!out.right || !outdated(compared, cost)) return out;
    auto again = hash_password(password, cost);
    if (again) out.rehash = std::move(*again);
    return out;
  };
  auto checked = co_await host_.offload(work);
  if (!checked) co_return std::move(checked).error();
  co_return std::move(*checked);
}

Task<Got<std::string>> Passwords::hash(std::string tenant, std::string peer, std::string password) {
  auto turn = co_await turns_.take(std::move(tenant), std::move(peer));
  if (!turn) co_return busy();
  const PasswordCost cost = settings_.password;
  const auto work = [&password, cost]() -> Result<std::string> { return hash_password(password, cost); };
  auto made = co_await host_.offload(work);
  if (!made) co_return std::move(made).error();
  co_return std::move(*made);
}

}  // namespace socle::auth
