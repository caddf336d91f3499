// permissions_test.cpp: what the built-in roles open, who may give which, and names.
#include <catch2/catch.hpp>

#include "identity/permissions.hpp"
#include "identity/person.hpp"

using namespace socle::auth;

namespace {
using Roles = std::vector<std::string>;
}

TEST_CASE("permissions: a pattern covers itself, its area or everything", "[auth]") {
  CHECK(covers("records:read", "records:read"));
  CHECK(covers("records:*", "records:read"));
  CHECK(covers("*", "records:read"));
  CHECK_FALSE(covers("records:read", "records:write"));
  CHECK_FALSE(covers("records:*", "recordsx:read"));
  CHECK_FALSE(covers("rec*", "records:read"));
  CHECK_FALSE(covers(":*", "records:read"));
  CHECK_FALSE(covers("", "records:read"));
}

TEST_CASE("permissions: nothing is open that no role opens", "[auth]") {
  CHECK(permits(Roles{"owner"}, "users:write"));
  CHECK(permits(Roles{"admin"}, "anything:else"));
  CHECK(permits(Roles{"member"}, "records:delete"));
  CHECK_FALSE(permits(Roles{"member"}, "users:read"));
  CHECK(permits(Roles{"viewer"}, "records:read"));
  CHECK_FALSE(permits(Roles{"viewer"}, "records:create"));
  CHECK(permits(Roles{"viewer", "member"}, "records:create"));
  CHECK_FALSE(permits(Roles{}, "records:read"));
  CHECK_FALSE(permits(Roles{"Admin"}, "records:read"));
  CHECK_FALSE(permits(Roles{"clerk"}, ""));
}

TEST_CASE("people: names are lower case and of few characters", "[auth]") {
  CHECK(read_username("Ada.Lovelace+x@acme-corp_1") == "ada.lovelace+x@acme-corp_1");
  for (const std::string& bad : {std::string(), std::string(".a"), std::string("a b"), std::string("a\n"),
                                 std::string("ä"), std::string("a/b"), std::string(65, 'a'), std::string("-a")})
    CHECK_FALSE(read_username(bad));
}
