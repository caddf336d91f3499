#include "cli/token.hpp"

#include "base/file.hpp"
#include "cli/width.hpp"
#include "socle/jose/jwt.hpp"
#include "socle/json/writer.hpp"
#include "telemetry/clock.hpp"

namespace socle::cli {
namespace {

// What the payload's claims would mean now; times are no part of the verdict on a signature.
std::string note_on_claims(const jose::Verdict& verdict, json::View claims) {
  if (!claims.is_object() || (!claims.find("exp").exists() && !claims.find("nbf").exists())) return {};
  jose::ClaimRules rules;
  rules.now = telemetry::utc_now() / 1'000'000'000;
  rules.require_expiry = false;
  const auto judged = jose::check_claims(verdict.signers.front().header.root(), claims, rules);
  return judged.reason;
}

json::Document parsed(const std::string& text) {
  auto document = json::Document::parse(text);
  return document ? std::move(*document) : json::Document();
}

std::string as_json(const jose::Verdict& verdict, json::View claims, const std::string& note) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("valid", verdict.ok());
  if (!verdict.ok()) {
    out.member("code", jose::code(verdict.refusal)).member("reason", verdict.reason).end_object();
    return text + "\n";
  }
  out.key("signatures").begin_array();
  for (const auto& signer : verdict.signers) {
    out.begin_object().member("alg", jose::name(signer.algorithm));
    if (!signer.key.kid().empty()) out.member("kid", signer.key.kid());
    out.member("thumbprint", signer.key.thumbprint());
    if (signer.header.root().is_object()) out.key("header").value(signer.header.root());
    out.end_object();
  }
  out.end_array().member("payload_bytes", static_cast<std::int64_t>(verdict.payload.size()));
  if (claims.is_object()) out.key("claims").value(claims);
  if (!note.empty()) out.member("note", note);
  out.end_object();
  return text + "\n";
}

std::string as_text(const jose::Verdict& verdict, json::View claims, const std::string& note) {
  std::string out;
  for (const auto& signer : verdict.signers)
    out += "✓ " + std::string(jose::name(signer.algorithm)) + " signature by key " +
           printable(signer.key.kid().empty() ? signer.key.thumbprint() : signer.key.kid()) + "\n";
  for (const auto& [name, value] : claims.members())
    out += "  " + printable(name) + "  " +
           printable(value.is_string() ? std::string(value.as_string()) : json::to_text(value)) + "\n";
  if (!claims.is_object())
    out += "  payload of " + std::to_string(verdict.payload.size()) + " bytes, not a JSON object\n";
  if (!note.empty()) out += "! the signature is good, but " + note + "\n";
  return out;
}

}  // namespace

Outcome inspect_token(const Invocation& invocation, const World& world) {
  const bool json = invocation.has("--json");
  jose::Rules rules;
  if (const auto wanted = invocation.get("--alg")) {
    const auto algorithm = jose::algorithm_named(*wanted);
    if (!algorithm)
      return complaint(2,
                       {Code::invalid, "--alg: no algorithm \"" + *wanted +
                                           "\"; HS, RS, PS and ES with 256, 384 or 512, and EdDSA are known"},
                       json);
    rules.algorithms = *algorithm;
  }
  const auto path = world.here / *invocation.get("--jwks");
  auto text = base::read_file(path, jose::KeySet::max_size);
  if (!text) return complaint(1, std::move(text).error(), json);
  std::vector<std::string> skipped;
  auto keys = jose::KeySet::parse(*text, &skipped);
  if (!keys) return complaint(1, std::move(keys).error().context(path.string()), json);

  const std::string& token = invocation.arguments[0];
  auto verdict = token.starts_with('{') ? jose::verify_json(token, *keys, rules) : jose::verify(token, *keys, rules);
  if (verdict.refusal == jose::Refusal::no_key)
    for (const auto& why : skipped) verdict.reason += "; left out " + why;
  const auto claims = parsed(verdict.payload);
  const auto note = verdict.ok() ? note_on_claims(verdict, claims.root()) : std::string();
  Outcome outcome{verdict.ok() ? 0 : 1, {}, {}};
  if (json) {
    outcome.out = as_json(verdict, claims.root(), note);
  } else if (verdict.ok()) {
    outcome.out = as_text(verdict, claims.root(), note);
  }
  if (!verdict.ok())
    outcome.err =
        complaint(1,
                  {Code::unauthenticated,
                   "the token is refused (" + std::string(jose::code(verdict.refusal)) + "): " + verdict.reason},
                  false)
            .err;
  return outcome;
}

}  // namespace socle::cli
