// revoke.cpp: how token_desk.hpp ends a token before its time (RFC 7009), and with it the session it is of.
#include "grants/refusal.hpp"

namespace socle::auth {

Task<Got<TokenDesk::Answer>> TokenDesk::revoke(Request request, std::string token) {
  const std::string peer(request.meta("http.peer"));
  if (const auto text = tokens::read_refresh(token)) co_return co_await revoke_refresh(peer, *text);
  if (auto held = cold_.take(peer)) {
    refused_.add();
    co_return *std::move(held);
  }
  bool known = false;
  auto answer = co_await revoke_access(std::move(token), known);
  if (known) cold_.give_back(peer);
  co_return answer;
}

Task<Got<TokenDesk::Answer>> TokenDesk::revoke_refresh(std::string peer, const tokens::RefreshText& text) {
  const Answer done;
  auto context = host_.act_as(text.tenant, "revoke a refresh token", patience);
  if (!context) co_return charge(peer, done);
  auto ended = co_await end_family(context->view(), tokens::family_id(text.family));
  if (!ended) co_return std::move(ended).problem();
  if (!*ended) co_return charge(peer, done);
  co_return done;
}

Task<Got<TokenDesk::Answer>> TokenDesk::revoke_access(std::string token, bool& known) {
  const Answer done;
  auto seen = co_await read(std::move(token));
  if (!seen) {
    const auto& problem = seen.problem();
    known = !says_no(problem);
    if (problem.code() != Code::unauthenticated) co_return problem;
    co_return done;  // RFC 7009, 2.2: an invalid token is as good as revoked
  }
  known = true;
  const auto claims = json::Document::parse(tokens::context_claims(seen->verified));
  const bool of_client = claims && claims->root().find("client").exists();
  const std::string session(seen->verified.text("sid"));
  if (of_client || session.empty())
    co_return refused("unsupported_token_type", "a client's access token ends with its API key, or by itself");
  auto context = host_.act_as(seen->tenant, "revoke an access token", patience);
  if (!context) co_return done;
  auto ended = co_await sessions_.revoke(context->view(), session, std::string(seen->verified.text("sub")));
  if (!ended) co_return std::move(ended).problem();
  co_return done;
}

// Whether there is one.
Task<Got<bool>> TokenDesk::end_family(Context context, std::string id) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto stored = co_await store_.get(context, families_collection, id);
    if (!stored) co_return std::move(stored).problem();
    auto family = tokens::Family::read(stored->doc());
    if (!family) co_return false;
    const auto session = family->session;
    const auto user = family->user;
    if (family->end == tokens::Family::End::none) {
      family->end = tokens::Family::End::revoked;
      family->ended = seconds();
      Batch batch;
      batch.put(families_collection, id, stored->revision, family->text());
      auto written = co_await store_.write(context, batch.take());
      if (!written && written.problem().error_code() == "changed_meanwhile") continue;
      if (!written) co_return std::move(written).problem();
    }
    if (session.empty()) co_return true;
    co_return co_await sessions_.revoke(context, session, user);
  }
  co_return Reply::error(Code::unavailable, "unavailable", "the token is being used; retry");
}

}  // namespace socle::auth
