// giving_test.cpp: who may give which roles on.
#include <catch2/catch.hpp>
#include <socle/json.hpp>

#include "policy/giving.hpp"

using namespace socle;
using namespace socle::authz;

namespace {

DirectoryPtr directory() {
  const auto roles = json::Document::parse(
      R"([{"role":"hr","permissions":["users:*","account:*"],"inherits":["viewer"]},
          {"role":"own","grants":[{"permissions":["records:*","account:*"],"scope":"own"}],"inherits":["viewer"]}])");
  Diagnostics diagnostics;
  auto made = Directory::read(roles->root(), {}, diagnostics);
  REQUIRE(made);
  return made;
}

bool gives(const std::string& claims, const std::vector<std::string>& roles) {
  const auto known = directory();
  const auto subject = Subject::of("acme", "ann", claims);
  return Giving(*known, subject).may_give(roles);
}

}  // namespace

TEST_CASE("policy: nobody gives what he has not", "[policy]") {
  CHECK(gives(R"({"roles":["admin"]})", {"owner", "hr", "hr@sales"}));
  CHECK(gives(R"({"roles":["member"]})", {"member", "viewer"}));
  CHECK_FALSE(gives(R"({"roles":["member"]})", {"viewer", "admin"}));
  CHECK_FALSE(gives(R"({"roles":["viewer"]})", {"member"}));
  CHECK(gives(R"({"roles":["hr"]})", {"viewer"}));
  CHECK(gives(R"({"roles":[]})", {}));
  CHECK_FALSE(gives(R"({"roles":[]})", {"viewer"}));
  CHECK_FALSE(gives(R"({"roles":["member"]})", {"nobody"}));
  CHECK_FALSE(gives(R"({"roles":["hr"]})", {"hr"}));  // what it opens may grow
}

TEST_CASE("policy: what one has with limits or in a unit is not one's to give", "[policy]") {
  CHECK_FALSE(gives(R"({"roles":["own"]})", {"member"}));
  CHECK(gives(R"({"roles":["member"]})", {"member"}));
  CHECK_FALSE(gives(R"({"roles":["member@sales"]})", {"member"}));
}

TEST_CASE("policy: a narrowed credential gives no more than its scopes", "[policy]") {
  CHECK_FALSE(gives(R"({"roles":["admin"],"scopes":["users:write"]})", {"viewer"}));
  CHECK_FALSE(gives(R"({"roles":["admin"],"scopes":["users:write","records:*"]})", {"admin"}));
  CHECK_FALSE(gives(R"({"roles":["admin"],"scopes":[]})", {"viewer"}));
  CHECK(gives(R"({"roles":["admin"],"scopes":["users:write"]})", {}));
  CHECK(gives(R"({"roles":["admin"],"scopes":["*"]})", {"admin"}));
}
