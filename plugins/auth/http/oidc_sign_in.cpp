// oidc_sign_in.cpp: see oidc_sign_in.hpp. Who comes in is in oidc_people.cpp.
#include "http/oidc_sign_in.hpp"

#include "core/secret.hpp"
#include "http/where.hpp"
#include "oidc/strength.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(25);
constexpr Milliseconds way_out = std::chrono::minutes(10);  // until the browser must be back
constexpr std::size_t max_token_answer = 128 * 1024;
constexpr std::string_view secure_cookie = "__Host-socle_oidc";
constexpr std::string_view plain_cookie = "socle_oidc";

// What follows from the browser's secret, told apart by its purpose.
std::string made_of(std::string_view secret, std::string_view purpose) {
  const Digest digest = hmac_sha256(secret, purpose);
  return base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Reply tls_required() {
  return Reply::error(Code::denied, "tls_required",
                      "nobody signs in over a plain connection from elsewhere; use a listener with TLS");
}

Reply refused_by_provider() {
  return Reply::error(Code::unauthenticated, "oidc_refused",
                      "the provider's answer is not believed; begin again, and ask an administrator if it stays so");
}

Reply too_weak() {
  return Reply::error(
      Code::unauthenticated, "oidc_too_weak",
      "the provider did not let you in as strongly or as lately as is demanded here; sign in there again, "
      "with the means that it offers for this");
}

Reply unreachable() {
  return Reply::error(Code::unavailable, "provider_unreachable", "the provider does not answer as it should; try later")
      .with_status(502);
}

std::string redirect_uri(std::string_view base, std::string_view tenant, std::string_view provider) {
  return std::string(base).append("/v1/auth/oidc/callback/").append(tenant).append("/").append(provider);
}

Reply gone(std::string_view address) {
  return Reply()
      .with_status(302)
      .with_location(address)
      .with_cache_control("no-store")
      .with_header("referrer-policy", "no-referrer");
}

std::string form_of(const oidc::Provider& provider, std::string_view code, std::string_view redirect,
                    std::string_view verifier) {
  std::string out("grant_type=authorization_code&code=");
  out.append(oidc::encoded(code)).append("&redirect_uri=").append(oidc::encoded(redirect));
  out.append("&code_verifier=").append(oidc::encoded(verifier));
  if (provider.client_auth != oidc::ClientAuth::basic)
    out.append("&client_id=").append(oidc::encoded(provider.client_id));
  if (provider.client_auth == oidc::ClientAuth::post)
    out.append("&client_secret=").append(oidc::encoded(provider.client_secret));
  return out;
}

}  // namespace

OidcSignIn::OidcSignIn(Host& host, Store& store, People& people, Identities& identities, Sessions& sessions,
                       SignIn& sign_in, ProviderApi& providers, oidc::Trust& trust, oidc::Fetcher& fetcher,
                       const Settings& settings)
    : host_(host),
      store_(store),
      people_(people),
      identities_(identities),
      sessions_(sessions),
      sign_in_(sign_in),
      providers_(providers),
      trust_(trust),
      fetcher_(fetcher),
      settings_(settings),
      trail_(host),
      refused_(host.counter("auth_oidc_refused_total", "Sign-ins at OpenID providers that were not believed.")) {}

std::optional<Reply> OidcSignIn::held_back(std::string_view what, std::string_view tenant, std::string_view peer) {
  const std::string of(what);
  std::vector<Attempts::Bucket> buckets;
  buckets.push_back({of + "\n" + sender(peer), 30, std::chrono::seconds(1)});
  buckets.push_back({std::string(of).append("\n\n").append(tenant), 1000, std::chrono::milliseconds(20)});
  const auto wait = attempts_.take(buckets, Duration(host_.now().nanoseconds));
  if (!wait) return std::nullopt;
  return Reply::error(Code::exhausted, "too_many_attempts", "too many attempts to sign in; retry later")
      .with_retry_after(std::chrono::ceil<std::chrono::seconds>(*wait));
}

Task<Reply> OidcSignIn::choices(Request request) {
  const std::string tenant = tenant_of(request, settings_, std::string(request.param("tenant")));
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  if (is_tenant_name(tenant)) {
    if (auto context = host_.act_as(tenant, "list where its users may sign in", patience)) {
      auto all = co_await providers_.all(context->view());
      if (!all) co_return std::move(all).problem();
      for (const auto& p : *all) {
        out.begin_object().member("provider", p->name).member("title", p->title.empty() ? p->name : p->title);
        out.member("login", "/v1/auth/oidc/login/" + p->name + "?tenant=" + tenant).end_object();
      }
    }
  }
  out.end_array().end_object();
  co_return private_json(text);
}

Task<Reply> OidcSignIn::login(Request request) {
  if (!origin_of(request, settings_.behind_tls).may_sign_in) co_return tls_required();
  const std::string tenant = tenant_of(request, settings_, std::string(request.param("tenant")));
  if (tenant.empty())
    co_return Reply::error(Code::invalid, "tenant_required", "say which tenant: ?tenant=NAME").with_status(400);
  if (auto wait = held_back("oidc", tenant, request.meta("http.peer"))) co_return std::move(*wait);
  if (!is_tenant_name(tenant)) co_return unknown("provider");
  auto context = host_.act_as(tenant, "sign in at an OpenID provider", patience);
  if (!context) co_return unknown("provider");
  auto provider = co_await providers_.find(context->view(), std::string(request.param("provider")));
  if (!provider) co_return std::move(provider).problem();
  if (!*provider) co_return unknown("provider");
  const Caller nobody;
  auto begun = co_await begin(request, context->view(), *provider, nobody);
  if (!begun) co_return std::move(begun).problem();
  co_return gone(begun->address).with_header("set-cookie", begun->cookie);
}

Task<Got<OidcSignIn::Begun>> OidcSignIn::begin(Request request, Context context, oidc::ProviderPtr provider,
                                               const Caller& who) {
  auto metadata = co_await trust_.metadata(std::string(context.tenant()), provider);
  if (!metadata) co_return unreachable();
  co_await sweep(context);
  const std::string state = random_text(32);
  const std::string secret = random_text(32);
  const std::string base = base_url(request, settings_);
  std::string text;
  json::Writer(text)
      .begin_object()
      .member("provider", provider->name)
      .member("browser", fingerprint(secret))
      .member("return_to", oidc::safe_return(request.param("return_to")))
      .member("base", base)
      .member("user", who.user)
      .member("session", who.session)
      .member("ends_at", timestamp(now() + way_out))
      .end_object();
  Batch batch;
  batch.put(collection::pending, fingerprint(state), 0, text).soon();
  auto written = co_await store_.write(context, batch.take());
  if (!written) co_return std::move(written).problem();
  const std::string redirect = redirect_uri(base, context.tenant(), provider->name);
  const std::string nonce = made_of(secret, "nonce");
  const std::string challenge = oidc::challenge_of(made_of(secret, "verifier"));
  const bool secure = origin_of(request, settings_.behind_tls).secure;
  Begun out;
  out.address = oidc::authorization_address(**metadata, *provider, {redirect, state, nonce, challenge});
  out.cookie = std::string(secure ? secure_cookie : plain_cookie).append("=").append(secret);
  out.cookie.append("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600").append(secure ? "; Secure" : "");
  co_return out;
}

// Best effort, as of sessions.
Task<void> OidcSignIn::sweep(Context context) {
  const std::string until = timestamp(now());
  Store::Query query;
  query.of = collection::pending;
  query.field = "/ends_at";
  query.op = "lt";
  query.type = "timestamp";
  query.value = until;
  co_await store_.sweep(context, query);
}

// Ends the pending sign-in, so that of two who come back with one state one goes on. Who is not the browser that began
// it leaves it as it is.
Task<Got<OidcSignIn::Pending>> OidcSignIn::resume(Request request, Context context) {
  const Reply stale = Reply::error(
      Code::unauthenticated, "state_unknown",
      "this sign-in was not begun in this browser, was completed or took longer than ten minutes; begin again");
  const std::string state(request.param("state"));
  const bool secure = origin_of(request, settings_.behind_tls).secure;
  const std::string secret = cookie_of(request, secure ? secure_cookie : plain_cookie);
  if (state.empty() || secret.empty()) co_return stale;
  const std::string id = fingerprint(state);
  auto stored = co_await store_.get(context, collection::pending, id);
  if (!stored) co_return std::move(stored).problem();
  if (!stored->exists()) co_return stale;
  const json::View doc = stored->doc();
  Pending out;
  out.revision = stored->revision;
  out.id = id;
  out.provider = doc.find("provider").as_string();
  out.return_to = doc.find("return_to").as_string();
  out.base = doc.find("base").as_string();
  out.user = doc.find("user").as_string();
  out.session = doc.find("session").as_string();
  const auto ends = read_timestamp(doc.find("ends_at").as_string());
  if (!same_secret(doc.find("browser").as_string(), fingerprint(secret)) || out.provider != request.param("provider") ||
      !ends || *ends <= now())
    co_return stale;
  out.browser = secret;
  out.begun = *ends - way_out;
  Batch batch;
  batch.remove(collection::pending, id, out.revision);
  auto written = co_await store_.write(context, batch.take());
  if (!written && written.problem().error_code() == "changed_meanwhile") co_return stale;
  if (!written) co_return std::move(written).problem();
  co_return out;
}

Task<Got<std::shared_ptr<const jose::Token>>> OidcSignIn::redeem(Request request, Context context,
                                                                 oidc::ProviderPtr provider, const Pending& pending) {
  const std::string tenant(context.tenant());
  const auto note = [this, context, &provider](std::string_view what, std::string_view why) {
    host_.log(Level::warn, context, what, {{"provider", provider->name}, {"why", why}});
  };
  const auto refuse = [this, &note](std::string_view why) {
    refused_.add();
    note("an OpenID provider's answer is not believed", why);
    return refused_by_provider();
  };
  if (request.has_param("error")) co_return refuse("it says " + oidc::shown_code(request.param("error")));
  auto metadata = co_await trust_.metadata(tenant, provider);
  if (!metadata) co_return unreachable();
  const bool names_another = request.has_param("iss") && request.param("iss") != provider->issuer;
  if (names_another || ((*metadata)->names_itself && !request.has_param("iss")))
    co_return refuse("`iss` of its answer is not the issuer");
  if (request.param("code").empty()) co_return refuse("it gave no code");
  auto wanted = std::make_shared<oidc::Wanted>();
  wanted->tenant = tenant;
  wanted->url = (*metadata)->token;
  wanted->max_body = max_token_answer;
  const std::string redirect = redirect_uri(pending.base, tenant, provider->name);
  wanted->form = form_of(*provider, request.param("code"), redirect, made_of(pending.browser, "verifier"));
  if (provider->client_auth == oidc::ClientAuth::basic)
    wanted->authorization =
        "Basic " + base64(oidc::encoded(provider->client_id) + ":" + oidc::encoded(provider->client_secret));
  auto fetched = co_await fetcher_.send(wanted);
  if (!fetched) {
    note("an OpenID provider does not answer as it should", fetched.error().message);
    co_return unreachable();
  }
  auto text = oidc::read_token_answer(fetched->status, fetched->body);
  if (!text) co_return refuse(text.error().message);
  auto token = co_await trust_.verify(tenant, provider, *text, made_of(pending.browser, "nonce"));
  if (!token) co_return unreachable();
  if (!(*token)->ok()) co_return refuse((*token)->verdict.reason);
  const auto begun = std::chrono::floor<std::chrono::seconds>(pending.begun).count();
  if (const auto why = oidc::too_weak((*token)->claims.root(), provider->strength, begun); !why.empty()) {
    note("a sign-in at an OpenID provider is weaker than is demanded", why);
    co_return too_weak();
  }
  co_return *std::move(token);
}

Task<Reply> OidcSignIn::callback(Request request) {
  if (!origin_of(request, settings_.behind_tls).may_sign_in) co_return tls_required();
  const std::string tenant(request.param("tenant"));
  if (auto wait = held_back("oidc back", tenant, request.meta("http.peer"))) co_return std::move(*wait);
  if (!is_tenant_name(tenant)) co_return unknown("provider");
  auto context = host_.act_as(tenant, "sign in at an OpenID provider", patience);
  if (!context) co_return unknown("provider");
  auto provider = co_await providers_.find(context->view(), std::string(request.param("provider")));
  if (!provider) co_return std::move(provider).problem();
  if (!*provider) co_return unknown("provider");
  bool linking = false;
  std::string user;
  Reply answer = co_await complete(request, context->view(), *provider, linking, user);
  co_await tell(request, context->view(), linking, user, answer);
  co_return answer;
}

Task<Reply> OidcSignIn::complete(Request request, Context context, oidc::ProviderPtr provider, bool& linking,
                                 std::string& user) {
  auto pending = co_await resume(request, context);
  if (!pending) co_return std::move(pending).problem();
  linking = !pending->user.empty();
  user = pending->user;
  auto token = co_await redeem(request, context, provider, *pending);
  if (!token) co_return std::move(token).problem();
  const json::View claims = (*token)->claims.root();
  if (!linking) co_return co_await enter(request, context, provider, claims, pending->return_to, user);
  Identity wanted;
  wanted.issuer = provider->issuer;
  wanted.subject = claims.find("sub").as_string();
  wanted.provider = provider->name;
  wanted.user = pending->user;
  co_return co_await linked(context, wanted, *pending);
}

// Verdicts only, as of sign-ins with a password.
Task<void> OidcSignIn::tell(Request request, Context context, bool linking, const std::string& user,
                            const Reply& answer) {
  if (!answer.ok() && answer.code() != Code::unauthenticated && answer.code() != Code::denied) co_return;
  AuditEvent event;
  event.operation = linking ? "auth.link" : "auth.login";
  event.target = "users/" + (user.empty() ? std::string("unknown") : user);
  event.status = answer.ok() ? std::string("ok") : std::string(answer.error_code());
  event.peer = request.meta("http.peer");
  event.trace = trace_of(request);
  co_await trail_.tell(context, std::move(event));
}

}  // namespace socle::auth
