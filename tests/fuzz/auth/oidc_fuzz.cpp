// oidc_fuzz.cpp: any bytes as a provider's configuration, keys, HTTP answer and token answer, as an ID token, and as a
// provider that an administrator describes. No configuration leads elsewhere than to the provider's own origins, and no
// token is believed that its key did not sign.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <socle/json.hpp>

#include "oidc/answer.hpp"
#include "oidc/discovery.hpp"
#include "oidc/id_token.hpp"

using namespace socle;
using namespace socle::oidc;

namespace {

Provider known() {
  std::vector<Wrong> faults;
  const auto body = json::Document::parse(
      R"({"issuer":"https://idp.test","client_id":"socle","client_secret":"s","roles":["viewer"]})");
  return read_provider("idp", body->root(), Reach::open, faults);
}

void as_answer(std::string_view text) {
  Answer whole(4096);
  const auto at_once = whole.feed(text);
  if (at_once && *at_once && whole.take_body().size() > 4096) std::abort();
  Answer pieces(4096);
  for (std::size_t at = 0; at < text.size() && at < 2000; at += 7)
    if (const auto fed = pieces.feed(text.substr(at, 7)); !fed || *fed) return;
  (void)pieces.finish();
}

void as_provider(std::string_view text) {
  const auto document = json::Document::parse(text, {.max_depth = 64});
  if (!document) return;
  std::vector<Wrong> faults;
  const auto read = read_provider("idp", document->root(), Reach::open, faults);
  (void)roles_for(read, document->root());
  if (!faults.empty()) return;
  const auto stored = json::Document::parse(provider_document(read, read.client_secret));
  if (!stored) std::abort();
  const auto again = read_provider("idp", stored->root(), Reach::open, faults);
  if (!faults.empty() || again.issuer != read.issuer || again.client_secret != read.client_secret) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Provider provider = known();
  static const jose::Key key = *jose::Key::generate(jose::Algorithm::es256, "k");
  static const jose::KeySet keys({key});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto metadata = read_metadata(text, provider); metadata)
    for (const Url* url : {&metadata->authorization, &metadata->token, &metadata->keys})
      if (url->origin() != "https://idp.test") std::abort();
  if (const auto set = jose::KeySet::parse(text); set)
    (void)verify_id_token("eyJhbGciOiJFUzI1NiJ9.e30.AAAA", *set, provider, "n", 1'700'000'000);
  if (verify_id_token(text, keys, provider, "n", 1'700'000'000).ok()) std::abort();
  if (const auto token = jose::sign(text, key, jose::Algorithm::es256, R"({"alg":"ES256","kid":"k"})"); token) {
    const auto seen = verify_id_token(*token, keys, provider, "n", 1'700'000'000);
    if (seen.ok() && seen.claims.root().find("nonce").as_string() != "n") std::abort();
  }
  if (const auto url = read_url(text); url && !read_url(url->origin() + url->target)) std::abort();
  if (const auto back = safe_return(text); back.empty() || back[0] != '/' || back.starts_with("//")) std::abort();
  (void)read_token_answer(200, text);
  (void)read_address(text.substr(0, 64));
  as_answer(text);
  as_provider(text);
  return 0;
}
