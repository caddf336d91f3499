#include "header.hpp"

#include <algorithm>
#include <vector>

namespace socle::jose {
namespace {

constexpr std::string_view text_members[] = {"kid", "typ", "cty", "jku", "x5u", "x5t", "x5t#S256"};
// RFC 7515, 4.1.11: what JWS itself defines must not be named critical.
constexpr std::string_view never_critical[] = {"alg", "jku",      "jwk", "kid", "x5u", "x5c",
                                               "x5t", "x5t#S256", "typ", "cty", "crit"};

bool contains(const auto& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

bool check_critical(json::View header, json::View unprotected, Verdict& verdict) {
  if (unprotected.find("crit").exists())
    return refuse(verdict, Refusal::critical, "\"crit\" stands in the unprotected header; it must be protected");
  const auto crit = header.find("crit");
  const bool unencoded = header.find("b64").exists();
  if (unprotected.find("b64").exists())
    return refuse(verdict, Refusal::critical, "\"b64\" must be in the protected header");
  if (!crit.exists())
    return !unencoded || refuse(verdict, Refusal::critical, "\"b64\" is used and \"crit\" does not name it (RFC 7797)");
  if (!crit.is_array() || crit.empty())
    return refuse(verdict, Refusal::critical, "\"crit\" must be an array of at least one name");
  std::vector<std::string_view> seen;
  for (const auto name : crit.elements()) {
    if (!name.is_string()) return refuse(verdict, Refusal::critical, "\"crit\" must hold strings only");
    const auto text = name.as_string();
    if (contains(seen, text))
      return refuse(verdict, Refusal::critical, "\"crit\" names \"" + std::string(text) + "\" twice");
    if (contains(never_critical, text))
      return refuse(verdict, Refusal::critical,
                    "\"crit\" names \"" + std::string(text) + "\", which RFC 7515 defines itself");
    if (text != "b64")
      return refuse(verdict, Refusal::critical,
                    "\"crit\" wants \"" + std::string(text) + "\", which is not understood here; \"b64\" is");
    if (!header.find(text).exists())
      return refuse(verdict, Refusal::critical,
                    "\"crit\" names \"" + std::string(text) + "\", which the header does not have");
    seen.push_back(text);
  }
  return !unencoded || contains(seen, "b64") ||
         refuse(verdict, Refusal::critical, "\"b64\" is used and \"crit\" does not name it (RFC 7797)");
}

bool check_types(json::View header, Verdict& verdict) {
  for (const auto name : text_members)
    if (const auto value = header.find(name); value.exists() && !value.is_string())
      return refuse(verdict, Refusal::header,
                    "header member \"" + std::string(name) + "\" must be a string, it is " +
                        std::string(to_string(value.kind())));
  if (const auto b64 = header.find("b64"); b64.exists() && b64.kind() != json::Kind::boolean)
    return refuse(verdict, Refusal::header, "header member \"b64\" must be true or false");
  return true;
}

}  // namespace

bool refuse(Verdict& verdict, Refusal refusal, std::string reason) {
  verdict.refusal = refusal;
  verdict.reason = std::move(reason);
  verdict.payload.clear();
  verdict.signers.clear();
  return false;
}

bool read_header(std::string_view protected_json, json::View unprotected, const Rules& rules, Header& out,
                 Verdict& verdict) {
  if (protected_json.size() > rules.max_header)
    return refuse(verdict, Refusal::too_large,
                  "the header has " + std::to_string(protected_json.size()) + " bytes; " +
                      std::to_string(rules.max_header) + " are allowed");
  if (!protected_json.empty()) {
    json::ParseOptions options;
    options.max_depth = 8;
    options.duplicates = json::Duplicates::refuse;
    auto document = json::Document::parse(protected_json, options);
    if (!document)
      return refuse(verdict, Refusal::malformed, "the protected header is not JSON: " + document.error().message);
    out.protected_header = std::move(*document);
    if (!out.protected_header.root().is_object())
      return refuse(verdict, Refusal::malformed, "the protected header must be a JSON object");
  }
  const auto header = out.protected_header.root();
  if (unprotected.exists()) {
    if (!unprotected.is_object()) return refuse(verdict, Refusal::malformed, "\"header\" must be a JSON object");
    for (const auto& [name, value] : unprotected.members())
      if (header.find(name).exists())
        return refuse(verdict, Refusal::header, "\"" + std::string(name) + "\" stands in both headers");
    out.unprotected = json::Document::copy_of(unprotected);
  }
  if (!header.is_object() && !unprotected.exists())
    return refuse(verdict, Refusal::malformed, "the token has no header");
  const auto loose = out.unprotected.root();
  if (!check_types(header, verdict) || !check_types(loose, verdict) || !check_critical(header, loose, verdict))
    return false;

  const auto alg = header.find("alg").exists() ? header.find("alg") : loose.find("alg");
  if (!alg.is_string()) return refuse(verdict, Refusal::header, "header member \"alg\" must be a string");
  const auto algorithm = algorithm_named(alg.as_string());
  if (!algorithm)
    return refuse(verdict, Refusal::algorithm_unknown,
                  "algorithm \"" + std::string(alg.as_string()) +
                      "\" is not known or not allowed at all; HS, RS, PS and ES 256-512 and EdDSA are");
  if (!rules.algorithms.has(*algorithm))
    return refuse(verdict, Refusal::algorithm_refused,
                  "algorithm " + std::string(name(*algorithm)) + " is not among those allowed here");
  out.algorithm = *algorithm;
  const auto kid = header.find("kid").exists() ? header.find("kid") : loose.find("kid");
  out.kid = kid.as_string();
  out.encoded = !header.find("b64").exists() || header.find("b64").as_bool();
  return true;
}

}  // namespace socle::jose
