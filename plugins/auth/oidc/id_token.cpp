#include "oidc/id_token.hpp"

#include <socle/json.hpp>

#include <algorithm>

#include "core/secret.hpp"

namespace socle::oidc {
namespace {

jose::Verdict refused(std::string reason) {
  jose::Verdict out;
  out.refusal = jose::Refusal::claims;
  out.reason = std::move(reason);
  return out;
}

// "" when they hold. iss, aud, exp and nbf have been judged.
std::string fault(json::View claims, const Provider& provider, std::string_view nonce, std::int64_t now) {
  const auto azp = claims.find("azp");
  if (azp.exists() && azp.as_string() != provider.client_id) return "`azp` is another client";
  if (claims.find("aud").size() > 1 && !azp.exists()) return "`aud` names several, and no `azp` says who asked";
  const auto shown = claims.find("nonce");
  if (!shown.is_string() || !auth::same_secret(shown.as_string(), nonce))
    return "`nonce` is not the one of this sign-in";
  const auto subject = claims.find("sub");
  if (!subject.is_string() || subject.as_string().empty() || subject.as_string().size() > 255)
    return "`sub` must be a text of 1 to 255 bytes";
  const auto issued = claims.find("iat");
  if (!issued.is_number()) return "`iat` is missing";
  const double age = static_cast<double>(now) - issued.as_double();
  if (!(age <= static_cast<double>(longest_way + clock_leeway))) return "`iat` is too long ago";
  return {};
}

bool is_code_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

}  // namespace

jose::Token verify_id_token(std::string_view text, const jose::KeySet& keys, const Provider& provider,
                            std::string_view nonce, std::int64_t now) {
  jose::Rules rules;
  rules.algorithms = provider.algorithms;
  rules.max_size = max_id_token;
  jose::ClaimRules wanted;
  wanted.issuer = provider.issuer;
  wanted.audiences = {provider.client_id};
  wanted.now = now;
  wanted.leeway = clock_leeway;
  jose::Token token = jose::verify_jwt(text, keys, rules, wanted);
  if (!token.ok()) return token;
  if (std::string why = fault(token.claims.root(), provider, nonce, now); !why.empty())
    token.verdict = refused(std::move(why));
  return token;
}

Result<std::string> read_token_answer(int status, std::string_view text) {
  json::ParseOptions options;
  options.max_depth = 16;
  options.duplicates = json::Duplicates::refuse;
  const auto document = json::Document::parse(text, options);
  if (!document || !document->root().is_object())
    return Error{Code::invalid, "the token endpoint answered " + std::to_string(status) + " without a JSON object"};
  const auto root = document->root();
  if (status != 200)
    return Error{Code::denied, "the token endpoint answered " + std::to_string(status) + " " +
                                   shown_code(root.find("error").as_string())};
  const auto token = root.find("id_token");
  if (!token.is_string() || token.as_string().empty())
    return Error{Code::invalid, "the token endpoint gave no `id_token`"};
  return std::string(token.as_string());
}

std::string shown_code(std::string_view code) {
  std::string out(code.substr(0, 64));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !is_code_letter(c); }, '?');
  return out;
}

}  // namespace socle::oidc
