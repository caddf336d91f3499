// table_test.cpp: what a worker remembers of verified credentials.
#include <catch2/catch.hpp>

#include "verify/table.hpp"

using namespace socle::auth;

namespace {

Known known(const std::string& tenant, const std::string& user, const std::string& session,
            const std::string& key = "") {
  Known k;
  k.tenant = tenant;
  k.user = user;
  k.session = session;
  k.key = key;
  return k;
}

struct Filled : Table {
  Filled() : Table(100) {
    put(sha256("1"), known("acme", "ada", "s1"), 0);
    put(sha256("2"), known("acme", "ada", "s2"), 0);
    put(sha256("3"), known("acme", "bob", "s3"), 0);
    put(sha256("4"), known("other", "ada", "s1"), 0);
    put(sha256("5"), known("acme", "ada", "", "k1"), 0);
  }
  std::string left() {
    std::string out;
    for (const char* secret : {"1", "2", "3", "4", "5"}) out += find(sha256(secret)) != nullptr ? secret : "-";
    return out;
  }
};

}  // namespace

TEST_CASE("known credentials: the digest of a table is SHA-256, however often it is asked", "[auth]") {
  Table table(1);
  for (const char* text : {"", "abc", "abc", "ss_acme_0123456789012345678901234567890123456789"})
    CHECK(table.digest(text) == sha256(text));
}

TEST_CASE("table: finds what was put by the credential's digest alone", "[auth]") {
  Filled table;
  REQUIRE(table.find(sha256("1")) != nullptr);
  CHECK(table.find(sha256("1"))->session == "s1");
  CHECK(table.find(sha256("6")) == nullptr);
  CHECK(table.left() == "12345");
  table.put(sha256("1"), known("acme", "ada", "s9"), 0);
  CHECK(table.find(sha256("1"))->session == "s9");
  CHECK(table.size() == 5);
}

TEST_CASE("table: forgets a session, a key or a user of one tenant, and nothing else", "[auth]") {
  Filled sessions;
  CHECK(sessions.forget_session("acme", "ada", "s1") == 1);
  CHECK(sessions.left() == "-2345");
  Filled keys;
  CHECK(keys.forget_key("acme", "ada", "k1") == 1);
  CHECK(keys.left() == "1234-");
  Filled users;
  CHECK(users.forget_user("acme", "ada") == 3);
  CHECK(users.left() == "--34-");
  CHECK(users.forget_user("acme", "nobody") == 0);
  Filled tenants;
  CHECK(tenants.forget_tenant("acme") == 4);
  CHECK(tenants.left() == "---4-");
  CHECK(tenants.forget_user("acme", "ada") == 0);
  CHECK(tenants.epoch() == 2);
}

TEST_CASE("table: what was verified before a revocation is not remembered after it", "[auth]") {
  Filled table;
  const auto before = table.epoch();
  table.forget_session("acme", "ada", "s1");
  table.put(sha256("1"), known("acme", "ada", "s1"), before);
  CHECK(table.find(sha256("1")) == nullptr);
  table.put(sha256("1"), known("acme", "ada", "s1"), table.epoch());
  CHECK(table.find(sha256("1")) != nullptr);
}

TEST_CASE("table: is bounded, the longest unused goes first, of both its indexes", "[auth]") {
  Table table(10);
  for (int i = 0; i < 1000; ++i) {
    table.put(sha256(std::to_string(i)), known("acme", "ada", std::to_string(i)), 0);
    REQUIRE(table.find(sha256("0")) != nullptr);
  }
  CHECK(table.size() == 10);
  CHECK(table.find(sha256("999")) != nullptr);
  CHECK(table.find(sha256("500")) == nullptr);
  CHECK(table.forget_user("acme", "ada") == 10);
  CHECK(table.size() == 0);
}
