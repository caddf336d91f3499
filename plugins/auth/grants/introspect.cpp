// introspect.cpp: what token_desk.hpp tells of a token to those who may ask: whether it is good now (RFC 7662).
#include "grants/refusal.hpp"

namespace socle::auth {

Task<Got<TokenDesk::Answer>> TokenDesk::introspect(Request request, std::string token) {
  const Context context = request;
  Answer inactive;
  inactive.text = R"({"active":false})";
  if (const auto text = tokens::read_refresh(token); text && text->tenant == context.tenant()) {
    auto stored = co_await store_.get(context, families_collection, tokens::family_id(text->family));
    if (!stored) co_return std::move(stored).problem();
    auto family = tokens::Family::read(stored->doc());
    if (!family || !family->live(lives_, seconds())) co_return inactive;
    // Whether it is the one that may be used is told without using it.
    auto used = tokens::use_refresh(*text, *family, lives_, seconds());
    if (!used || used->use != tokens::Use::rotated) co_return inactive;
    auto session = co_await sessions_.get(context, family->session);
    if (!session || session->revision == 0 || !session->active(now())) co_return inactive;
    std::string answer;
    json::Writer(answer)
        .begin_object()
        .member("active", true)
        .member("token_type", "refresh_token")
        .member("sub", std::string_view(family->user))
        .member("tenant", context.tenant())
        .member("exp", family->ends)
        .end_object();
    co_return Answer{std::move(answer), {}};
  }
  auto seen = co_await read(token);
  if (!seen && !says_no(seen.problem())) co_return std::move(seen).problem();
  if (!seen || seen->tenant != context.tenant()) co_return inactive;
  // Signature and times are not all: the user and the session must be good still.
  const auto authorization = "Bearer " + token;
  const std::string peer(request.meta("http.peer"));
  Payload shown =
      Payload::make({}, Media::none, {{"authorization", authorization}, {"access", "authenticated"}, {"peer", peer}});
  const Reply known = co_await host_.call(context, authenticate_, std::move(shown));
  if (!known && !says_no(known)) co_return known;
  if (!known || known.meta("tenant") != context.tenant()) co_return inactive;
  std::string answer;
  json::Writer out(answer);
  out.begin_object().member("active", true).member("token_type", "Bearer");
  for (const auto* name : {"iss", "aud", "sub", "client_id", "iat", "nbf", "exp", "jti", "tenant", "sid", "scope"})
    if (const auto value = seen->verified.claims.root().find(name); value.exists()) out.key(name).value(value);
  if (const auto name = seen->verified.text("name"); !name.empty()) out.member("username", name);
  out.end_object();
  co_return Answer{std::move(answer), {}};
}

}  // namespace socle::auth
