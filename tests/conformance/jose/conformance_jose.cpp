// conformance_jose jose-cookbook DIR: judges Socle::jose by the JOSE cookbook. Every output of a file is verified with
// its input key and must give its payload; where the file is reproducible, signing again must give the same bytes.
#include <string>

#include "socle/jose/base64url.hpp"
#include "socle/jose/jws.hpp"
#include "socle/json.hpp"
#include "suite/suite.hpp"

namespace {

using namespace socle;
using conformance::Tally;

Result<jose::KeySet> keys_of(json::View key) {
  std::string text = "{\"keys\":";
  text += key.is_array() ? json::to_text(key) : '[' + json::to_text(key) + ']';
  return jose::KeySet::parse(text + '}');
}

std::string judge_key(json::View jwk) {
  auto key = jose::Key::parse(jwk);
  if (!key) return key.error().message;
  const auto text = jwk.find("d").exists() || jwk.find("k").exists() ? key->private_jwk() : *key->public_jwk();
  auto again = json::Document::parse(text);
  return again && json::equal(again->root(), jwk) ? "" : "written again it is " + text;
}

std::string judge_output(json::View output, std::string_view form, const jose::KeySet& keys, std::string_view payload) {
  jose::Rules rules;
  const bool compact = form == "compact";
  const auto text = compact ? std::string(output.as_string()) : json::to_text(output);
  if (compact ? text.find("..") != std::string::npos : !output.find("payload").exists()) rules.detached = payload;
  const auto verdict = compact ? jose::verify(text, keys, rules) : jose::verify_json(text, keys, rules);
  if (!verdict.ok()) return std::string(form) + " is refused: " + verdict.reason;
  return verdict.payload == payload ? "" : std::string(form) + " gives another payload";
}

// The one signature of a reproducible file, made again.
std::string judge_again(json::View file, const jose::KeySet& keys, std::string_view payload) {
  const auto signing = file.find("signing");
  const auto algorithm = jose::algorithm_named(file.find("input").find("alg").as_string());
  if (!algorithm || keys.keys().size() != 1) return "names no one algorithm and key";
  // The bytes of the protected header as the file's own output has them.
  const auto flat = file.find("output").find("json_flat");
  const auto header = jose::from_base64url(flat.find("protected").as_string());
  const auto loose = signing.find("unprotected").exists() ? json::to_text(signing.find("unprotected")) : std::string();
  if (const auto compact = file.find("output").find("compact"); compact.exists()) {
    auto made = jose::sign(payload, keys.keys()[0], *algorithm, *header,
                           compact.as_string().find("..") != std::string_view::npos);
    if (!made) return made.error().message;
    if (*made != compact.as_string()) return "signed again the compact form is " + *made;
  }
  auto made = jose::sign_json(payload, keys.keys()[0], *algorithm, {*header, loose, !flat.find("payload").exists()});
  if (!made) return made.error().message;
  auto again = json::Document::parse(*made);
  return again && json::equal(again->root(), flat) ? "" : "signed again the flattened form is " + *made;
}

std::string judge_jws(json::View file) {
  const auto input = file.find("input");
  const auto payload = input.find("payload").as_string();
  auto keys = keys_of(input.find("key"));
  if (!keys) return keys.error().message;
  const auto output = file.find("output");
  if (output.empty()) return "has no output";
  for (const auto& [form, value] : output.members())
    if (auto why = judge_output(value, form, *keys, payload); !why.empty()) return why;
  return file.find("reproducible").as_bool() ? judge_again(file, *keys, payload) : "";
}

constexpr auto no_encryption =
    "JWE: Socle neither makes nor accepts encrypted tokens (docs/design/jose.md); its header is refused by name";

void judge(const std::string& name, json::View file, Tally& tally) {
  if (file.find("kty").exists()) return tally.judge(name, judge_key(file));
  if (file.find("sign").exists()) {
    tally.judge(name + " (sign)", judge_jws(file.find("sign")));
    return tally.skip(name + " (encrypt)", no_encryption);
  }
  if (!file.find("input").find("payload").exists()) return tally.skip(name, no_encryption);
  const auto header = jose::from_base64url(file.find("output").find("json_flat").find("protected").as_string());
  auto head = json::Document::parse(header.value_or(""));
  if (head && head->root().find("b64").exists() && !head->root().find("crit").exists())
    return tally.skip(
        name, "its protected header has \"b64\": false and no \"crit\", against RFC 7797 section 6; it is refused");
  tally.judge(name, judge_jws(file));
}

void judge_suite(const std::filesystem::path& folder, Tally& tally) {
  conformance::each_document(folder, tally,
                             [&](const std::string& name, json::View content) { judge(name, content, tally); });
}

}  // namespace

int main(int count, char** arguments) { return conformance::run(count, arguments, {{"jose-cookbook", judge_suite}}); }
