#include "oidc/provider.hpp"

#include <algorithm>
#include <array>

namespace socle::oidc {
namespace {

constexpr std::size_t most_items = 32;
constexpr std::size_t most_rules = 100;
constexpr std::int64_t longest_age = 365 * 24 * 3600;
constexpr std::array<std::string_view, 17> members{
    "title",  "issuer",      "client_id",         "client_secret", "client_auth",
    "scopes", "origins",     "algorithms",        "register",      "username_claim",
    "roles",  "claim_roles", "client_secret_set", "provider",      "acr_values",
    "amr",    "max_age"};

// What may sign an ID token: never a shared secret, so that a public key cannot be taken for one (RFC 8725, 2.1).
constexpr std::array<jose::Algorithm, 10> signing{
    jose::Algorithm::rs256, jose::Algorithm::rs384, jose::Algorithm::rs512, jose::Algorithm::ps256,
    jose::Algorithm::ps384, jose::Algorithm::ps512, jose::Algorithm::es256, jose::Algorithm::es384,
    jose::Algorithm::es512, jose::Algorithm::eddsa};

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}
bool is_scope(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

class Reading {
 public:
  Reading(json::View body, std::vector<Wrong>& faults) : body_(body), faults_(faults) {}

  std::string text(std::string_view name, std::size_t most, bool required = false) {
    const auto value = body_.find(name);
    if (!value.exists() && !required) return {};
    const std::string_view found = value.as_string();
    if (!value.is_string() || (required && found.empty()) || found.size() > most)
      fault(name, required && !value.exists() ? "required" : "type",
            "a text of at most " + std::to_string(most) + " bytes is wanted here");
    return std::string(found);
  }
  std::vector<std::string> texts(std::string_view name) { return texts(body_.find(name), std::string(name)); }
  std::vector<std::string> texts(json::View list, const std::string& at) {
    std::vector<std::string> out;
    if (!list.exists()) return out;
    bool good = list.is_array() && list.size() <= most_items;
    for (const auto item : list.elements()) {
      good = good && item.is_string() && !item.as_string().empty() && item.as_string().size() <= max_url;
      out.emplace_back(item.as_string());
    }
    if (!good) fault(at, "type", "an array of at most 32 texts is wanted here");
    return out;
  }
  void fault(std::string_view at, std::string_view code, std::string message) {
    faults_.push_back({std::string("/").append(at), std::string(code), std::move(message)});
  }
  [[nodiscard]] json::View body() const { return body_; }

 private:
  json::View body_;
  std::vector<Wrong>& faults_;
};

void read_addresses(Reading& in, Provider& out, Reach reach) {
  out.issuer = in.text("issuer", max_url, true);
  const auto issuer = read_url(out.issuer);
  const auto usable = [reach](const std::optional<Url>& url) { return url && (url->tls || reach == Reach::local); };
  if (!out.issuer.empty() && (!usable(issuer) || out.issuer.find('?') != std::string::npos))
    in.fault("issuer", "bad_issuer",
             "an https URL without query and fragment is wanted here, as the provider writes it");
  out.origins = in.texts("origins");
  for (std::size_t i = 0; i < out.origins.size(); ++i)
    if (const auto url = read_url(out.origins[i]); !usable(url) || url->origin() != out.origins[i])
      in.fault("origins/" + std::to_string(i), "bad_origin", "https://HOST or https://HOST:PORT is wanted here");
}

void read_client(Reading& in, Provider& out) {
  out.client_id = in.text("client_id", 256, true);
  if (!is_plain(out.client_id)) in.fault("client_id", "type", "printable ASCII is wanted here");
  out.client_secret = in.text("client_secret", 1024);
  if (!is_plain(out.client_secret)) in.fault("client_secret", "type", "printable ASCII is wanted here");
  const std::string method = in.text("client_auth", 32);
  out.client_auth = method == "post" ? ClientAuth::post : method == "none" ? ClientAuth::none : ClientAuth::basic;
  if (!method.empty() && method != "post" && method != "none" && method != "basic")
    in.fault("client_auth", "enum", "basic, post or none is wanted here");
  out.scopes = in.texts("scopes");
  for (std::size_t i = 0; i < out.scopes.size(); ++i)
    if (!is_scope(out.scopes[i])) in.fault("scopes/" + std::to_string(i), "bad_scope", "this is no scope of OAuth 2");
  out.algorithm_names = in.texts("algorithms");
  if (out.algorithm_names.empty()) out.algorithm_names = {"RS256", "PS256", "ES256", "EdDSA"};
  for (std::size_t i = 0; i < out.algorithm_names.size(); ++i) {
    const auto algorithm = jose::algorithm_named(out.algorithm_names[i]);
    if (algorithm && std::find(signing.begin(), signing.end(), *algorithm) != signing.end()) {
      out.algorithms = out.algorithms | *algorithm;
    } else {
      in.fault("algorithms/" + std::to_string(i), "enum",
               "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA is wanted here");
    }
  }
}

void read_people(Reading& in, Provider& out) {
  const auto registers = in.body().find("register");
  if (registers.exists() && registers.kind() != json::Kind::boolean)
    in.fault("register", "type", "true or false is wanted here");
  out.registers = registers.as_bool();
  out.username_claim = in.text("username_claim", 64);
  if (out.username_claim.empty()) out.username_claim = "preferred_username";
  out.roles = in.texts("roles");
  const auto rules = in.body().find("claim_roles");
  if (rules.exists() && (!rules.is_array() || rules.size() > most_rules)) {
    in.fault("claim_roles", "type", "an array of at most 100 of {claim, value, roles} is wanted here");
    return;
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto rule = rules.at(i);
    const std::string at = "claim_roles/" + std::to_string(i);
    ClaimRoles read;
    read.claim = rule.find("claim").as_string();
    read.value = rule.find("value").as_string();
    read.roles = in.texts(rule.find("roles"), at + "/roles");
    if (read.claim.empty() || read.claim.size() > 256 || read.value.empty() || read.value.size() > 256 ||
        read.roles.empty())
      in.fault(at, "bad_rule", "{claim: a text, value: a text, roles: [at least one]} is wanted here");
    out.claim_roles.push_back(std::move(read));
  }
}

void read_strength(Reading& in, Strength& out) {
  out.acr_values = in.texts("acr_values");
  out.amr = in.texts("amr");
  for (const auto& [list, name] : {std::pair(&out.acr_values, "acr_values/"), std::pair(&out.amr, "amr/")})
    for (std::size_t i = 0; i < list->size(); ++i)
      if (!is_scope((*list)[i]))
        in.fault(name + std::to_string(i), "type", "printable ASCII without spaces, \" and \\ is wanted here");
  const auto age = in.body().find("max_age");
  if (!age.exists()) return;
  out.max_age = age.as_int64();
  if (!out.max_age || *out.max_age < 0 || *out.max_age > longest_age)
    in.fault("max_age", "range", "a number of seconds from 0 to 31536000 (a year) is wanted here");
}

void write_texts(json::Writer& out, std::string_view name, const std::vector<std::string>& list) {
  out.key(name).begin_array();
  for (const std::string& item : list) out.string(item);
  out.end_array();
}

// `shown`: to people, with every list there is. As stored, demands that nobody makes are left out, so that a
// generation that does not know them reads the document still; one that makes some is refused by it, not weakened.
void write_members(json::Writer& out, const Provider& p, bool shown) {
  constexpr std::string_view methods[] = {"none", "basic", "post"};
  out.member("title", p.title).member("issuer", p.issuer).member("client_id", p.client_id);
  out.member("client_auth", methods[static_cast<std::size_t>(p.client_auth)]);
  write_texts(out, "scopes", p.scopes);
  write_texts(out, "origins", p.origins);
  write_texts(out, "algorithms", p.algorithm_names);
  out.member("register", p.registers).member("username_claim", p.username_claim);
  write_texts(out, "roles", p.roles);
  out.key("claim_roles").begin_array();
  for (const ClaimRoles& rule : p.claim_roles) {
    out.begin_object().member("claim", rule.claim).member("value", rule.value);
    write_texts(out, "roles", rule.roles);
    out.end_object();
  }
  out.end_array();
  const auto& acr_values = p.strength.acr_values;
  const auto& amr = p.strength.amr;
  if (shown || !acr_values.empty()) write_texts(out, "acr_values", acr_values);
  if (shown || !amr.empty()) write_texts(out, "amr", amr);
  if (p.strength.max_age) out.member("max_age", *p.strength.max_age);
}

void add_once(std::vector<std::string>& to, const std::vector<std::string>& roles) {
  for (const std::string& role : roles)
    if (std::find(to.begin(), to.end(), role) == to.end()) to.push_back(role);
}

}  // namespace

bool holds(json::View claim, std::string_view value) {
  if (claim.is_string()) return claim.as_string() == value;
  if (!claim.is_array()) return false;
  return std::any_of(claim.elements().begin(), claim.elements().end(),
                     [value](json::View one) { return one.is_string() && one.as_string() == value; });
}

bool is_provider_name(std::string_view text) {
  return !text.empty() && text.size() <= max_provider_name && text[0] != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool Provider::may_ask(const Url& url) const {
  const auto own = read_url(issuer);
  if (!own || (own->tls && !url.tls)) return false;
  const std::string origin = url.origin();
  return origin == own->origin() || std::find(origins.begin(), origins.end(), origin) != origins.end();
}

Provider read_provider(std::string_view name, json::View body, Reach reach, std::vector<Wrong>& faults) {
  Provider out;
  out.name = name;
  Reading in(body, faults);
  if (!is_provider_name(name)) in.fault("name", "bad_name", "a name is 1 to 40 of a-z, 0-9 and -");
  for (const auto& [key, value] : body.members())
    if (std::find(members.begin(), members.end(), key) == members.end())
      in.fault(key, "unknown_member", "there is no such member of a provider");
  out.title = in.text("title", 200);
  read_addresses(in, out, reach);
  read_client(in, out);
  read_people(in, out);
  read_strength(in, out.strength);
  return out;
}

std::string provider_document(const Provider& provider, std::string_view secret) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  write_members(out, provider, false);
  if (!secret.empty()) out.member("client_secret", secret);
  out.end_object();
  return text;
}

void write_provider(json::Writer& out, const Provider& provider) {
  out.begin_object().member("provider", provider.name);
  write_members(out, provider, true);
  out.member("client_secret_set", !provider.client_secret.empty()).end_object();
}

bool same_audience(const Provider& before, const Provider& after) {
  return before.issuer == after.issuer && before.origins == after.origins && before.client_id == after.client_id;
}

std::vector<std::string> roles_for(const Provider& provider, json::View claims) {
  std::vector<std::string> out = provider.roles;
  for (const ClaimRoles& rule : provider.claim_roles)
    if (holds(claims.find(rule.claim), rule.value)) add_once(out, rule.roles);
  return out;
}

std::vector<std::string> all_roles(const Provider& provider) {
  std::vector<std::string> out = provider.roles;
  for (const ClaimRoles& rule : provider.claim_roles) add_once(out, rule.roles);
  return out;
}

}  // namespace socle::oidc
