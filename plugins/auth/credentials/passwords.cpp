#include "credentials/passwords.hpp"

#include <stdexcept>

namespace socle::auth {
namespace {

Reply busy() {
  return Reply::error(Code::exhausted, "too_many_sign_ins",
                      "too many passwords of this tenant or address are being checked; retry in a moment")
      .with_retry_after(std::chrono::seconds(1));
}

std::shared_ptr<const RefusedPasswords> list_of(const std::string& path) {
  if (path.empty()) return nullptr;
  auto opened = RefusedPasswords::open(path);
  if (!opened) throw std::runtime_error(opened.error().message);  // the constructor's barrier tells it
  return *std::move(opened);
}

}  // namespace

Passwords::Passwords(Host& host, const Settings& settings)
    : host_(host),
      settings_(settings),
      turns_(settings.turns),
      decoy_(decoy_hash(settings.password)),
      refused_(list_of(settings.refused_passwords)) {}

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

Task<Got<Passwords::Hashed>> Passwords::hash(std::string tenant, std::string peer, std::string password) {
  auto turn = co_await turns_.take(std::move(tenant), std::move(peer));
  if (!turn) co_return busy();
  const PasswordCost cost = settings_.password;
  const RefusedPasswords* list = refused_.get();
  const auto work = [&password, cost, list]() -> Result<Hashed> {
    Hashed out;
    if (list != nullptr) {
      auto listed = list->contains(password);
      if (!listed) return std::move(listed).error();
      out.listed = *listed;
      if (out.listed) return out;
    }
    auto made = hash_password(password, cost);
    if (!made) return std::move(made).error();
    out.hash = std::move(*made);
    return out;
  };
  auto made = co_await host_.offload(work);
  if (!made) co_return std::move(made).error();
  co_return std::move(*made);
}

}  // namespace socle::auth
