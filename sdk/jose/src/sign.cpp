// sign.cpp: making JWS. Headers are taken byte for byte, so that whoever writes them decides their form; they are read
// back by the verifier's own code first, so that nothing is signed that would not be accepted.
#include "header.hpp"
#include "signature.hpp"
#include "socle/jose/base64url.hpp"
#include "socle/json/writer.hpp"

namespace socle::jose {
namespace {

struct Signed {
  std::string protected_text, payload_text, signature_text;
};

Result<Signed> make(std::string_view payload, const Key& key, Algorithm algorithm, const Draft& draft) {
  json::Document unprotected;
  json::View loose;
  if (!draft.unprotected_header.empty()) {
    auto parsed = json::Document::parse(draft.unprotected_header);
    if (!parsed) return std::move(parsed).error().context("unprotected header");
    unprotected = std::move(*parsed);
    loose = unprotected.root();
  }
  Header header;
  Verdict verdict;
  if (!read_header(draft.protected_header, loose, Rules{}, header, verdict))
    return Error{Code::invalid, verdict.reason};
  if (header.algorithm != algorithm)
    return Error{Code::invalid, "the header says " + std::string(name(header.algorithm)) + ", asked for was " +
                                    std::string(name(algorithm))};
  if (!key.signs() || !key.algorithms().has(algorithm))
    return Error{Code::denied, "the key does not sign with " + std::string(name(algorithm))};
  Signed out;
  out.protected_text = base64url(draft.protected_header);
  out.payload_text = header.encoded ? base64url(payload) : std::string(payload);
  auto signature = sign_raw(key, algorithm, out.protected_text + '.' + out.payload_text);
  if (!signature) return std::move(signature).error();
  out.signature_text = base64url(*signature);
  return out;
}

}  // namespace

Result<std::string> sign(std::string_view payload, const Key& key, Algorithm algorithm,
                         std::string_view protected_header, bool detached) {
  auto made = make(payload, key, algorithm, {protected_header, {}, detached});
  if (!made) return std::move(made).error();
  if (!detached && made->payload_text.find('.') != std::string::npos)
    return Error{Code::invalid, "an unencoded payload (b64) of the compact form may hold no '.'"};
  return made->protected_text + '.' + (detached ? "" : made->payload_text) + '.' + made->signature_text;
}

Result<std::string> sign_json(std::string_view payload, const Key& key, Algorithm algorithm, const Draft& draft) {
  auto made = make(payload, key, algorithm, draft);
  if (!made) return std::move(made).error();
  std::string text;
  json::Writer out(text);
  out.begin_object();
  if (!draft.detached) out.member("payload", made->payload_text);
  if (!made->protected_text.empty()) out.member("protected", made->protected_text);
  if (!draft.unprotected_header.empty()) {
    auto header = json::Document::parse(draft.unprotected_header);
    out.key("header").value(header->root());
  }
  out.member("signature", made->signature_text).end_object();
  if (auto s = out.finish(); !s) return std::move(s).error();
  return text;
}

}  // namespace socle::jose
