#include "socle/jose/jwt.hpp"

#include <algorithm>
#include <cmath>

#include "header.hpp"

namespace socle::jose {
namespace {

bool type_matches(std::string_view found, std::string_view wanted) {
  constexpr std::string_view prefix = "application/";
  auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };  // media types are ASCII
  if (found.size() > prefix.size() && std::equal(prefix.begin(), prefix.end(), found.begin(), same) &&
      found.find('/', prefix.size()) == std::string_view::npos)
    found.remove_prefix(prefix.size());
  return found.size() == wanted.size() && std::equal(found.begin(), found.end(), wanted.begin(), same);
}

// NumericDate (RFC 7519, 2): any JSON number. False when it is there and something else.
bool read_time(json::View claims, std::string_view name, bool& there, double& out) {
  const auto value = claims.find(name);
  there = value.exists();
  if (!there) return true;
  out = value.as_double();
  return value.is_number() && std::isfinite(out);
}

bool audience_matches(json::View aud, const std::vector<std::string_view>& wanted) {
  auto one = [&](json::View v) {
    return v.is_string() && std::find(wanted.begin(), wanted.end(), v.as_string()) != wanted.end();
  };
  if (aud.is_string()) return one(aud);
  return std::any_of(aud.elements().begin(), aud.elements().end(), one);
}

bool well_formed_audience(json::View aud) {
  if (!aud.exists() || aud.is_string()) return true;
  if (!aud.is_array()) return false;
  return std::all_of(aud.elements().begin(), aud.elements().end(), [](json::View v) { return v.is_string(); });
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

bool check_names(json::View header, json::View claims, const ClaimRules& rules, Verdict& verdict) {
  if (!rules.type.empty() && !type_matches(header.find("typ").as_string(), rules.type))
    return refuse(verdict, Refusal::claims,
                  "`typ` is " + quoted(header.find("typ").as_string()) + "; " + quoted(rules.type) + " is wanted");
  for (const std::string_view name : {"iss", "sub", "jti"})
    if (const auto v = claims.find(name); v.exists() && !v.is_string())
      return refuse(verdict, Refusal::claims, "`" + std::string(name) + "` must be a string");
  if (!rules.issuer.empty() && claims.find("iss").as_string() != rules.issuer)
    return refuse(verdict, Refusal::claims,
                  "`iss` is " + quoted(claims.find("iss").as_string()) + "; " + quoted(rules.issuer) + " is wanted");
  const auto aud = claims.find("aud");
  if (!well_formed_audience(aud))
    return refuse(verdict, Refusal::claims, "`aud` must be a string or an array of strings");
  if (!rules.audiences.empty() && !audience_matches(aud, rules.audiences))
    return refuse(verdict, Refusal::claims, "`aud` does not name " + quoted(rules.audiences.front()));
  return true;
}

bool check_times(json::View claims, const ClaimRules& rules, Verdict& verdict) {
  bool has_exp = false;
  bool has_nbf = false;
  bool has_iat = false;
  double exp = 0;
  double nbf = 0;
  double iat = 0;
  if (!read_time(claims, "exp", has_exp, exp))
    return refuse(verdict, Refusal::claims, "`exp` must be a number of seconds");
  if (!read_time(claims, "nbf", has_nbf, nbf))
    return refuse(verdict, Refusal::claims, "`nbf` must be a number of seconds");
  if (!read_time(claims, "iat", has_iat, iat))
    return refuse(verdict, Refusal::claims, "`iat` must be a number of seconds");
  const auto now = static_cast<double>(rules.now);
  const auto leeway = static_cast<double>(rules.leeway);
  auto seconds = [](double s) { return std::to_string(static_cast<std::int64_t>(std::clamp(s, -9e15, 9e15))) + " s"; };
  if (!has_exp && rules.require_expiry) return refuse(verdict, Refusal::claims, "`exp` is missing");
  if (has_exp && now >= exp + leeway)
    return refuse(verdict, Refusal::expired, "the token expired " + seconds(now - exp) + " ago");
  if (has_nbf && now < nbf - leeway)
    return refuse(verdict, Refusal::not_yet_valid, "the token is valid in " + seconds(nbf - now));
  if (has_iat && now < iat - leeway)
    return refuse(verdict, Refusal::not_yet_valid, "the token says it was issued in " + seconds(iat - now));
  if (rules.max_lifetime > 0 && (!has_exp || !has_iat || exp - iat > static_cast<double>(rules.max_lifetime)))
    return refuse(verdict, Refusal::claims,
                  "the token must live at most " + std::to_string(rules.max_lifetime) + " s (`iat` to `exp`)");
  return true;
}

}  // namespace

Verdict check_claims(json::View header, json::View claims, const ClaimRules& rules) {
  Verdict verdict;
  if (!claims.is_object()) {
    refuse(verdict, Refusal::claims, "the payload of a JWT must be a JSON object");
    return verdict;
  }
  if (check_names(header, claims, rules, verdict)) check_times(claims, rules, verdict);
  return verdict;
}

Token verify_jwt(std::string_view token, const KeySet& keys, const Rules& rules, const ClaimRules& claims) {
  Token out{verify(token, keys, rules), {}};
  if (!out.ok()) return out;
  json::ParseOptions options;
  options.max_depth = 32;
  options.duplicates = json::Duplicates::refuse;
  auto document = json::Document::parse(out.verdict.payload, options);
  if (!document) {
    refuse(out.verdict, Refusal::claims, "the payload is not JSON: " + document.error().message);
    return out;
  }
  auto judged = check_claims(out.verdict.signers.front().header.root(), document->root(), claims);
  if (!judged.ok()) {
    refuse(out.verdict, judged.refusal, std::move(judged.reason));
    return out;
  }
  out.claims = std::move(*document);
  return out;
}

}  // namespace socle::jose
