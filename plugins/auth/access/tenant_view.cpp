#include "access/tenant_view.hpp"

#include <algorithm>

namespace socle::auth {
namespace {

constexpr std::size_t policy_budget = std::size_t{32} << 20;
constexpr std::size_t most_policies = 1000;

Payload question(std::string_view name, std::string_view user, std::string_view version, bool source) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", "policies").member("name", name);
  if (!user.empty()) out.member("lane", user);
  if (!version.empty()) out.member("version", version);
  if (source) out.member("source", true);
  out.end_object();
  return Payload::json(text);
}

Reply unreadable(std::string_view what) {
  return Reply::error(Code::internal, "access_unreadable",
                      std::string(what) + " cannot be read, so nothing is allowed; publish or store it again");
}

}  // namespace

TenantViews::TenantViews(Host& host, Store& store)
    : host_(host),
      store_(store),
      resolve_(host.target("models/1", "resolve")),
      list_(host.target("models/1", "list")),
      report_(host.target("models/1", "report")),
      workers_(host.worker_count() + 1),
      policies_(policy_budget) {
  if (!list_)
    host.log(Level::warn, "policies of tenants are not applied: auth may not call models/1; grant \"call:models/1\"",
             {{"why", list_.error().message}});
}

void TenantViews::forget(std::string_view tenant) {
  auto& worker = workers_[host_.worker()];
  ++worker.epoch;
  const auto at = worker.by_tenant.find(tenant);
  if (at == worker.by_tenant.end()) return;
  const auto gone = at->second;
  worker.by_tenant.erase(at);
  worker.recent.erase(gone);
}

std::uint64_t TenantViews::current(std::string_view tenant) const {
  const auto& worker = workers_[host_.worker()];
  const auto at = worker.by_tenant.find(tenant);
  if (at == worker.by_tenant.end() || host_.now() - at->second->view->listed >= list_age) return 0;
  return at->second->view->number;
}

Task<Got<TenantViewPtr>> TenantViews::get(Context context) {
  const std::string tenant(context.tenant());
  auto& worker = workers_[host_.worker()];
  if (const auto at = worker.by_tenant.find(tenant); at != worker.by_tenant.end()) {
    worker.recent.splice(worker.recent.begin(), worker.recent, at->second);
    auto view = at->second->view;
    if (host_.now() - view->listed < list_age) co_return view;
  }
  const auto epoch = worker.epoch;
  auto loaded = co_await load(context);
  if (!loaded || worker.epoch != epoch) co_return loaded;
  if (const auto at = worker.by_tenant.find(tenant); at != worker.by_tenant.end()) {
    at->second->view = *loaded;
    co_return loaded;
  }
  worker.recent.push_front({tenant, *loaded});
  worker.by_tenant.emplace(worker.recent.front().tenant, worker.recent.begin());
  if (worker.recent.size() > most_tenants) {
    worker.by_tenant.erase(worker.recent.back().tenant);
    worker.recent.pop_back();
  }
  co_return loaded;
}

Task<Got<TenantViewPtr>> TenantViews::load(Context context) {
  const auto view = std::make_shared<TenantView>();
  view->number = ++workers_[host_.worker()].read;
  auto stored = co_await store_.get(context, directory_collection, directory_id);
  if (!stored) co_return std::move(stored).problem();
  view->revision = stored->revision;
  if (stored->exists()) {
    view->document = json::Document::copy_of(stored->doc());
    authz::Diagnostics diagnostics;
    view->directory =
        authz::Directory::read(view->document.root().find("roles"), view->document.root().find("units"), diagnostics);
    if (!view->directory) co_return unreadable("the roles of this tenant");
  } else {
    view->directory = authz::Directory::built_in();
  }
  view->listed = host_.now();
  if (list_) {
    auto listed = co_await list(context, *view);
    if (!listed) co_return std::move(listed).problem();
  }
  co_return TenantViewPtr(view);
}

// A system without models/1 has no policies. One whose models/1 is gone has them, and cannot decide.
bool TenantViews::without_models(const Reply& reply) const {
  return reply.error_code() == "no_provider" && !models_seen_.load(std::memory_order_relaxed);
}

Task<Got<bool>> TenantViews::list(Context context, TenantView& view) {
  const Reply reply = co_await host_.call(context, list_, Payload::json(R"({"kind":"policies"})"));
  if (!reply && without_models(reply)) co_return true;
  if (!reply) co_return reply;
  models_seen_.store(true, std::memory_order_relaxed);
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return unreadable("the list of policies");
  for (const auto item : answer->root().find("items").elements()) {
    if (!item.find("version").is_string()) continue;
    if (view.policies.size() == most_policies) co_return unreadable("a list of more than 1,000 policies");
    const std::string name(item.find("name").as_string()), whoever;
    auto served = co_await resolve(context, name, whoever);
    if (!served) co_return std::move(served).problem();
    view.policies.push_back({name, served->policy, served->canary});
  }
  co_return true;
}

Task<Got<Served>> TenantViews::resolve(Context context, std::string name, const std::string& user) {
  const Reply reply = co_await host_.call(context, resolve_, question(name, user, "", false));
  if (!reply && reply.code() == Code::not_found) co_return Served{};
  if (!reply) co_return reply;
  Served out{std::move(name), std::string(reply.meta("version")), std::string(reply.meta("hash")),
             reply.meta("canary") == "true", nullptr};
  out.policy = policies_.find(out.hash);
  if (out.policy) co_return out;
  const Reply full = co_await host_.call(context, resolve_, question(out.name, user, out.version, true));
  if (!full) co_return full;
  const auto answer = json::Document::parse(full.text());
  if (!answer) co_return unreadable("policy '" + out.name + "'");
  const auto source = answer->root().find("source");
  const auto read = [source] {
    authz::Diagnostics diagnostics;
    return authz::Policy::read(source, diagnostics);
  };
  auto policy = co_await host_.offload(read);
  if (!policy) co_return std::move(policy).error();
  // One that cannot be read any more may have denied something: nothing is allowed until it is published again.
  if (!*policy) co_return unreadable("policy '" + out.name + "'");
  out.hash = answer->root().find("hash").as_string();
  out.policy = *policy;
  policies_.keep(out.hash, out.policy, json::to_text(source).size() * 4 + 1024);
  co_return out;
}

Task<Got<authz::PolicyPtr>> TenantViews::met(Context context, const TenantView::Named& named, const std::string& user) {
  if (!named.split) co_return named.last;
  auto one = co_await resolve(context, named.name, user);
  if (!one) co_return std::move(one).problem();
  co_return one->policy;
}

Task<Got<std::vector<Served>>> TenantViews::served(Context context, TenantViewPtr view, std::string resource,
                                                   const std::string& user) {
  std::vector<Served> out;
  std::vector<std::string> names;
  for (const auto& named : view->policies)
    if (resource.empty() || named.split || !named.last || named.last->covers(resource)) names.push_back(named.name);
  // The policy of the resource's own name may have been published a moment ago.
  const auto own = resource.starts_with("forms/") ? resource.substr(6) : std::string();
  if (!own.empty() && list_ && std::find(names.begin(), names.end(), own) == names.end()) names.push_back(own);
  for (const auto& name : names) {
    auto one = co_await resolve(context, name, user);
    if (!one) {
      if (name == own && without_models(one.problem())) continue;
      co_return std::move(one).problem();
    }
    if (one->policy && (resource.empty() || one->policy->covers(resource))) out.push_back(std::move(*one));
  }
  co_return out;
}

Task<void> TenantViews::report(Context context, const Served& served, bool failed, Duration took) {
  const std::string micros = std::to_string(took.count() / 1000);
  const Meta meta{{"kind", "policies"},
                  {"name", served.name},
                  {"version", served.version},
                  {"outcome", failed ? "error" : "ok"},
                  {"micros", micros}};
  // Whether the registry has counted it is nothing to the caller.
  (void)co_await host_.call(context, report_, Payload::make({}, Media::none, meta));
}

}  // namespace socle::auth
