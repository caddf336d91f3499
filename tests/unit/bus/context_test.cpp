#include "fixture.hpp"

namespace socle::bus::test {

TEST_CASE("context: a child keeps the identity and can only shrink the deadline", "[context]") {
  const ContextRef root(Context::open(
      {.tenant = "acme", .principal = "ada", .claims = "{}", .idempotency_key = "k", .lane = "ada", .deadline = 100},
      nullptr));
  const ContextRef child(root->derive(200, {nullptr, 0}, {}));
  CHECK(child->deadline == 100);
  const ContextRef shorter(root->derive(50, str("other"), {}));
  CHECK(shorter->deadline == 50);
  CHECK(view(shorter->idempotency_key) == "other");
  CHECK(view(shorter->tenant) == "acme");
  CHECK(view(shorter->principal) == "ada");
  CHECK(std::equal(root->trace_id, root->trace_id + 16, shorter->trace_id));
}

TEST_CASE("context: a canary's share is exact, and of other tenants for the next canary", "[context]") {
  int first = 0, second = 0, both = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string tenant = "tenant-" + std::to_string(i);
    const ContextRef c(Context::open({.tenant = tenant}, nullptr));
    const bool one = c->bucket(7) < Context::buckets / 10, other = c->bucket(8) < Context::buckets / 10;
    first += one ? 1 : 0;
    second += other ? 1 : 0;
    both += one && other ? 1 : 0;
    REQUIRE(c->bucket(7) < Context::buckets);
    const ContextRef hop(c->derive(1, {nullptr, 0}, {}));
    REQUIRE(hop->bucket(7) == c->bucket(7));
  }
  CHECK(std::abs(first - 2000) < 300);
  CHECK(std::abs(second - 2000) < 300);
  CHECK(both < 1000);
}

TEST_CASE("context: cancelling a root cancels its children, not its siblings", "[context]") {
  const ContextRef root(Context::open({.tenant = "acme"}, nullptr));
  const ContextRef other(Context::open({.tenant = "acme"}, nullptr));
  const ContextRef child(root->derive(10, {nullptr, 0}, {}));
  std::vector<Frame*> pending;
  root->cancel(pending);
  CHECK(child->cancelled == 1);
  CHECK(other->cancelled == 0);
}

TEST_CASE("context: keys of filters add up", "[context]") {
  const ContextRef root(Context::open({.tenant = "acme"}, nullptr));
  const socle_pair a{str("a"), str("1")}, b{str("b"), str("2")};
  const ContextRef one(root->derive(1, {nullptr, 0}, {&a, 1}));
  const ContextRef two(one->derive(1, {nullptr, 0}, {&b, 1}));
  REQUIRE(two->key_count == 2);
  CHECK(view(two->keys[0].value) == "1");
  CHECK(view(two->keys[1].value) == "2");
}

TEST_CASE("context: new roots have their own trace, a given one is kept", "[context]") {
  const ContextRef a(Context::open(Identity{}, nullptr)), b(Context::open(Identity{}, nullptr));
  CHECK_FALSE(std::equal(a->trace_id, a->trace_id + 16, b->trace_id));
  const ContextRef c(Context::open({.trace_id = a->trace_id, .span_id = a->span_id}, nullptr));
  CHECK(std::equal(a->trace_id, a->trace_id + 16, c->trace_id));
}

}  // namespace socle::bus::test
