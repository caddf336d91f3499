#include "http/session_api.hpp"

#include "core/secret.hpp"
#include "verify/cross_site.hpp"

namespace socle::auth {
namespace {

void write_session(json::Writer& out, const Session& s, std::string_view own) {
  out.begin_object().member("id", s.id).member("began_at", s.began_at).member("seen_at", s.seen_at);
  out.member("expires_at", timestamp(s.span.ends)).member("ends_at", timestamp(s.span.limit));
  out.member("peer", s.peer).member("agent", s.agent).key("means").begin_array();
  for (const std::string& means : s.means) out.string(means);
  out.end_array().member("current", s.id == own).end_object();
}

}  // namespace

Task<Reply> SessionApi::logout(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto ended = co_await sessions_.revoke(request, caller.session, caller.user);
  if (!ended) co_return std::move(ended).problem();
  co_return Reply()
      .with_status(204)
      .with_cache_control("no-store")
      .with_header("set-cookie", session_cookie(origin_of(request, settings_.behind_tls), {}));
}

Task<Reply> SessionApi::current(Request request) {
  const Caller caller = caller_of(request);
  if (caller.user.empty()) co_return session_needed();
  auto person = co_await people_.by_id(request, caller.user);
  if (!person) co_return std::move(person).problem();
  if (!person->exists()) co_return unknown("user");
  std::string text;
  json::Writer out(text);
  out.begin_object().member("tenant", request.tenant()).key("user");
  write_person(out, *person);
  if (!caller.session.empty()) {
    auto session = co_await sessions_.get(request, caller.session);
    if (!session) co_return std::move(session).problem();
    if (session->revision != 0) {
      out.key("session");
      write_session(out, *session, caller.session);
      if (session->factor_due) out.member("second_factor_due", true);
    }
    const Origin from = origin_of(request, settings_.behind_tls);
    if (!from.cookie.empty() && fingerprint(from.cookie) == caller.session)
      out.member("csrf_token", csrf_token(from.cookie));
  }
  if (!caller.key.empty()) out.member("key", caller.key);
  out.end_object();
  co_return private_json(text);
}

Task<Reply> SessionApi::list(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto sessions = co_await sessions_.of_user(request, caller.user);
  if (!sessions) co_return std::move(sessions).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const Session& session : *sessions) write_session(out, session, caller.session);
  out.end_array().end_object();
  co_return private_json(text);
}

// Another user's is not found, as one that never was.
Task<Reply> SessionApi::end(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto session = co_await sessions_.get(request, std::string(request.param("id")));
  if (!session) co_return std::move(session).problem();
  if (session->revision == 0 || session->user != caller.user) co_return unknown("session");
  auto ended = co_await sessions_.revoke(request, session->id, caller.user);
  if (!ended) co_return std::move(ended).problem();
  co_return Reply().with_status(204);
}

Task<Reply> SessionApi::end_all(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto count = co_await sessions_.revoke_all(request, caller.user, caller.session, caller.user);
  if (!count) co_return std::move(count).problem();
  std::string text;
  json::Writer(text).begin_object().member("ended", static_cast<std::uint64_t>(*count)).end_object();
  co_return private_json(text);
}

}  // namespace socle::auth
