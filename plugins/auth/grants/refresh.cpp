// refresh.cpp: the refresh_token grant of token_desk.hpp: a token is used once, and one that comes again ends its
// session; what is refused of a user is told the audit trail.
#include "grants/refusal.hpp"

namespace socle::auth {

Task<Got<TokenDesk::Answer>> TokenDesk::refresh(Request request, std::shared_ptr<const tokens::OAuthForm> form) {
  const std::string token(form->get("refresh_token"));
  const std::string gone = "the refresh token is unknown, spent, expired or revoked";
  if (token.empty()) co_return refused("invalid_request", "refresh_token is missing");
  const auto text = tokens::read_refresh(token);
  if (!text) co_return refused("invalid_grant", gone);
  // One read tells a good one from all others, and nobody guesses a family: only what opens nothing is charged.
  const std::string peer(request.meta("http.peer"));
  auto context = host_.act_as(text->tenant, "use a refresh token", patience);
  if (!context) co_return charge(peer, refused("invalid_grant", gone));
  const auto id = tokens::family_id(text->family);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto stored = co_await store_.get(context->view(), families_collection, id);
    if (!stored) co_return std::move(stored).problem();
    auto family = tokens::Family::read(stored->doc());
    if (!stored->exists() || !family) co_return charge(peer, refused("invalid_grant", gone));
    auto used = tokens::use_refresh(*text, *std::move(family), lives_, seconds());
    if (!used) co_return std::move(used).error();
    if (used->use == tokens::Use::ended || used->use == tokens::Use::expired) {
      auto answer = charge(peer, refused("invalid_grant", gone));
      if (answer) co_await tell_refused(request, context->view(), used->family.user, "invalid_grant");
      co_return answer;
    }
    auto session = co_await sessions_.get(context->view(), used->family.session);
    if (!session) co_return std::move(session).problem();
    auto person = co_await people_.by_id(context->view(), used->family.user);
    if (!person) co_return std::move(person).problem();
    const bool good = session->revision != 0 && session->active(now()) && person->state == PersonState::active;
    const std::string over = "the session of this token has ended; sign in again";
    if (used->use == tokens::Use::rotated && !good)
      co_return co_await refuse(request, context->view(), used->family, "session_over", over);
    if (used->use == tokens::Use::rotated) {
      if (auto open = co_await gate_.open(context->view()); !open) {
        Reply problem = std::move(open).problem();
        if (!says_no(problem)) co_return problem;
        refused_.add();
        co_await tell_refused(request, context->view(), used->family.user, problem.error_code());
        co_return problem;
      }
    }
    Batch batch;
    batch.put(families_collection, id, stored->revision, used->family.text());
    auto written = co_await store_.write(context->view(), batch.take());
    if (!written && written.problem().error_code() == "changed_meanwhile") continue;
    if (!written) co_return std::move(written).problem();
    if (used->use == tokens::Use::reused) {
      reused_.add();
      host_.log(Level::warn, context->view(), "a spent refresh token came again; its session is ended",
                {{"user", used->family.user}});
      auto ended = co_await sessions_.revoke(context->view(), used->family.session, used->family.user);
      if (!ended) co_return std::move(ended).problem();
      co_return co_await refuse(request, context->view(), used->family, "refresh_token_reused", gone);
    }
    static_cast<void>(co_await sessions_.renew(context->view(), used->family.session));
    const std::string scope(form->get("scope"));
    co_return co_await access_answer(context->view(), *person, used->family, used->token, scope, session->span.limit);
  }
  co_return refused("temporarily_unavailable", "the token is being used; retry", 503);
}

Got<TokenDesk::Answer> TokenDesk::charge(std::string_view peer, Answer answer) {
  refused_.add();
  if (auto held = cold_.take(peer)) return *std::move(held);
  return answer;
}

// In the audit trail as what was refused of a user; a token that names no family here is nobody's and only counted.
Task<TokenDesk::Answer> TokenDesk::refuse(Request request, Context context, const tokens::Family& family,
                                          std::string_view status, std::string text) {
  refused_.add();
  co_await tell_refused(request, context, family.user, status);
  co_return refused("invalid_grant", std::move(text));
}

Task<void> TokenDesk::tell_refused(Request request, Context context, std::string user, std::string_view status) {
  AuditEvent event;
  event.operation = "auth.refresh";
  event.target = "users/" + user;
  event.status = status;
  event.peer = request.meta("http.peer");
  event.trace = trace_of(request);
  co_await trail_.tell(context, std::move(event));
}

}  // namespace socle::auth
