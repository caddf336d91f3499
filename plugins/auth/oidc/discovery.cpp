#include "oidc/discovery.hpp"

#include <socle/json.hpp>

#include <algorithm>

#include "core/secret.hpp"

namespace socle::oidc {
namespace {

Error wrong(std::string_view member, std::string_view why) {
  return {Code::invalid, "`" + std::string(member) + "` of the provider's configuration " + std::string(why)};
}

bool lists(json::View list, std::string_view value) {
  return std::any_of(list.elements().begin(), list.elements().end(),
                     [value](json::View one) { return one.as_string() == value; });
}

Result<Url> endpoint(json::View root, std::string_view member, const Provider& provider) {
  const auto value = root.find(member);
  auto url = read_url(value.as_string());
  if (!value.is_string() || !url) return wrong(member, "is no http(s) URL");
  if (!provider.may_ask(*url))
    return wrong(member, "lies at " + url->origin() + ", which is neither the issuer's origin nor one of `origins`");
  return *std::move(url);
}

}  // namespace

std::string discovery_address(std::string_view issuer) {
  while (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer).append("/.well-known/openid-configuration");
}

Result<Metadata> read_metadata(std::string_view text, const Provider& provider) {
  json::ParseOptions options;
  options.max_size = max_discovery;
  options.max_depth = 16;
  options.duplicates = json::Duplicates::refuse;
  const auto document = json::Document::parse(text, options);
  if (!document) return Error{Code::invalid, "the provider's configuration is not JSON: " + document.error().message};
  const auto root = document->root();
  if (!root.is_object()) return Error{Code::invalid, "the provider's configuration is no JSON object"};
  if (root.find("issuer").as_string() != provider.issuer)
    return wrong("issuer", "is not '" + provider.issuer + "', which was configured");
  Metadata out;
  for (auto [member, to] : {std::pair{"authorization_endpoint", &out.authorization},
                            std::pair{"token_endpoint", &out.token}, std::pair{"jwks_uri", &out.keys}}) {
    auto url = endpoint(root, member, provider);
    if (!url) return std::move(url).error();
    *to = *std::move(url);
  }
  if (const auto types = root.find("response_types_supported"); types.exists() && !lists(types, "code"))
    return wrong("response_types_supported", "does not hold \"code\"");
  if (const auto methods = root.find("code_challenge_methods_supported"); methods.exists() && !lists(methods, "S256"))
    return wrong("code_challenge_methods_supported", "does not hold \"S256\"");
  out.names_itself = root.find("authorization_response_iss_parameter_supported").as_bool();
  return out;
}

std::string authorization_address(const Metadata& metadata, const Provider& provider, const Asking& asking) {
  std::string scope = "openid";
  for (const std::string& one : provider.scopes)
    if (one != "openid") scope.append(" ").append(one);
  std::string out = metadata.authorization.origin() + metadata.authorization.target;
  out += metadata.authorization.target.find('?') == std::string::npos ? '?' : '&';
  out.append("response_type=code&code_challenge_method=S256&client_id=").append(encoded(provider.client_id));
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"redirect_uri", asking.redirect_uri},
                                    {"scope", scope},
                                    {"state", asking.state},
                                    {"nonce", asking.nonce},
                                    {"code_challenge", asking.challenge}})
    out.append("&").append(name).append("=").append(encoded(value));
  const Strength& strength = provider.strength;
  if (!strength.acr_values.empty()) {
    std::string values;
    for (const std::string& one : strength.acr_values) values.append(values.empty() ? "" : " ").append(one);
    out.append("&acr_values=").append(encoded(values));
  }
  if (strength.max_age) out.append("&max_age=").append(std::to_string(*strength.max_age));
  return out;
}

std::string challenge_of(std::string_view verifier) {
  const auth::Digest digest = auth::sha256(verifier);
  return auth::base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace socle::oidc
