#include "verify/forgetting.hpp"

#include <socle/json.hpp>

#include "core/workers.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(5);
constexpr std::string_view own_principal = "plugin:auth";
constexpr std::string_view kernel_principal = "kernel";
constexpr std::string_view nobody = "~auth";  // no tenant: one that is being deleted cannot be acted for

}  // namespace

Forgetting::Forgetting(Host& host, std::size_t most) : host_(host), forget_(host.target("auth/1", "forget")) {
  // One more: the staging thread, which has an own worker number.
  tables_.reserve(host.worker_count() + 1);
  for (std::uint32_t i = 0; i <= host.worker_count(); ++i) tables_.emplace_back(most);
}

void Forgetting::apply(std::string_view tenant, const Forgotten& gone) const {
  Table& table = here();
  if (!gone.session.empty()) {
    table.forget_session(tenant, gone.user, gone.session);
  } else if (!gone.key.empty()) {
    table.forget_key(tenant, gone.user, gone.key);
  } else if (!gone.user.empty()) {
    table.forget_user(tenant, gone.user);
  } else {
    table.forget_tenant(tenant);
    for (const auto& also : with_tenant_) also(tenant);
  }
}

Task<Status> Forgetting::announce(Context context, const Forgotten& gone) {
  const std::string tenant(context.tenant());
  std::string message;
  json::Writer(message)
      .begin_object()
      .member("tenant", tenant)
      .member("user", gone.user)
      .member("session", gone.session)
      .member("key", gone.key)
      .end_object();
  const std::function<Task<Status>()> errand = [this, &tenant, &gone, &message]() -> Task<Status> {
    apply(tenant, gone);
    auto own = host_.act_as(nobody, "a credential was revoked", patience);
    if (!own) co_return std::move(own).error();
    const Reply told = co_await host_.call(own->view(), forget_, Payload::json(message));
    if (!told) co_return told.error();
    co_return Status();
  };
  co_return co_await on_each_worker(host_, errand);
}

Task<Reply> Forgetting::forget(Request request) {
  if (request.principal() == kernel_principal) {
    const Forgotten everybody;
    auto told = co_await announce(request, everybody);
    co_return told ? Reply() : Reply(told.error());
  }
  if (request.principal() != own_principal)
    co_return Reply::error(Code::denied, "own_plugin_only", "auth/1.forget is called by the generations of auth alone");
  const auto body = json::Document::parse(request.text());
  if (!body) co_return body.error();
  const auto text = [&body](std::string_view name) { return std::string(body->root().find(name).as_string()); };
  apply(text("tenant"), {text("user"), text("session"), text("key")});
  co_return Reply();
}

}  // namespace socle::auth
