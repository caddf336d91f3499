// Signing keys: rotation, what is published, what is stored, sealing at rest.
#include <catch2/catch.hpp>

#include "socle/json/document.hpp"
#include "token/tokens.hpp"

using namespace socle;
using namespace socle::tokens;

namespace {

constexpr std::int64_t start = 1'700'000'000;
constexpr std::int64_t day = 24 * 3600;

KeyRing ring(const Rotation& rotation = {}) {
  auto out = KeyRing::make(rotation, start);
  REQUIRE(out);
  return *std::move(out);
}
json::Document doc(std::string_view text) {
  auto out = json::Document::parse(text);
  REQUIRE(out);
  return *std::move(out);
}
std::string kid_of(const KeyRing& keys, KeyState state) {
  for (const auto& one : keys.keys())
    if (one.state == state) return one.key.kid();
  return {};
}

}  // namespace

TEST_CASE("tokens: a new ring has one key that signs and one that will", "[tokens]") {
  const auto keys = ring();
  REQUIRE(keys.keys().size() == 2);
  CHECK_FALSE(kid_of(keys, KeyState::active).empty());
  CHECK_FALSE(kid_of(keys, KeyState::next).empty());
  CHECK(kid_of(keys, KeyState::active) != kid_of(keys, KeyState::next));
}

TEST_CASE("tokens: keys are EdDSA or ES256 and nothing else", "[tokens]") {
  CHECK(KeyRing::make({.algorithm = jose::Algorithm::es256}, start));
  const auto refused = KeyRing::make({.algorithm = jose::Algorithm::hs256}, start);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "tokens are signed with EdDSA or ES256, not with HS256");
}

TEST_CASE("tokens: when the active key is old the next takes over and the old one goes on verifying", "[tokens]") {
  const Rotation rotation;
  const auto first = ring(rotation);
  auto early = first.due(rotation, start + 29 * day);
  REQUIRE(early);
  CHECK_FALSE(*early);
  auto later = first.due(rotation, start + 30 * day);
  REQUIRE(later);
  REQUIRE(*later);
  const KeyRing second = **later;
  CHECK(second.active().key.kid() == kid_of(first, KeyState::next));
  CHECK(kid_of(second, KeyState::retired) == kid_of(first, KeyState::active));
  CHECK(second.keys().size() == 3);
  auto last = second.due(rotation, start + 31 * day);
  REQUIRE(last);
  REQUIRE(*last);
  CHECK((*last)->keys().size() == 2);
  CHECK(kid_of(**last, KeyState::retired).empty());
}

TEST_CASE("tokens: a key is not used before it has been published for a while", "[tokens]") {
  const Rotation rotation{.active_for = 3600, .known_before = day};
  auto keys = ring(rotation);
  auto early = keys.due(rotation, start + 7200);
  REQUIRE(early);
  CHECK_FALSE(*early);
}

TEST_CASE("tokens: rotating over and over keeps the ring bounded and one key active", "[tokens]") {
  const Rotation rotation{.retired_for = 1000 * day};
  auto keys = ring(rotation);
  for (int i = 1; i <= 40; ++i) {
    auto turned = keys.rotated(rotation, start + i);
    REQUIRE(turned);
    keys = *std::move(turned);
    REQUIRE(keys.keys().size() <= KeyRing::most_keys);
    REQUIRE_FALSE(kid_of(keys, KeyState::active).empty());
    REQUIRE_FALSE(kid_of(keys, KeyState::next).empty());
  }
}

TEST_CASE("tokens: the JWKS has every public key, with use and alg, and no private part", "[tokens]") {
  for (const auto algorithm : {jose::Algorithm::eddsa, jose::Algorithm::es256}) {
    const auto keys = ring({.algorithm = algorithm});
    const auto text = keys.jwks();
    const auto set = doc(text);
    REQUIRE(set.root().find("keys").size() == 2);
    for (const auto key : set.root().find("keys").elements()) {
      CHECK(key.find("use").as_string() == "sig");
      CHECK(key.find("alg").as_string() == jose::name(algorithm));
      CHECK_FALSE(key.find("kid").as_string().empty());
      CHECK_FALSE(key.find("d").exists());
    }
    CHECK(jose::KeySet::parse(text));
  }
}

TEST_CASE("tokens: a ring is stored and read back, sealed or not", "[tokens]") {
  const auto keys = ring();
  auto sealer = Sealer::of("0123456789abcdef0123456789abcdef\n");
  REQUIRE(sealer);
  for (const Sealer* with : {static_cast<const Sealer*>(nullptr), static_cast<const Sealer*>(&*sealer)}) {
    const auto text = keys.text(with);
    REQUIRE(text);
    CHECK((text->find("\"d\"") == std::string::npos) == (with != nullptr));
    const auto read = KeyRing::read(doc(*text).root(), with);
    REQUIRE(read);
    CHECK(read->jwks() == keys.jwks());
    CHECK(read->active().key.kid() == keys.active().key.kid());
  }
}

TEST_CASE("tokens: sealed keys need the key file they were sealed with", "[tokens]") {
  auto sealer = Sealer::of(std::string(32, 'a'));
  auto other = Sealer::of(std::string(32, 'b'));
  REQUIRE(sealer);
  REQUIRE(other);
  const auto text = ring().text(&*sealer);
  REQUIRE(text);
  const auto stored = doc(*text);
  const auto without = KeyRing::read(stored.root(), nullptr);
  REQUIRE_FALSE(without);
  CHECK(without.error().message == "the signing keys are sealed and there is no key file; name it in token.key_file");
  const auto wrong = KeyRing::read(stored.root(), &*other);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Code::denied);
}

TEST_CASE("tokens: what is sealed for one place opens at no other, and not when changed", "[tokens]") {
  auto sealer = Sealer::of(std::string(32, 'a'));
  REQUIRE(sealer);
  const auto sealed = sealer->seal("secret", "here");
  REQUIRE(sealed);
  CHECK(*sealer->open(*sealed, "here") == "secret");
  CHECK_FALSE(sealer->open(*sealed, "there"));
  CHECK(*sealer->seal("secret", "here") != *sealed);
  for (std::size_t i = 0; i < sealed->size(); ++i) {
    auto changed = *sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    REQUIRE_FALSE(sealer->open(changed, "here"));
  }
  CHECK_FALSE(sealer->open("", "here"));
  CHECK(Sealer::of("short").error().message.starts_with("the key file holds 5 bytes; wanted 32 to 4096"));
}

TEST_CASE("tokens: a stored ring that is not one is refused", "[tokens]") {
  const auto good = *ring().text(nullptr);
  for (const auto* text :
       {"{}", "[]", R"({"format":"socle-token-keys/1","keys":[]})", R"({"format":"socle-token-keys/2","keys":[{}]})",
        R"({"format":"socle-token-keys/1","keys":[{"state":"active","private":{"kty":"oct","k":"AA"}}]})"})
    CHECK_FALSE(KeyRing::read(doc(text).root(), nullptr));
  auto two = good;
  two.replace(two.find("\"next\""), 6, "\"active\"");
  const auto refused = KeyRing::read(doc(two).root(), nullptr);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "the stored signing keys are not as they were written: one key signs and one is the next");
}
