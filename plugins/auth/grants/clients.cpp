// clients.cpp: the client_credentials grant of token_desk.hpp, and what the audit trail is told of it.
#include "credentials/api_key.hpp"
#include "credentials/secret_text.hpp"
#include "grants/refusal.hpp"

namespace socle::auth {

// The client is an API key: `client_id` is the key's id, `client_secret` the key.
Task<Got<TokenDesk::Answer>> TokenDesk::client_credentials(Request request,
                                                           std::shared_ptr<const tokens::OAuthForm> form) {
  const auto& shown = form->client();
  if (!shown || shown->secret.empty())
    co_return refused("invalid_client", "client_credentials wants client_id and client_secret, an API key", 401);
  Client client;
  auto answer = co_await grant(request, *form, client);
  co_await tell_client(request, client, answer);
  co_return answer;
}

Task<Got<TokenDesk::Answer>> TokenDesk::grant(Request request, const tokens::OAuthForm& form, Client& client) {
  const auto& shown = form.client();
  const std::string unknown = "the client is unknown, expired, or not the one that its secret names";
  const std::string peer(request.meta("http.peer"));
  const auto named = read_secret(shown->secret);
  if (!named || named->kind != SecretKind::key) {
    // Verification would not look at it: charged here.
    if (auto held = cold_.take(peer)) co_return *std::move(held);
    co_return refused("invalid_client", unknown, 401);
  }
  client.tenant = named->tenant;
  const auto authorization = "Bearer " + shown->secret;
  Payload asked =
      Payload::make({}, Media::none, {{"authorization", authorization}, {"access", "authenticated"}, {"peer", peer}});
  const Reply known = co_await host_.call(request, authenticate_, std::move(asked));
  if (!known && !says_no(known)) co_return known;
  if (!known) client.fault = known.error_code();
  // Whatever else is said of it, it was found.
  if (known || client.fault != "bad_credential") client.key = named->id;
  const auto claims = json::Document::parse(known ? known.meta("claims") : std::string_view("{}"));
  if (!known || !claims || shown->id != client.key) co_return refused("invalid_client", unknown, 401);
  auto context = host_.act_as(client.tenant, "issue a token to a client", patience);
  if (!context) co_return refused("invalid_client", "the tenant of this client is gone", 401);
  if (auto open = co_await gate_.open(context->view()); !open) {
    Reply problem = std::move(open).problem();
    // Verification gave back what the key had cost, so its holder would fill the trail.
    if (says_no(problem))
      if (auto held = cold_.take(peer)) co_return *std::move(held);
    co_return problem;
  }
  const std::string owner(known.meta("principal"));
  auto person = co_await people_.by_id(context->view(), owner);
  if (!person) co_return std::move(person).problem();
  auto stored = co_await store_.get(context->view(), collection::keys, client.key);
  if (!stored) co_return std::move(stored).problem();
  const std::string mark = secret_mark(shown->secret);
  const auto ends = read_key(*stored).ends_marked(mark);
  if (!ends || now() >= *ends) co_return refused("invalid_client", unknown, 401);
  tokens::Family grant;
  grant.client = client.key;
  grant.session = mark;  // `sid`: what ends the token when it is gone
  grant.limited = claims->root().find("scopes").exists();
  for (const auto scope : claims->root().find("scopes").elements()) grant.scopes.emplace_back(scope.as_string());
  const std::string scope(form.get("scope"));
  co_return co_await access_answer(context->view(), *person, grant, "", scope, *ends);
}

// What could not be found out, or was refused for its number, is counted only, as of sign-ins; so is a key that is
// none, or everybody could fill the trail of any tenant.
Task<void> TokenDesk::tell_client(Request request, const Client& client, const Got<Answer>& answer) {
  const bool verdict = answer || says_no(answer.problem());
  if (!verdict) co_return;
  const bool good = answer && !answer->error;
  if (!good) refused_.add();
  if (client.key.empty()) co_return;
  AuditEvent event;
  event.operation = "auth.token";
  event.target = "keys/" + client.key;
  if (good) {
    event.status = "ok";
  } else if (!client.fault.empty()) {
    event.status = client.fault;
  } else {
    event.status = answer ? answer->error->code : answer.problem().error_code();
  }
  event.peer = request.meta("http.peer");
  event.trace = trace_of(request);
  auto own = host_.act_as(client.tenant, "tell of a client", patience);
  if (own) co_await trail_.tell(own->view(), std::move(event));
}

}  // namespace socle::auth
