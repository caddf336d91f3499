#include "credentials/secret_text.hpp"

#include <algorithm>
#include <array>

#include "core/secret.hpp"

namespace socle::auth {
namespace {

constexpr std::size_t random_size = 32;
constexpr std::size_t random_characters = 43;
constexpr std::size_t max_tenant = 63;

struct Prefix {
  SecretKind kind;
  std::string_view text;
};
constexpr std::array<Prefix, 3> prefixes{
    {{SecretKind::session, "ss_"}, {SecretKind::key, "sk_"}, {SecretKind::link, "sl_"}}};

bool is_base64url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}
bool is_base32(char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); }
bool is_tenant(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

std::string make_secret(SecretKind kind, std::string_view tenant, std::string_view id) {
  std::string out;
  for (const Prefix& p : prefixes) {
    if (p.kind == kind) out = p.text;
  }
  out.append(tenant).append("_");
  if (kind == SecretKind::key) out.append(id).append("_");
  return out + random_text(random_size);
}

std::optional<SecretText> read_secret(std::string_view text) {
  const auto prefix = std::find_if(prefixes.begin(), prefixes.end(),
                                   [text](const Prefix& p) { return text.substr(0, p.text.size()) == p.text; });
  if (prefix == prefixes.end()) return std::nullopt;
  SecretText out;
  out.kind = prefix->kind;
  std::string_view rest = text.substr(prefix->text.size());
  const std::size_t end = rest.find('_');
  if (end == std::string_view::npos || end == 0 || end > max_tenant) return std::nullopt;
  out.tenant = rest.substr(0, end);
  if (!std::all_of(out.tenant.begin(), out.tenant.end(), is_tenant)) return std::nullopt;
  rest.remove_prefix(end + 1);
  if (out.kind == SecretKind::key) {
    if (rest.size() <= key_id_size || rest[key_id_size] != '_') return std::nullopt;
    out.id = rest.substr(0, key_id_size);
    if (!std::all_of(out.id.begin(), out.id.end(), is_base32)) return std::nullopt;
    rest.remove_prefix(key_id_size + 1);
  }
  if (rest.size() != random_characters || !std::all_of(rest.begin(), rest.end(), is_base64url)) return std::nullopt;
  return out;
}

}  // namespace socle::auth
