// verify.cpp: JWS in its three serialisations, from the cheap checks to the costly one.
#include "header.hpp"
#include "signature.hpp"
#include "socle/jose/base64url.hpp"

namespace socle::jose {
namespace {

constexpr std::size_t max_tries = 8;        // keys of a set without a kid that may be tried for one signature
constexpr std::size_t max_signatures = 16;  // of one general serialisation

// The key that made the signature, or a refusal. A kid picks among keys that have one; a key without a kid may serve
// any.
bool check_signature(const Header& header, const KeySet& keys, std::string_view message, std::string_view signature,
                     Verdict& verdict) {
  std::size_t tried = 0;
  std::string why;
  for (const auto& key : keys.keys()) {
    if (!header.kid.empty() && !key.kid().empty() && key.kid() != header.kid) continue;
    if (!key.algorithms().has(header.algorithm)) {
      why = "key " + (key.kid().empty() ? key.thumbprint() : '"' + key.kid() + '"') + " may not be used with " +
            std::string(name(header.algorithm));
      continue;
    }
    if (!key.verifies()) {
      why = "key " + (key.kid().empty() ? key.thumbprint() : '"' + key.kid() + '"') +
            " is not for verifying (`use` or `key_ops`)";
      continue;
    }
    if (++tried > max_tries)
      return refuse(verdict, Refusal::no_key, "more than 8 keys fit and the token names none (kid)");
    if (!verify_raw(key, header.algorithm, message, signature)) continue;
    verdict.signers.push_back({header.algorithm, key, json::Document::copy_of(header.protected_header.root()),
                               json::Document::copy_of(header.unprotected.root())});
    return true;
  }
  if (tried > 0)
    return refuse(verdict, Refusal::bad_signature,
                  "the signature does not belong to this header and payload under " +
                      std::string(tried == 1 ? "the key that fits" : "any key that fits"));
  if (!why.empty()) return refuse(verdict, Refusal::algorithm_refused, why);
  return refuse(verdict, Refusal::no_key,
                header.kid.empty() ? "the set has no key" : "the set has no key \"" + std::string(header.kid) + "\"");
}

struct Part {
  std::string_view protected_text;  // base64url
  std::string_view signature_text;
  json::View unprotected;
};

// The payload's bytes as the first signature's header says they are encoded.
bool take_payload(std::string_view text, bool encoded, const Rules& rules, Verdict& verdict, std::string& detached_text,
                  std::string_view& signed_text) {
  signed_text = text;
  if (rules.detached) {
    if (!text.empty())
      return refuse(verdict, Refusal::malformed, "the payload was expected apart, the token has its own");
    verdict.payload = *rules.detached;
    detached_text = encoded ? base64url(*rules.detached) : std::string(*rules.detached);
    signed_text = detached_text;
    return true;
  }
  if (!encoded) {
    verdict.payload = text;
    return true;
  }
  auto payload = from_base64url(text);
  if (!payload) return refuse(verdict, Refusal::malformed, "the payload is not base64url");
  verdict.payload = std::move(*payload);
  return true;
}

bool check_part(const Part& part, std::string_view payload_text, bool first, bool compact, const KeySet& keys,
                const Rules& rules, std::string& detached_text, std::string_view& signed_text, bool& encoded,
                Verdict& verdict) {
  auto header_json = from_base64url(part.protected_text);
  if (!header_json) return refuse(verdict, Refusal::malformed, "the protected header is not base64url");
  Header header;
  if (!read_header(*header_json, part.unprotected, rules, header, verdict)) return false;
  if (first) {
    encoded = header.encoded;
    if (compact && !encoded && !rules.detached && payload_text.find('.') != std::string_view::npos)
      return refuse(verdict, Refusal::malformed, "an unencoded payload (b64) of the compact form may hold no '.'");
    if (!take_payload(payload_text, encoded, rules, verdict, detached_text, signed_text)) return false;
  } else if (encoded != header.encoded) {
    return refuse(verdict, Refusal::header, "\"b64\" must be the same for all signatures (RFC 7797)");
  }
  auto signature = from_base64url(part.signature_text);
  if (!signature) return refuse(verdict, Refusal::malformed, "the signature is not base64url");
  std::string message(part.protected_text);
  message.append(1, '.').append(signed_text);
  return check_signature(header, keys, message, *signature, verdict);
}

bool too_large(std::string_view text, const Rules& rules, Verdict& verdict) {
  return text.size() > rules.max_size && !refuse(verdict, Refusal::too_large,
                                                 "the token has " + std::to_string(text.size()) + " bytes; " +
                                                     std::to_string(rules.max_size) + " are allowed");
}

std::string_view text_of(json::View object, std::string_view name) { return object.find(name).as_string(); }

}  // namespace

std::string_view code(Refusal refusal) {
  switch (refusal) {
    case Refusal::none: return "ok";
    case Refusal::malformed: return "malformed";
    case Refusal::too_large: return "too_large";
    case Refusal::header: return "header";
    case Refusal::critical: return "critical";
    case Refusal::algorithm_unknown: return "algorithm_unknown";
    case Refusal::algorithm_refused: return "algorithm_refused";
    case Refusal::no_key: return "no_key";
    case Refusal::bad_signature: return "bad_signature";
    case Refusal::claims: return "claims";
    case Refusal::expired: return "expired";
    case Refusal::not_yet_valid: return "not_yet_valid";
  }
  return "malformed";
}

Verdict verify(std::string_view token, const KeySet& keys, const Rules& rules) {
  Verdict verdict;
  if (too_large(token, rules, verdict)) return verdict;
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last) {
    refuse(verdict, Refusal::malformed, "a compact token has three parts with dots between them");
    return verdict;
  }
  const auto payload = token.substr(first + 1, last - first - 1);
  // A fourth dot-separated part: JWE, or nonsense; the header says which, unless it asks for an unencoded payload.
  const Part part{token.substr(0, first), token.substr(last + 1), {}};
  std::string detached_text;
  std::string_view signed_text;
  bool encoded = true;
  check_part(part, payload, true, true, keys, rules, detached_text, signed_text, encoded, verdict);
  return verdict;
}

Verdict verify_json(std::string_view text, const KeySet& keys, const Rules& rules) {
  Verdict verdict;
  if (too_large(text, rules, verdict)) return verdict;
  json::ParseOptions options;
  options.max_depth = 12;
  options.duplicates = json::Duplicates::refuse;
  auto document = json::Document::parse(text, options);
  if (!document) {
    refuse(verdict, Refusal::malformed, "the token is not JSON: " + document.error().message);
    return verdict;
  }
  const auto root = document->root();
  const auto payload = root.find("payload");
  const auto signatures = root.find("signatures");
  std::vector<json::View> parts;
  if (signatures.is_array() && !root.find("signature").exists() && !root.find("protected").exists() &&
      !root.find("header").exists()) {
    for (const auto part : signatures.elements()) parts.push_back(part);
  } else if (!signatures.exists() && root.is_object()) {
    parts.push_back(root);
  }
  if ((payload.exists() && !payload.is_string()) || (!payload.exists() && !rules.detached)) {
    refuse(verdict, Refusal::malformed, "\"payload\" must be a string");
    return verdict;
  }
  if (parts.empty() || parts.size() > max_signatures) {
    refuse(verdict, Refusal::malformed,
           "a token in JSON has \"signature\", or \"signatures\" with 1 to 16 entries, not both");
    return verdict;
  }
  std::string detached_text;
  std::string_view signed_text;
  bool encoded = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto at = parts[i];
    if (!at.find("signature").is_string() || (at.find("protected").exists() && !at.find("protected").is_string())) {
      refuse(verdict, Refusal::malformed, "\"signature\" and \"protected\" must be strings");
      return verdict;
    }
    const Part part{text_of(at, "protected"), text_of(at, "signature"), at.find("header")};
    if (!check_part(part, payload.as_string(), i == 0, false, keys, rules, detached_text, signed_text, encoded,
                    verdict))
      return verdict;
  }
  return verdict;
}

}  // namespace socle::jose
