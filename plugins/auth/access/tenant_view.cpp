#include "access/tenant_view.hpp"

#include <algorithm>

#include "core/secret.hpp"

namespace socle::auth {
namespace {

constexpr std::size_t cache_budget = std::size_t{96} << 20;
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

constexpr std::string_view unreadable_code = "access_unreadable";

Reply unreadable(std::string_view what) {
  return Reply::error(Code::internal, unreadable_code,
                      std::string(what) + " cannot be read, so nothing is allowed; publish or store it again");
}

// A refusal of resolve() with what it is about.
Reply no_room(Reply problem, const authz::Weight& unkept) {
  if (unkept.name.empty()) return problem;
  return Reply(problem.error().context("policy '" + unkept.name + "'"));
}

// A tenant that was deleted and made again may come to the same revision with other roles.
std::string key_of(Context context, const Stored& stored) {
  return std::string(context.tenant()) + "\n" + std::to_string(stored.revision) + "\n" +
         fingerprint(json::to_text(stored.doc()));
}

Got<CharterPtr> charter_of(const Stored& stored) {
  auto made = std::make_shared<Charter>();
  made->document = json::Document::copy_of(stored.doc());
  made->revision = stored.revision;
  authz::Diagnostics diagnostics;
  made->directory = authz::Directory::read(made->roles(), made->units(), diagnostics);
  if (!made->directory) return unreadable("the roles of this tenant");
  return CharterPtr(std::move(made));
}

}  // namespace

bool is_unreadable(const Reply& problem) { return problem.error_code() == unreadable_code; }

std::string largest_kept(const authz::Keeping& keeping, const std::string& resource) {
  return authz::largest(keeping, resource) + ", the largest of what is kept for '" + resource + "'";
}

TenantViews::TenantViews(Host& host, Store& store)
    : host_(host),
      store_(store),
      resolve_(host.target("models/1", "resolve")),
      list_(host.target("models/1", "list")),
      report_(host.target("models/1", "report")),
      workers_(host.worker_count() + 1),
      cache_(host, cache_budget) {
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

TenantViewPtr TenantViews::whole(const Known& known) {
  if (known.view->key.empty()) return known.view;
  auto charter = known.charter.lock();
  if (!charter) return nullptr;
  auto view = std::make_shared<TenantView>(*known.view);
  view->directory = authz::DirectoryPtr(charter, charter->directory.get());
  view->charter = std::move(charter);
  return view;
}

void TenantViews::remember(const std::string& tenant, const TenantView& view) {
  auto& worker = workers_[host_.worker()];
  auto kept = std::make_shared<TenantView>(view);
  kept->charter = nullptr;
  if (view.charter) kept->directory = nullptr;
  if (const auto at = worker.by_tenant.find(tenant); at != worker.by_tenant.end()) {
    at->second->view = std::move(kept);
    at->second->charter = view.charter;
    return;
  }
  worker.recent.push_front({tenant, std::move(kept), view.charter});
  worker.by_tenant.emplace(worker.recent.front().tenant, worker.recent.begin());
  if (worker.recent.size() > most_tenants) {
    worker.by_tenant.erase(worker.recent.back().tenant);
    worker.recent.pop_back();
  }
}

Task<Got<TenantViewPtr>> TenantViews::get(Context context) {
  const std::string tenant(context.tenant());
  auto& worker = workers_[host_.worker()];
  TenantViewPtr before;
  if (const auto at = worker.by_tenant.find(tenant); at != worker.by_tenant.end()) {
    worker.recent.splice(worker.recent.begin(), worker.recent, at->second);
    if (host_.now() - at->second->view->listed < list_age) {
      if (auto view = whole(*at->second)) co_return view;
      before = at->second->view;
    }
  }
  const auto epoch = worker.epoch;
  auto loaded = co_await load(context, before);
  if (loaded && worker.epoch == epoch) remember(tenant, **loaded);
  co_return loaded;
}

Task<Got<TenantViewPtr>> TenantViews::load(Context context, TenantViewPtr before) {
  const auto view = std::make_shared<TenantView>();
  view->number = ++workers_[host_.worker()].read;
  auto stored = co_await store_.get(context, directory_collection, directory_id);
  if (!stored) co_return std::move(stored).problem();
  view->directory = built_in_;
  if (stored->exists()) {
    view->key = key_of(context, *stored);
    auto own = charter(context, view->key, *stored);
    if (!own) co_return std::move(own).problem();
    view->charter = *std::move(own);
    view->directory = authz::DirectoryPtr(view->charter, view->charter->directory.get());
  }
  if (before && before->key == view->key) {
    view->policies = before->policies;
    view->listed = before->listed;
    view->number = before->number;
    co_return TenantViewPtr(view);
  }
  view->listed = host_.now();
  std::vector<ListedPolicy> policies;
  if (list_) {
    auto listed = co_await list(context);
    if (!listed) co_return std::move(listed).problem();
    policies = *std::move(listed);
  }
  view->policies = std::make_shared<const std::vector<ListedPolicy>>(std::move(policies));
  co_return TenantViewPtr(view);
}

Task<Got<CharterPtr>> TenantViews::stored(Context context) {
  auto stored = co_await store_.get(context, directory_collection, directory_id);
  if (!stored) co_return std::move(stored).problem();
  if (!stored->exists()) co_return no_charter_;
  if (auto known = cache_.find<Charter>(key_of(context, *stored)); known) co_return known;
  co_return charter_of(*stored);
}

Got<CharterPtr> TenantViews::charter(Context context, const std::string& key, const Stored& stored) {
  if (auto known = cache_.find<Charter>(key); known) return known;
  auto made = charter_of(stored);
  if (!made) return made;
  const auto directory = (*made)->directory;
  const std::size_t bytes = directory->bytes() + (*made)->document.bytes().size();
  auto kept = cache_.keep(context, key, bytes, std::move(*made));
  if (!kept)
    return std::move(kept).error().context(authz::largest(authz::Keeping::of(*directory, 0), {}) +
                                           ", the largest of this tenant's roles and units");
  return *std::move(kept);
}

// A system without models/1 has no policies. One whose models/1 is gone has them, and cannot decide.
bool TenantViews::without_models(const Reply& reply) const {
  return reply.error_code() == "no_provider" && !models_seen_.load(std::memory_order_relaxed);
}

Task<Got<std::vector<std::string>>> TenantViews::names(Context context) {
  std::vector<std::string> out;
  const Reply reply = co_await host_.call(context, list_, Payload::json(R"({"kind":"policies"})"));
  if (!reply && without_models(reply)) co_return out;
  if (!reply) co_return reply;
  models_seen_.store(true, std::memory_order_relaxed);
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return unreadable("the list of policies");
  for (const auto item : answer->root().find("items").elements()) {
    if (!item.find("version").is_string()) continue;
    if (out.size() == most_policies) co_return unreadable("a list of more than 1,000 policies");
    out.emplace_back(item.find("name").as_string());
  }
  co_return out;
}

Task<Got<std::vector<ListedPolicy>>> TenantViews::list(Context context) {
  auto listed = co_await names(context);
  if (!listed) co_return std::move(listed).problem();
  std::vector<ListedPolicy> out;
  const std::string whoever;
  for (const auto& name : *listed) {
    authz::Weight unkept;
    auto served = co_await resolve(context, name, whoever, unkept);
    if (!served) co_return no_room(std::move(served).problem(), unkept);
    // One that is not published any more is asked for again, as what the cache gave up is.
    out.push_back({name, served->policy, served->canary});
  }
  co_return out;
}

Task<Got<std::vector<authz::Weight>>> TenantViews::weights(Context context) {
  std::vector<authz::Weight> out;
  if (!list_) co_return out;
  auto listed = co_await names(context);
  if (!listed && is_unreadable(listed.problem())) co_return out;
  if (!listed) co_return std::move(listed).problem();
  const std::string whoever_asks;
  for (const auto& name : *listed) {
    if (auto turn = co_await host_.pause(); !turn) co_return std::move(turn).error();
    authz::Weight unkept;
    auto served = co_await resolve(context, name, whoever_asks, unkept);
    if (served && served->policy) out.push_back(authz::Weight::of(*served->policy));
    if (served || is_unreadable(served.problem())) continue;
    if (unkept.name.empty()) co_return std::move(served).problem();
    out.push_back(std::move(unkept));
  }
  co_return out;
}

Task<Got<Served>> TenantViews::resolve(Context context, std::string name, const std::string& user,
                                       authz::Weight& unkept) {
  const Reply reply = co_await host_.call(context, resolve_, question(name, user, "", false));
  if (!reply && reply.code() == Code::not_found) co_return Served{};
  if (!reply) co_return reply;
  Served out{std::move(name), std::string(reply.meta("version")), std::string(reply.meta("hash")),
             reply.meta("canary") == "true", nullptr};
  out.policy = cache_.find<authz::Policy>(out.hash);
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
  const authz::PolicyPtr made = *std::move(policy);
  auto kept = cache_.keep(context, out.hash, made->bytes(), made);
  if (!kept) {
    unkept = authz::Weight::of(*made);
    unkept.name = out.name;
    co_return std::move(kept).error();
  }
  out.policy = *std::move(kept);
  co_return out;
}

Task<Got<authz::PolicyPtr>> TenantViews::met(Context context, const ListedPolicy& named, const std::string& user) {
  if (!named.split)
    if (auto last = named.last.lock()) co_return last;
  authz::Weight unkept;
  auto one = co_await resolve(context, named.name, user, unkept);
  if (!one) co_return no_room(std::move(one).problem(), unkept);
  co_return one->policy;
}

Task<Got<std::vector<Served>>> TenantViews::served(Context context, TenantViewPtr view, std::string resource,
                                                   const std::string& user) {
  std::vector<Served> out;
  std::vector<std::string> names;
  for (const auto& named : *view->policies)
    if (resource.empty() || named.split || named.may_cover(resource)) names.push_back(named.name);
  // The policy of the resource's own name may have been published a moment ago.
  const auto own = resource.starts_with("forms/") ? resource.substr(6) : std::string();
  if (!own.empty() && list_ && std::find(names.begin(), names.end(), own) == names.end()) names.push_back(own);
  authz::Weight unkept;
  for (const auto& name : names) {
    auto one = co_await resolve(context, name, user, unkept);
    if (!one) {
      if (name == own && without_models(one.problem())) continue;
      if (unkept.name.empty() || resource.empty()) co_return no_room(std::move(one).problem(), unkept);
      auto keeping = authz::Keeping::of(*view->directory, 0);
      for (const auto& kept : out) keeping.policies.push_back(authz::Weight::of(*kept.policy));
      keeping.policies.push_back(std::move(unkept));
      co_return Reply(one.problem().error().context(largest_kept(keeping, resource)));
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
