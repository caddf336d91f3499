// Refresh tokens: rotation, reuse, idleness, ends.
#include <catch2/catch.hpp>

#include "socle/json/document.hpp"
#include "token/tokens.hpp"

using namespace socle;
using namespace socle::tokens;

namespace {

constexpr std::int64_t start = 1'700'000'000;
const RefreshLives lives{.idle = 100, .absolute = 1000};

NewFamily begun() {
  Family family;
  family.user = "ada";
  family.scopes = {"records:read"};
  family.limited = true;
  auto out = new_family("acme_eu", family, lives, start);
  REQUIRE(out);
  return *std::move(out);
}
Used used(const std::string& token, const Family& family, std::int64_t now) {
  const auto text = read_refresh(token);
  REQUIRE(text);
  auto out = use_refresh(*text, family, lives, now);
  REQUIRE(out);
  return *std::move(out);
}

}  // namespace

TEST_CASE("tokens: a refresh token says where its family is looked up and nothing of what is kept", "[tokens]") {
  const auto made = begun();
  const auto text = read_refresh(made.token);
  REQUIRE(text);
  CHECK(text->tenant == "acme_eu");
  CHECK(family_id(text->family) == made.id);
  CHECK(made.token.find(made.id) == std::string::npos);
  CHECK(made.family.text().find(text->secret) == std::string::npos);
}

TEST_CASE("tokens: each use gives a new token and spends the old", "[tokens]") {
  const auto made = begun();
  const auto first = used(made.token, made.family, start + 10);
  CHECK(first.use == Use::rotated);
  CHECK(first.token != made.token);
  CHECK(read_refresh(first.token)->family == read_refresh(made.token)->family);
  const auto second = used(first.token, first.family, start + 20);
  CHECK(second.use == Use::rotated);
  CHECK(second.family.uses == 2);
}

TEST_CASE("tokens: a spent token ends the family, for the thief and for the owner", "[tokens]") {
  const auto made = begun();
  const auto first = used(made.token, made.family, start + 10);
  const auto stolen = used(made.token, first.family, start + 11);
  CHECK(stolen.use == Use::reused);
  CHECK(stolen.family.end == Family::End::reuse);
  CHECK(stolen.token.empty());
  CHECK(used(first.token, stolen.family, start + 12).use == Use::ended);
  CHECK(used(made.token, stolen.family, start + 12).use == Use::ended);
}

TEST_CASE("tokens: a token that waits too long, and a family that grows too old, are over", "[tokens]") {
  const auto made = begun();
  CHECK(used(made.token, made.family, start + 99).use == Use::rotated);
  CHECK(used(made.token, made.family, start + 100).use == Use::expired);
  auto current = used(made.token, made.family, start + 90);
  for (std::int64_t now = start + 180; now < start + 1000; now += 90) {
    current = used(current.token, current.family, now);
    REQUIRE(current.use == Use::rotated);
  }
  CHECK(used(current.token, current.family, start + 1000).use == Use::expired);
}

TEST_CASE("tokens: a family is stored and read back as it was", "[tokens]") {
  auto made = begun();
  made.family.end = Family::End::revoked;
  made.family.ended = start + 5;
  const auto document = json::Document::parse(made.family.text());
  REQUIRE(document);
  const auto read = Family::read(document->root());
  REQUIRE(read);
  CHECK(read->text() == made.family.text());
  CHECK(read->end == Family::End::revoked);
  CHECK(read->scopes == std::vector<std::string>{"records:read"});
  CHECK(read->limited);
  CHECK_FALSE(Family::read(json::Document::parse("{}")->root()));
}

TEST_CASE("tokens: what is no refresh token is none", "[tokens]") {
  const auto made = begun();
  for (const std::string& text :
       {std::string(), std::string("sr_"), std::string("sr__"), made.token.substr(1), made.token + "x",
        "ss" + made.token.substr(2), made.token.substr(0, made.token.size() - 1),
        std::string("sr_") + std::string(300, 'a') + made.token.substr(10)})
    CHECK_FALSE((read_refresh(text) && read_refresh(text)->tenant == "acme_eu" &&
                 family_id(read_refresh(text)->family) == made.id));
  auto bad = made.token;
  bad[bad.size() - 3] = '!';
  CHECK_FALSE(read_refresh(bad));
}
