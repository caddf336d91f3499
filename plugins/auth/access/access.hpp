// access.hpp: the methods of auth/1 that decide: decide, filter, explain, authorize, and compile for the kind
// `policies`. Who asks is the call's context and nothing else. Answered inline once a tenant's roles and policies are
// known to the worker; what was compiled is shared by all workers, by the versions it was made of, and charged to the
// tenant. docs/design/policy.md.
#pragma once

#include "access/room.hpp"
#include "identity/people.hpp"

namespace socle::auth {

class Authorizer {
 public:
  Authorizer(Host& host, Store& store);
  void use(People& people) { people_ = &people; }

  // {resource, action, record?, old?, types?, env?} → {effect, by, policy?, rule?, role?, reason?, masks?}.
  Task<Reply> decide(Request request);
  // {resource, action, types?, record?, indexes?, env?} → {effect, filter?, predicate?, remainder?, masks,
  // exact_masks}.
  Task<Reply> filter(Request request);
  // As decide, and {subject?: {id, roles, org, …}}: about somebody else, for those who may read users. For operators
  // (principal `kernel`) {username}: about a user of the tenant as he is now.
  Task<Reply> explain(Request request);
  // {permission} → {allowed}: whether the roles open a route.
  Task<Reply> authorize(Request request);
  // The kind's method of models/1. One that the tenant has no memory for is refused, unless it is a draft.
  Task<Reply> compile(Request request);

  // May somebody with these claims use a permission somewhere? What a route asks before it knows a record.
  struct Permitted {
    bool open = false;
    std::uint64_t view = 0;  // TenantView::number of what said so; 0: roles that the tenant has no room for
  };
  Task<Got<Permitted>> permits(Context context, std::string claims, std::string permission);

  TenantViews& views() { return views_; }
  Room& room() { return room_; }

 private:
  // One subject at one resource; a worker keeps the last ones. It keeps alive nothing that a tenant pays for: whoever
  // uses the asker holds a Bound.
  struct Seat {
    std::string key;
    authz::Subject subject;
    std::weak_ptr<const authz::Bound> bound;
    authz::Asker asker;
    Seat(std::string key_text, authz::Subject who, const authz::BoundPtr& at)
        : key(std::move(key_text)),
          subject(std::move(who)),
          bound(at),
          asker(authz::BoundPtr(authz::BoundPtr(), at.get()), subject) {}
  };
  struct Seats {
    std::list<Seat> recent;
    std::unordered_map<std::string_view, std::list<Seat>::iterator> by_key;
  };
  static constexpr std::size_t most_seats = 512;  // a worker

  struct Asked {
    json::Document body;
    authz::Question question;
    Instant begun;
    std::vector<Served> canaries;  // among the policies that bound() took
    [[nodiscard]] std::string text(std::string_view name) const {
      return std::string(body.root().find(name).as_string());
    }
  };
  Got<std::shared_ptr<Asked>> read(const Request& request) const;
  // What was bound lies in the cache, and points into roles and policies that may go before it does: it is good as
  // long as all of them live.
  struct Binding {
    std::weak_ptr<const authz::Directory> directory;
    std::vector<std::weak_ptr<const authz::Policy>> policies;
    authz::BoundPtr bound;  // owns none of them
    [[nodiscard]] bool is_of(const authz::DirectoryPtr& roles, const std::vector<authz::PolicyPtr>& served) const;
  };
  // For a call: all that the Bound points into.
  struct Bound {
    authz::BoundPtr bound;
    authz::DirectoryPtr directory;
    std::vector<authz::PolicyPtr> policies;
  };
  // `user`: whose versions of policies under a canary; empty: those of whoever asks.
  Task<Got<Bound>> bound(Context context, const std::shared_ptr<Asked>& asked, const std::string& user);
  // How the canaries did. `erred`: the policy whose deny could not be evaluated, or empty.
  Task<void> report(Context context, const std::shared_ptr<Asked>& asked, std::string_view erred);
  Task<Got<authz::Subject>> named(Context context, const std::string& username);
  // Good while `here` is held.
  Seat& seat(const Context& context, const Bound& here);

  Host& host_;
  const json::Document env_;
  People* people_ = nullptr;
  TenantViews views_;
  Room room_;
  std::vector<Seats> seats_;
  Metric decisions_, denials_, bindings_;
};

// {effect, …} of a decision, as decide answers.
[[nodiscard]] std::string decision_text(const authz::Decision& decision);
[[nodiscard]] std::string filter_text(const authz::Filter& filter, bool unconditional);

}  // namespace socle::auth
