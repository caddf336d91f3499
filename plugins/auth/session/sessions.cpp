#include "session/sessions.hpp"

#include <cmath>
#include <optional>

#include "core/secret.hpp"
#include "credentials/secret_text.hpp"
#include "verify/forgetting.hpp"

namespace socle::auth {
namespace {

constexpr int attempts = 4;  // against a renewal at the same time
constexpr Duration patience = std::chrono::seconds(10);
constexpr Milliseconds long_ago = std::chrono::hours(24);  // whose session ended later is still told why

std::string text_of(const Session& s) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("user", s.user).member("began_at", s.began_at).member("seen_at", s.seen_at);
  out.member("ends_at", timestamp(s.span.ends)).member("limit_at", timestamp(s.span.limit));
  out.member("peer", s.peer).member("agent", s.agent).key("means").begin_array();
  for (const std::string& means : s.means) out.string(means);
  out.end_array();
  if (s.factor_due) out.member("second_factor_due", true);
  if (!s.revoked_at.empty()) out.member("revoked_at", s.revoked_at);
  out.end_object();
  return text;
}

Session read_record(std::uint64_t revision, std::string_view id, json::View doc) {
  Session s;
  const auto text = [doc](std::string_view name) { return std::string(doc.find(name).as_string()); };
  const auto ends = read_timestamp(doc.find("ends_at").as_string());
  const auto limit = read_timestamp(doc.find("limit_at").as_string());
  if (!ends || !limit) return s;
  s.revision = revision;
  s.id = id;
  s.user = text("user");
  s.began_at = text("began_at");
  s.seen_at = text("seen_at");
  s.peer = text("peer");
  s.agent = text("agent");
  s.revoked_at = text("revoked_at");
  for (const json::View means : doc.find("means").elements()) s.means.emplace_back(means.as_string());
  s.factor_due = doc.find("second_factor_due").as_bool();
  s.span = {*ends, *limit};
  return s;
}

}  // namespace

Session read_session(const Stored& stored) {
  return stored.exists() ? read_record(stored.revision, stored.id(), stored.doc()) : Session();
}

Lifetime Sessions::lifetime(Context context) const {
  const double seconds = host_.limit(context, "sessions.ttl");
  Lifetime out = settings_.session;
  if (std::isfinite(seconds) && seconds >= 1) out.idle = Milliseconds(static_cast<std::int64_t>(seconds * 1000));
  out.absolute = std::max(out.absolute, out.idle);
  return out;
}

Task<Got<Started>> Sessions::begin(Context context, const Beginning& beginning) {
  Started started;
  started.secret = make_secret(SecretKind::session, context.tenant());
  started.id = fingerprint(started.secret);
  started.span = began(lifetime(context), now());
  Session session;
  session.user = beginning.user;
  session.began_at = session.seen_at = timestamp(now());
  session.peer = beginning.peer;
  session.agent = beginning.agent.substr(0, 256);
  session.means = beginning.means;
  session.factor_due = beginning.factor_due;
  session.span = started.span;
  Batch batch;
  if (beginning.user_revision != 0) batch.check(collection::users, beginning.user, beginning.user_revision);
  batch.put(collection::sessions, started.id, 0, text_of(session));
  auto written = co_await store_.write(context, batch.take());
  if (!written) co_return std::move(written).problem();
  co_await sweep(context, now());
  co_return started;
}

// Best effort: what is left is found by the next.
Task<void> Sessions::sweep(Context context, Milliseconds before) {
  const std::string until = timestamp(before);
  Store::Query query;
  query.of = collection::sessions;
  query.field = "/ends_at";
  query.op = "lt";
  query.type = "timestamp";
  query.value = until;
  co_await store_.sweep(context, query);
}

Task<void> Sessions::sweep_old(std::string tenant) {
  auto& sweeping = sweeping_[host_.worker()];
  if (!sweeping.insert(tenant).second) co_return;
  if (auto context = host_.act_as(tenant, "remove old sessions", patience))
    co_await sweep(context->view(), now() - long_ago);
  sweeping.erase(tenant);
}

Task<Got<Session>> Sessions::get(Context context, std::string id) {
  auto stored = co_await store_.get(context, collection::sessions, id);
  if (!stored) co_return std::move(stored).problem();
  co_return read_session(*stored);
}

Task<Got<std::vector<Session>>> Sessions::of_user(Context context, std::string user) {
  std::vector<Session> out;
  std::string cursor;
  do {
    Store::Query query;
    query.of = collection::sessions;
    query.field = "/user";
    query.value = user;
    query.cursor = cursor;
    auto page = co_await store_.find(context, query);
    if (!page) co_return std::move(page).problem();
    for (const json::View item : page->items().elements()) {
      Session session =
          read_record(item.find("version").as_uint64().value_or(0), item.find("id").as_string(), item.find("doc"));
      if (session.revision != 0 && session.active(now())) out.push_back(std::move(session));
    }
    cursor = page->next();
  } while (!cursor.empty());
  std::sort(out.begin(), out.end(), [](const Session& a, const Session& b) { return a.began_at < b.began_at; });
  co_return out;
}

// A clash means that another worker renews it too, or that it was revoked.
Task<bool> Sessions::renew(Context context, std::string id) {
  auto found = co_await get(context, std::move(id));
  if (!found || !found->active(now())) co_return false;
  Session& session = *found;
  if (!renewal_due(lifetime(context), session.span, now())) co_return false;
  session.span = renewed(lifetime(context), session.span, now());
  session.seen_at = timestamp(now());
  Batch batch;
  batch.put(collection::sessions, session.id, session.revision, text_of(session)).soon();
  co_return static_cast<bool>(co_await store_.write(context, batch.take()));
}

Task<Got<bool>> Sessions::mark_revoked(Context context, const Session& given, std::string_view by) {
  Session session = given;
  for (int attempt = 0;; ++attempt) {
    if (session.revision == 0 || !session.revoked_at.empty()) co_return true;
    session.revoked_at = timestamp(now());
    Batch batch;
    batch.put(collection::sessions, session.id, session.revision, text_of(session));
    auto written = co_await store_.write(context, batch.take());
    if (written) break;
    if (written.problem().error_code() != "changed_meanwhile" || attempt == attempts)
      co_return std::move(written).problem();
    auto again = co_await get(context, session.id);
    if (!again) co_return std::move(again).problem();
    session = std::move(*again);
  }
  host_.log(Level::info, context, "session revoked", {{"user", session.user}, {"by", by}});
  co_return true;
}

Task<Got<bool>> Sessions::revoke(Context context, std::string id, std::string by) {
  auto found = co_await get(context, std::move(id));
  if (!found) co_return std::move(found).problem();
  if (found->revision == 0) co_return true;  // nobody's, and naming nobody would make all workers forget the tenant
  auto marked = co_await mark_revoked(context, *found, by);
  if (!marked) co_return std::move(marked).problem();
  const Forgotten gone{found->user, found->id, {}};
  if (auto told = co_await forgetting_.announce(context, gone); !told) co_return std::move(told).error();
  co_return true;
}

// What cannot be ended keeps none of the others alive. The workers are told in any case: whoever changed the user meant
// him to be verified again.
Task<Got<std::size_t>> Sessions::revoke_all(Context context, std::string user, std::string except, std::string by) {
  std::optional<Reply> problem;
  std::size_t count = 0;
  auto sessions = co_await of_user(context, user);
  if (!sessions) {
    problem = std::move(sessions).problem();
  } else {
    for (const Session& session : *sessions) {
      if (session.id == except) continue;
      auto marked = co_await mark_revoked(context, session, by);
      if (marked) {
        ++count;
      } else if (!problem) {
        problem = std::move(marked).problem();
      }
    }
  }
  const Forgotten gone{user, {}, {}};
  if (auto told = co_await forgetting_.announce(context, gone); !told && !problem) co_return std::move(told).error();
  if (problem) co_return std::move(*problem);
  co_return count;
}

// A tenant that is gone has no sessions any more; one that cannot end them now keeps none of the others' alive.
Task<Got<bool>> Sessions::revoke_everywhere(Context context, std::string user, const Secrets& secrets, std::string by) {
  std::optional<Reply> problem;
  auto here = co_await revoke_all(context, std::move(user), {}, by);
  if (!here) problem = std::move(here).problem();
  for (const std::string& guest : secrets.guest_of) {
    const std::size_t slash = guest.find('/');
    if (slash == std::string::npos) continue;
    auto there = host_.act_as(guest.substr(0, slash), "the account of a guest changed", patience);
    if (!there) continue;
    const std::string member = guest.substr(slash + 1);
    auto ended = co_await revoke_all(there->view(), member, {}, by);
    if (!ended && !problem) problem = std::move(ended).problem();
  }
  if (problem) co_return std::move(*problem);
  co_return true;
}

}  // namespace socle::auth
