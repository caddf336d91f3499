// tenant_view.hpp: what a worker knows of a tenant's roles, units and policies. Roles are one document, read once and
// dropped on every worker before a change of it is answered. Which policies there are is listed from models/1 and
// dropped when it announces a publish, at the latest after `list_age`; which version of one is served is asked at every
// use, so a new version counts from the answer to its publish on. While a canary of one runs, everything that is said
// of a user goes by the version which that user meets. On the worker of the call.
//
// What a worker keeps between calls holds nothing alive that a tenant pays for: the ModelCache alone does, and what it
// gave up is read again when it is needed. What get(), met() and served() answer keeps it for the call.
#pragma once

#include <socle/model_cache.hpp>

#include <atomic>
#include <list>
#include <unordered_map>
#include <vector>

#include "core/store.hpp"
#include "policy/policies.hpp"

namespace socle::auth {

inline constexpr std::string_view directory_collection = "auth.directory";
inline constexpr std::string_view directory_id = "directory";

// The roles and units that a tenant has stored. One of a content for all workers, in the cache. Immutable.
struct Charter {
  json::Document document;  // {roles, units}; null: the tenant has none of its own
  authz::DirectoryPtr directory;
  std::uint64_t revision = 0;  // of the stored document, 0 = there is none
  [[nodiscard]] json::View roles() const { return document.root().find("roles"); }
  [[nodiscard]] json::View units() const { return document.root().find("units"); }
  // Without policies.
  [[nodiscard]] authz::Keeping keeping() const {
    return authz::Keeping::of(*directory, revision == 0 ? 0 : document.bytes().size());
  }
};
using CharterPtr = std::shared_ptr<const Charter>;

// A policy that was served when it was listed.
struct ListedPolicy {
  std::string name;
  std::weak_ptr<const authz::Policy> last;
  // Whether `last` is of this resource (a pattern decides); true as well when nobody can say any more.
  [[nodiscard]] bool may_cover(std::string_view resource) const {
    const auto policy = last.lock();
    return !policy || policy->covers(resource);
  }
  bool split = false;  // a canary of it runs: not everybody meets `last`
};

// Immutable; for a call.
struct TenantView {
  authz::DirectoryPtr directory;
  std::string key;     // names the stored document's tenant, revision and content; empty: there is none
  CharterPtr charter;  // null: there is none
  std::shared_ptr<const std::vector<ListedPolicy>> policies;
  Instant listed;
  std::uint64_t number = 0;  // no other view that this worker has read has the same
};
using TenantViewPtr = std::shared_ptr<const TenantView>;

// What is to be told of a refusal: what takes most of what is kept for a question about the resource.
[[nodiscard]] std::string largest_kept(const authz::Keeping& keeping, const std::string& resource);

// What is stored or served is no roles or no policy: neither memory nor a plugin that is away.
[[nodiscard]] bool is_unreadable(const Reply& problem);

struct Served {
  std::string name;
  std::string version;
  std::string hash;
  bool canary = false;  // this version is being measured against another: report() each use
  authz::PolicyPtr policy;
};

class TenantViews {
 public:
  static constexpr Duration list_age = std::chrono::seconds(5);
  static constexpr std::size_t most_tenants = 10'000;  // a worker

  TenantViews(Host& host, Store& store);

  Task<Got<TenantViewPtr>> get(Context context);
  // The roles and units alone, for who reads or changes them: as they are stored now and, unless they are in the cache,
  // charged to nobody. So what has no room in a tenant's memory can be made smaller. Never null.
  Task<Got<CharterPtr>> stored(Context context);
  // What the policies take that are served now to whoever the context is of, also where there is no room for one. One
  // that cannot be read takes nothing: publishing it again is how that is mended. Each is read once.
  Task<Got<std::vector<authz::Weight>>> weights(Context context);
  // The number of the view that get() would answer with at once; 0: it would read anew.
  [[nodiscard]] std::uint64_t current(std::string_view tenant) const;
  // The versions that the user meets of those policies that may be about the resource: `resource` empty = of all,
  // `user` empty = whoever the context is of.
  Task<Got<std::vector<Served>>> served(Context context, TenantViewPtr view, std::string resource,
                                        const std::string& user);
  // One of the view's policies as the user meets it; null when it is not published any more.
  Task<Got<authz::PolicyPtr>> met(Context context, const ListedPolicy& named, const std::string& user);
  // How a use of a version went, for the judge of the canary.
  Task<void> report(Context context, const Served& served, bool failed, Duration took);
  // From now on of this worker.
  void forget(std::string_view tenant);
  // Policies by their hash, charters, and what was compiled of both (Authorizer), of all workers; each charged to the
  // tenant it was made for.
  [[nodiscard]] ModelCache& cache() { return cache_; }

 private:
  struct Known {
    std::string tenant;
    TenantViewPtr view;                    // without charter and directory of one
    std::weak_ptr<const Charter> charter;  // that of `view`
  };
  // For a call; null when its charter was given up.
  [[nodiscard]] static TenantViewPtr whole(const Known& known);
  void remember(const std::string& tenant, const TenantView& view);
  // `before`: null, or a view whose list is believed still; it stands if the roles are the same.
  Task<Got<TenantViewPtr>> load(Context context, TenantViewPtr before);
  Got<CharterPtr> charter(Context context, const std::string& key, const Stored& stored);
  // The names of what is served.
  Task<Got<std::vector<std::string>>> names(Context context);
  Task<Got<std::vector<ListedPolicy>>> list(Context context);
  [[nodiscard]] bool without_models(const Reply& reply) const;
  // No value but a policy of nothing when it is not published (any more). `unkept`: the one that there is no room for,
  // which the answer does not name.
  Task<Got<Served>> resolve(Context context, std::string name, const std::string& user, authz::Weight& unkept);

  struct Worker {
    std::list<Known> recent;
    std::unordered_map<std::string_view, std::list<Known>::iterator> by_tenant;
    std::uint64_t epoch = 0;  // moves with each forget(): what was read before is not kept
    std::uint64_t read = 0;   // views, so far
  };
  Host& host_;
  Store& store_;
  Target resolve_, list_, report_;
  const authz::DirectoryPtr built_in_ = authz::Directory::built_in();
  const CharterPtr no_charter_ = std::make_shared<const Charter>(Charter{{}, built_in_, 0});
  std::vector<Worker> workers_;
  ModelCache cache_;
  std::atomic<bool> models_seen_{false};
};

}  // namespace socle::auth
