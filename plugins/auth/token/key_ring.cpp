#include "token/key_ring.hpp"

#include <algorithm>
#include <array>

#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::tokens {
namespace {

constexpr std::array<std::string_view, 3> states{"next", "active", "retired"};
constexpr std::string_view format = "socle-token-keys/1";

Error bad_ring(const std::string& why) {
  return {Code::invalid, "the stored signing keys are not as they were written: " + why};
}

Result<SigningKey> new_key(const Rotation& rotation, KeyState state, std::int64_t now) {
  if (rotation.algorithm != jose::Algorithm::eddsa && rotation.algorithm != jose::Algorithm::es256)
    return Error{Code::invalid,
                 "tokens are signed with EdDSA or ES256, not with " + std::string(jose::name(rotation.algorithm))};
  auto key = jose::Key::generate(rotation.algorithm);
  if (!key) return std::move(key).error();
  return SigningKey{*std::move(key), state, now, now, 0};
}

Result<SigningKey> read_key(json::View source, const Sealer* sealer) {
  const auto state = std::find(states.begin(), states.end(), source.find("state").as_string());
  if (state == states.end()) return bad_ring("a key has no state");
  std::string text;
  if (const auto sealed = source.find("sealed"); sealed.is_string()) {
    if (sealer == nullptr)
      return Error{Code::denied, "the signing keys are sealed and there is no key file; name it in token.key_file"};
    auto opened = sealer->open(sealed.as_string(), source.find("kid").as_string());
    if (!opened) return std::move(opened).error();
    text = *std::move(opened);
  } else {
    text = json::to_text(source.find("private"));
  }
  const auto jwk =
      json::Document::parse(text, {.max_size = 16384, .max_depth = 8, .duplicates = json::Duplicates::refuse});
  if (!jwk) return bad_ring("a key is no JSON");
  auto key = jose::Key::parse(jwk->root());
  if (!key) return bad_ring(key.error().message);
  if (!key->signs() || key->kid() != source.find("kid").as_string())
    return bad_ring("a key is not the one it is named");
  const auto time = [&](std::string_view name) { return source.find(name).as_int64().value_or(0); };
  return SigningKey{*std::move(key), static_cast<KeyState>(state - states.begin()), time("made"), time("since"),
                    time("ends")};
}

}  // namespace

std::string_view to_string(KeyState state) { return states[static_cast<std::size_t>(state)]; }

Result<KeyRing> KeyRing::make(const Rotation& rotation, std::int64_t now) {
  KeyRing out;
  for (const auto state : {KeyState::active, KeyState::next}) {
    auto key = new_key(rotation, state, now);
    if (!key) return std::move(key).error();
    out.keys_.push_back(*std::move(key));
  }
  out.order();
  return out;
}

void KeyRing::order() {
  std::vector<jose::Key> all;
  all.reserve(keys_.size());
  for (const auto& one : keys_) all.push_back(one.key);
  verifying_ = jose::KeySet(std::move(all));
}

Result<KeyRing> KeyRing::read(json::View document, const Sealer* sealer) {
  if (document.find("format").as_string() != format) return bad_ring("they are of no format known here");
  const auto list = document.find("keys");
  if (list.size() == 0 || list.size() > most_keys) return bad_ring("there are none, or too many");
  KeyRing out;
  std::array<std::size_t, 3> count{};
  for (const auto source : list.elements()) {
    auto key = read_key(source, sealer);
    if (!key) return std::move(key).error();
    ++count[static_cast<std::size_t>(key->state)];
    out.keys_.push_back(*std::move(key));
  }
  if (count[static_cast<std::size_t>(KeyState::active)] != 1 || count[static_cast<std::size_t>(KeyState::next)] != 1)
    return bad_ring("one key signs and one is the next");
  out.order();
  return out;
}

Result<std::string> KeyRing::text(const Sealer* sealer) const {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("format", format).key("keys").begin_array();
  for (const auto& one : keys_) {
    out.begin_object().member("kid", std::string_view(one.key.kid())).member("state", to_string(one.state));
    out.member("made", one.made).member("since", one.since).member("ends", one.ends);
    const auto jwk = one.key.private_jwk();
    if (sealer != nullptr) {
      auto sealed = sealer->seal(jwk, one.key.kid());
      if (!sealed) return std::move(sealed).error();
      out.member("sealed", std::string_view(*sealed));
    } else if (const auto document = json::Document::parse(jwk); document) {
      out.key("private").value(document->root());
    }
    out.end_object();
  }
  out.end_array().end_object();
  if (auto done = out.finish(); !done) return std::move(done).error();
  return text;
}

const SigningKey& KeyRing::active() const {
  return *std::find_if(keys_.begin(), keys_.end(), [](const auto& one) { return one.state == KeyState::active; });
}

Result<std::optional<KeyRing>> KeyRing::due(const Rotation& rotation, std::int64_t now) const {
  const auto next =
      std::find_if(keys_.begin(), keys_.end(), [](const auto& one) { return one.state == KeyState::next; });
  const bool old = now - active().since >= rotation.active_for && now - next->made >= rotation.known_before;
  if (old) {
    auto out = rotated(rotation, now);
    if (!out) return std::move(out).error();
    return std::optional(*std::move(out));
  }
  const auto over = [&](const SigningKey& one) { return one.state == KeyState::retired && now >= one.ends; };
  if (std::none_of(keys_.begin(), keys_.end(), over)) return std::optional<KeyRing>();
  KeyRing out = *this;
  std::erase_if(out.keys_, over);
  out.order();
  return std::optional(std::move(out));
}

Result<KeyRing> KeyRing::rotated(const Rotation& rotation, std::int64_t now) const {
  auto made = new_key(rotation, KeyState::next, now);
  if (!made) return std::move(made).error();
  KeyRing out = *this;
  for (auto& one : out.keys_) {
    if (one.state == KeyState::retired) continue;
    one.state = one.state == KeyState::active ? KeyState::retired : KeyState::active;
    one.since = now;
    if (one.state == KeyState::retired) one.ends = now + rotation.retired_for;
  }
  std::erase_if(out.keys_, [&](const SigningKey& one) { return one.state == KeyState::retired && now >= one.ends; });
  out.keys_.push_back(*std::move(made));
  // The one that has verified longest is forgotten first.
  while (out.keys_.size() > most_keys)
    out.keys_.erase(std::min_element(out.keys_.begin(), out.keys_.end(), [](const auto& a, const auto& b) {
      return std::pair(a.state != KeyState::retired, a.since) < std::pair(b.state != KeyState::retired, b.since);
    }));
  out.order();
  return out;
}

std::string KeyRing::jwks() const {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("keys").begin_array();
  for (const auto& one : keys_) {
    const auto jwk = one.key.public_jwk();
    if (!jwk) continue;
    const auto document = json::Document::parse(*jwk);
    if (!document) continue;
    out.begin_object();
    for (const auto [name, value] : document->root().members())
      if (name != "use" && name != "alg" && name != "key_ops") out.key(name).value(value);
    out.member("use", "sig").member("alg", one.key.algorithms().has(jose::Algorithm::eddsa) ? "EdDSA" : "ES256");
    out.end_object();
  }
  out.end_array().end_object();
  return text;
}

}  // namespace socle::tokens
