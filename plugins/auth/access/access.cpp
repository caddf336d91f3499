#include "access/access.hpp"

#include <algorithm>

#include "verify/known.hpp"

namespace socle::auth {
namespace {

constexpr std::size_t largest_question = std::size_t{4} << 20;

Reply bad(std::string_view code, std::string_view message, std::string_view pointer) {
  std::string fields;
  json::Writer(fields)
      .begin_array()
      .begin_object()
      .member("pointer", pointer)
      .member("code", code)
      .member("message", message)
      .end_object()
      .end_array();
  return Reply::error(Code::invalid, code, message, fields).with_status(422);
}

bool is_envelope(json::View record) {
  return !record.exists() || (record.is_object() && record.find("doc").is_object());
}

// What the operator says of this installation, where the asker says nothing of its own.
json::Document env_of(const Host& host) {
  const auto config = host.config();
  if (const auto env = config.root().find("env"); env.is_object()) return json::Document::copy_of(env);
  return *json::Document::parse("{}");
}

bool is_no_room(const Reply& problem) { return problem.code() == Code::too_large || problem.code() == Code::exhausted; }

template <class T>
std::shared_ptr<const T> unowned(const std::shared_ptr<const T>& thing) {
  return {std::shared_ptr<const T>(), thing.get()};
}

}  // namespace

Authorizer::Authorizer(Host& host, Store& store)
    : host_(host),
      env_(env_of(host)),
      views_(host, store),
      room_(host, views_),
      seats_(host.worker_count() + 1),
      decisions_(host.counter("auth_decisions_total", "Decisions on records.")),
      denials_(host.counter("auth_denials_total", "Decisions on records that denied.")),
      bindings_(host.counter("auth_bindings_total", "Roles and policies compiled for a resource.")) {}

Got<std::shared_ptr<Authorizer::Asked>> Authorizer::read(const Request& request) const {
  const auto begun = host_.now();
  auto body = json::Document::parse(request.text(), {.max_size = largest_question});
  if (!body) return Reply::error(Code::invalid, "malformed_json", body.error().message).with_status(400);
  auto asked = std::make_shared<Asked>();
  asked->begun = begun;
  asked->body = *std::move(body);
  const auto root = asked->body.root();
  auto& question = asked->question;
  question.action = root.find("action").as_string();
  if (!authz::is_word(question.action))
    return bad("bad_action", "'action' is a word such as read, create, update or delete", "/action");
  question.record = root.find("record").is_object() ? root.find("record") : json::View();
  question.old = root.find("old").is_object() ? root.find("old") : json::View();
  question.env = root.find("env").is_object() ? root.find("env") : env_.root();
  const auto now = host_.now_utc().count();
  question.now_seconds = now / 1'000'000'000;
  question.now_nanos = static_cast<std::uint32_t>(now % 1'000'000'000);
  return asked;
}

// Compiled for the versions that are served now. `types` is part of what it is made of.
Task<Got<Authorizer::Bound>> Authorizer::bound(Context context, const std::shared_ptr<Asked>& asked,
                                               const std::string& user) {
  const auto resource = asked->text("resource");
  auto view = co_await views_.get(context);
  if (!view) co_return std::move(view).problem();
  auto served = co_await views_.served(context, *view, resource, user);
  if (!served) co_return std::move(served).problem();
  // The directory's own text would do; this names it in fewer bytes. Without one all tenants are alike.
  std::string key = (*view)->key;
  key.append("\n").append(resource).append("\n");
  json::append_text(key, asked->body.root().find("types"));
  Bound here{{}, (*view)->directory, {}};
  here.policies.reserve(served->size());
  for (auto& one : *served) {
    key.append("\n").append(one.hash);
    here.policies.push_back(one.policy);
    if (one.canary) asked->canaries.push_back(std::move(one));
  }
  if (auto found = views_.cache().find<Binding>(key); found) {
    if (found->is_of(here.directory, here.policies)) {
      here.bound = authz::BoundPtr(found, found->bound.get());
      co_return here;
    }
    views_.cache().remove(key);
  }
  bindings_.add();
  const auto work = [&here, &resource, &asked] {
    std::vector<authz::PolicyPtr> policies;
    for (const auto& one : here.policies) policies.push_back(unowned(one));
    return authz::Bound::bind(unowned(here.directory), std::move(policies), resource, asked->body.root().find("types"));
  };
  auto made = co_await host_.offload(work);
  if (!made) co_return bad("bad_resource", made.error().message, "/resource");
  const std::size_t bytes =
      (*made)->bytes() + sizeof(Binding) + here.policies.size() * sizeof(std::weak_ptr<const authz::Policy>);
  auto binding = std::make_shared<const Binding>(
      Binding{here.directory, {here.policies.begin(), here.policies.end()}, *std::move(made)});
  auto kept = views_.cache().keep(context, std::move(key), bytes, binding);
  if (!kept) {
    auto keeping = authz::Keeping::of(*here.directory, 0);
    for (const auto& one : here.policies) keeping.policies.push_back(authz::Weight::of(*one));
    co_return std::move(kept).error().context(largest_kept(keeping, resource));
  }
  // What somebody else kept meanwhile may be of other copies; then this one serves the call.
  const auto& used = (*kept)->is_of(here.directory, here.policies) ? *kept : binding;
  here.bound = authz::BoundPtr(used, used->bound.get());
  co_return here;
}

bool Authorizer::Binding::is_of(const authz::DirectoryPtr& roles, const std::vector<authz::PolicyPtr>& served) const {
  return directory.lock() == roles && std::equal(policies.begin(), policies.end(), served.begin(), served.end(),
                                                 [](const auto& mine, const auto& one) { return mine.lock() == one; });
}

Task<void> Authorizer::report(Context context, const std::shared_ptr<Asked>& asked, std::string_view erred) {
  const Duration took = host_.now() - asked->begun;
  for (const auto& one : asked->canaries) {
    const bool failed = one.name == erred;
    co_await views_.report(context, one, failed, took);
  }
}

Authorizer::Seat& Authorizer::seat(const Context& context, const Bound& here) {
  const authz::BoundPtr& bound = here.bound;
  auto& seats = seats_[host_.worker()];
  std::string key(context.tenant());
  key.append("\n")
      .append(context.principal())
      .append("\n")
      .append(bound->resource())
      .append("\n")
      .append(context.claims());
  if (const auto at = seats.by_key.find(key); at != seats.by_key.end()) {
    seats.recent.splice(seats.recent.begin(), seats.recent, at->second);
    if (seats.recent.front().bound.lock() == bound) return seats.recent.front();
    seats.by_key.erase(at);
    seats.recent.pop_front();
  }
  seats.recent.emplace_front(std::move(key),
                             authz::Subject::of(context.tenant(), context.principal(), context.claims()), bound);
  seats.by_key.emplace(seats.recent.front().key, seats.recent.begin());
  if (seats.recent.size() > most_seats) {
    seats.by_key.erase(seats.recent.back().key);
    seats.recent.pop_back();
  }
  return seats.recent.front();
}

Task<Reply> Authorizer::decide(Request request) {
  auto asked = read(request);
  if (!asked) co_return std::move(asked).problem();
  const auto root = (*asked)->body.root();
  if (!is_envelope(root.find("record")) || !is_envelope(root.find("old")))
    co_return bad("bad_record", "'record' and 'old' are {id, created_by, …, doc: {…}}", "/record");
  const std::string whoever_asks;
  auto bound_here = co_await bound(request, *asked, whoever_asks);
  if (!bound_here) co_return std::move(bound_here).problem();
  const auto decision = seat(request, *bound_here).asker.decide((*asked)->question);
  decisions_.add();
  if (!decision.allowed) denials_.add();
  Reply reply = Reply::json(decision_text(decision));
  if (!(*asked)->canaries.empty()) {
    const std::string_view erred = decision.erred ? decision.policy : std::string_view();
    co_await report(request, *asked, erred);
  }
  co_return reply;
}

Task<Reply> Authorizer::filter(Request request) {
  auto asked = read(request);
  if (!asked) co_return std::move(asked).problem();
  const std::string whoever_asks;
  auto bound_here = co_await bound(request, *asked, whoever_asks);
  if (!bound_here) co_return std::move(bound_here).problem();
  cel::RecordShape shape;
  const auto root = (*asked)->body.root();
  if (const auto base = root.find("record"); base.is_string()) shape.fields_at = base.as_string();
  for (const auto [field, type] : root.find("indexes").members())
    shape.indexes.push_back({std::string(field), std::string(type.as_string())});
  auto& asker = seat(request, *bound_here).asker;
  const bool unconditional = asker.unconditional((*asked)->question.action);
  Reply reply = Reply::json(filter_text(asker.filter((*asked)->question, shape), unconditional));
  // What errs in a list only shows at its rows, at whoever reads them.
  constexpr std::string_view nothing_erred;
  if (!(*asked)->canaries.empty()) co_await report(request, *asked, nothing_erred);
  co_return reply;
}

// About somebody else it answers by the versions that he meets.
Task<Reply> Authorizer::explain(Request request) {
  auto asked = read(request);
  if (!asked) co_return std::move(asked).problem();
  const auto root = (*asked)->body.root();
  if (!is_envelope(root.find("record")) || !is_envelope(root.find("old")))
    co_return bad("bad_record", "'record' and 'old' are {id, created_by, …, doc: {…}}", "/record");
  const auto other = root.find("subject");
  if (request.principal() == "kernel") {
    const std::string username((*asked)->text("username"));
    auto who = co_await named(request, username);
    if (!who) co_return std::move(who).problem();
    auto bound_for = co_await bound(request, *asked, who->id());
    if (!bound_for) co_return std::move(bound_for).problem();
    authz::Asker asker(bound_for->bound, *who);
    co_return Reply::json(asker.explain((*asked)->question));
  }
  if (other.exists()) {
    auto may = co_await permits(request, std::string(request.context().claims()), "users:read");
    if (!may) co_return std::move(may).problem();
    if (!may->open)
      co_return Reply::error(Code::denied, "forbidden", "asking for somebody else wants the permission users:read");
  }
  const std::string about(other.find("id").as_string());
  auto bound_here = co_await bound(request, *asked, about);
  if (!bound_here) co_return std::move(bound_here).problem();
  if (!other.exists()) co_return Reply::json(seat(request, *bound_here).asker.explain((*asked)->question));
  const auto subject = authz::Subject::of(request.tenant(), about, json::to_text(other));
  authz::Asker asker(bound_here->bound, subject);
  co_return Reply::json(asker.explain((*asked)->question));
}

Task<Got<authz::Subject>> Authorizer::named(Context context, const std::string& username) {
  auto person = co_await people_->by_name(context, username);
  if (!person) co_return std::move(person).problem();
  if (!person->exists())
    co_return Reply::error(Code::not_found, "not_found", "there is no user '" + username.substr(0, 64) + "'");
  Known known;
  known.user = person->id;
  known.org = person->org;
  known.roles = person->roles;
  co_return authz::Subject::of(context.tenant(), person->id, claims_text(known, person->username));
}

Task<Got<Authorizer::Permitted>> Authorizer::permits(Context context, std::string claims, std::string permission) {
  const auto [area, action] = authz::parts_of(permission);
  // Only records are decided on one by one behind the route. Everything else is opened here and by nobody after, so a
  // grant with limits, a role within a unit and a rule open nothing of it.
  const bool decided_later = area == "records";
  auto view = co_await views_.get(context);
  authz::DirectoryPtr roles;
  if (view) {
    roles = (*view)->directory;
  } else {
    // Where there is no room for all, roles alone open what mends that.
    if (decided_later || !is_no_room(view.problem())) co_return std::move(view).problem();
    auto stored = co_await views_.stored(context);
    if (!stored) co_return std::move(stored).problem();
    roles = authz::DirectoryPtr(*stored, (*stored)->directory.get());
  }
  const auto number = view ? (*view)->number : 0;
  const Permitted no{false, number}, yes{true, number};
  const auto subject = authz::Subject::of(context.tenant(), {}, claims);
  // The same user as decide() is asked by: the context may be the plugin's own.
  std::string user(subject.user().find("user").as_string());
  if (user.empty()) user = context.principal();
  if (!subject.in_scope(area, action)) co_return no;
  const auto& directory = *roles;
  for (const auto& held : subject.roles()) {
    const auto role = directory.find(held.role);
    if (!role || (!decided_later && !held.unit.empty())) continue;
    if (authz::may(directory, *role, permission, decided_later ? authz::Reach::anywhere : authz::Reach::everywhere))
      co_return yes;
  }
  if (!decided_later) co_return no;
  for (const auto& named : *(*view)->policies) {
    auto policy = co_await views_.met(context, named, user);
    if (!policy) co_return std::move(policy).problem();
    if (!*policy) continue;
    const auto& resources = (*policy)->resources();
    if (std::none_of(resources.begin(), resources.end(),
                     [&, area = area](const auto& one) { return one == "*" || authz::area_of(one) == area; }))
      continue;
    for (const auto& rule : (*policy)->rules())
      if (rule.effect == authz::Effect::allow)
        for (const auto& one : rule.actions)
          if (authz::action_covers(one, action)) co_return yes;
  }
  co_return no;
}

Task<Reply> Authorizer::authorize(Request request) {
  const auto body = json::Document::parse(request.text().empty() ? std::string_view("{}") : request.text());
  std::string permission(request.meta("permission"));
  if (permission.empty() && body) permission = body->root().find("permission").as_string();
  if (!authz::is_permission(permission))
    co_return bad("bad_permission", "'permission' is AREA:ACTION, such as records:read", "/permission");
  auto may = co_await permits(request, std::string(request.context().claims()), permission);
  if (!may) co_return std::move(may).problem();
  co_return Reply::json(may->open ? R"({"allowed":true})" : R"({"allowed":false})");
}

Task<Reply> Authorizer::compile(Request request) {
  auto body = json::Document::parse(request.text());
  if (!body) co_return Reply::error(Code::invalid, "malformed_json", body.error().message).with_status(400);
  const auto source = body->root().find("source");
  if (!source.exists()) co_return Reply::error(Code::invalid, "no_source", "compile wants {source}, a policy");
  const bool fast = body->root().find("mode").as_string() == "fast";
  std::optional<authz::Weight> weight;
  const auto work = [source, fast, &weight] { return authz::compile_answer(source, fast, &weight); };
  auto answer = co_await host_.offload(work);
  if (!answer) co_return Reply(std::move(answer).error());
  // models/1 refuses one that is not called as its path is, and tells where: that comes first.
  const auto called = body->root().find("name");
  const bool misnamed = weight && called.exists() && called.as_string() != weight->name;
  if (!fast && weight && !misnamed) {
    auto room = co_await room_.for_policy(request, *weight);
    if (!room) co_return std::move(room).problem();
  }
  co_return Reply::json(*answer);
}

}  // namespace socle::auth
