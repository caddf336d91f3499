#include "grants/token_api.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(5);

// RFC 6749, 5.1: no answer with a token is kept by anybody.
Reply uncached(std::string_view text) {
  return Reply::json(text).with_cache_control("no-store").with_header("pragma", "no-cache");
}

Reply told(const tokens::OAuthError& error) {
  auto out = uncached(error.json()).with_status(error.status);
  return error.status == 401 ? std::move(out).with_header("www-authenticate", R"(Basic realm="socle")")
                             : std::move(out);
}

Reply told(Got<TokenDesk::Answer> answer) {
  if (!answer) return std::move(answer).problem();
  if (answer->error) return told(*answer->error);
  return answer->text.empty() ? Reply().with_status(200) : uncached(answer->text);
}

std::variant<tokens::OAuthForm, tokens::OAuthError> form_of(const Request& request) {
  return tokens::OAuthForm::read(request.header("content-type"), request.text(), request.header("authorization"));
}

Reply tenant_required() {
  return Reply::error(Code::invalid, "tenant_required", "say which tenant: ?tenant=NAME").with_status(400);
}

}  // namespace

Task<Reply> TokenApi::token(Request request) {
  auto read = form_of(request);
  if (const auto* error = std::get_if<tokens::OAuthError>(&read)) co_return told(*error);
  const auto form = std::make_shared<const tokens::OAuthForm>(std::get<tokens::OAuthForm>(std::move(read)));
  const auto grant = form->get("grant_type");
  if (grant == "refresh_token") co_return told(co_await desk_.refresh(request, form));
  if (grant == "client_credentials") co_return told(co_await desk_.client_credentials(request, form));
  if (grant.empty()) co_return told(tokens::OAuthError{400, "invalid_request", "grant_type is missing"});
  co_return told(tokens::OAuthError{400, "unsupported_grant_type", "there are client_credentials and refresh_token"});
}

Task<Reply> TokenApi::introspect(Request request) {
  auto read = tokens::OAuthForm::read(request.header("content-type"), request.text(), {});
  if (const auto* error = std::get_if<tokens::OAuthError>(&read)) co_return told(*error);
  const std::string token(std::get<tokens::OAuthForm>(read).get("token"));
  if (token.empty()) co_return told(tokens::OAuthError{400, "invalid_request", "token is missing"});
  co_return told(co_await desk_.introspect(request, token));
}

Task<Reply> TokenApi::revoke(Request request) {
  auto read = form_of(request);
  if (const auto* error = std::get_if<tokens::OAuthError>(&read)) co_return told(*error);
  const std::string token(std::get<tokens::OAuthForm>(read).get("token"));
  if (token.empty()) co_return told(tokens::OAuthError{400, "invalid_request", "token is missing"});
  co_return told(co_await desk_.revoke(request, token));
}

Task<Reply> TokenApi::jwks(Request request) {
  std::string tenant(request.param("tenant"));
  if (tenant.empty()) tenant = request.tenant();
  if (tenant.empty()) co_return tenant_required();
  const std::string nothing = R"({"keys":[]})";
  auto context = host_.act_as(tenant, "publish the keys that verify tokens", patience);
  if (!context) co_return Reply::json(nothing);
  // Only who is of the tenant, or at its listener, may be the reason that keys are made.
  auto ring = co_await desk_.rings().get(context->view(), tenant == request.tenant());
  if (!ring) co_return std::move(ring).problem();
  co_return Reply::json(*ring ? (*ring)->jwks() : nothing)
      .with_content_type("application/jwk-set+json")
      .with_cache_control("public, max-age=300");
}

Task<Reply> TokenApi::configuration(Request request) {
  std::string tenant(request.param("tenant"));
  if (tenant.empty()) tenant = request.tenant();
  if (tenant.empty()) co_return tenant_required();
  std::string text;
  json::Writer out(text);
  const auto url = [this](std::string_view path) { return public_url_ + std::string(path); };
  const auto list = [&out](std::string_view name, std::initializer_list<std::string_view> values) {
    out.key(name).begin_array();
    for (const auto value : values) out.string(value);
    out.end_array();
  };
  out.begin_object().member("issuer", std::string_view(desk_.realm(tenant).issuer));
  out.member("jwks_uri", url("/.well-known/jwks.json?tenant=" + tenant))
      .member("token_endpoint", url("/v1/auth/token"));
  out.member("introspection_endpoint", url("/v1/auth/introspect"))
      .member("revocation_endpoint", url("/v1/auth/revoke"));
  list("grant_types_supported", {"client_credentials", "refresh_token"});
  list("token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post"});
  list("response_types_supported", {});
  list("subject_types_supported", {"public"});
  list("id_token_signing_alg_values_supported", {"EdDSA", "ES256"});
  out.end_object();
  co_return Reply::json(text).with_cache_control("public, max-age=300");
}

Task<Reply> TokenApi::rotate(Request request) {
  auto ring = co_await desk_.rings().rotate(request);
  if (!ring) co_return std::move(ring).problem();
  co_return Reply::json((*ring)->jwks());
}

}  // namespace socle::auth
