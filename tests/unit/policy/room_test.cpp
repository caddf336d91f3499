// What roles and policies take of a tenant's memory, and what of it must fit together.
#include "rig.hpp"

using namespace policy_rig;

namespace {

constexpr std::size_t pattern = std::size_t{96} << 10;  // a regular expression counts so much at least

// So many denies, a regular expression each.
PolicyPtr with_patterns(int count) {
  std::string rules;
  for (int i = 0; i < count; ++i)
    rules.append(rules.empty() ? "" : ",")
        .append(R"~({"effect":"deny","actions":["read"],"when":"record.x.matches('^a)~" + std::to_string(i) +
                R"~(+$')"})~");
  return policy(R"({"policy":"p","resources":["forms/leave"],"rules":[)" + rules + "]}");
}

Weight weight(const std::string& name, std::vector<std::string> resources, std::size_t own, std::size_t bound) {
  return {name, std::move(resources), own, bound};
}

Keeping having(std::vector<Weight> policies) { return {0, 0, {}, std::move(policies)}; }

std::size_t bytes_of_most(const Keeping& now) {
  const auto need = grown({}, now);
  REQUIRE(need);
  return need->bytes;
}

std::string place_of_most(const Keeping& now) {
  const auto need = grown({}, now);
  return need ? need->resource : "(none)";
}

}  // namespace

TEST_CASE("policy room: a regular expression of a rule or a grant counts once", "[policy]") {
  const auto many = with_patterns(20);
  const auto nobody = Directory::built_in();
  const auto bound = Bound::bind(nobody, {many}, "forms/leave");
  REQUIRE(bound);
  CHECK((*bound)->bytes() > 20 * pattern);
  CHECK((*bound)->bytes() < 30 * pattern);
  CHECK(Weight::of(*many).bound > 20 * pattern);
  CHECK(Weight::of(*many).bound <= (*bound)->bytes());
  const auto roles =
      directory(R"~([{"role":"clerk","grants":[{"permissions":["records:read"],"resources":["forms/leave"],
    "when":"record.x.matches('^a+$') && record.y.matches('^b+$')"}]}])~");
  const auto of_roles = Bound::bind(roles, {}, "forms/leave");
  REQUIRE(of_roles);
  CHECK((*of_roles)->bytes() > 2 * pattern);
  CHECK((*of_roles)->bytes() < 3 * pattern);
}

TEST_CASE("policy room: a regular expression that is folded away counts nothing", "[policy]") {
  const auto folded = policy(
      R"({"policy":"p","rules":[{"effect":"deny","actions":["read"],"when":"'abc'.matches('^a') && record.x == 1"}]})");
  CHECK(Weight::of(*folded).bound < pattern);
}

TEST_CASE("policy room: a regular expression that is folded away makes nothing smaller", "[policy]") {
  const auto bound = [](const std::string& when) {
    return Weight::of(
               *policy(R"({"policy":"p","rules":[{"effect":"deny","actions":["read"],"when":")" + when + "\"}]}"))
        .bound;
  };
  for (const std::string condition : {"record.x == 1", "record.x.matches('^b+$')"}) {
    INFO(condition);
    CHECK(bound("'abc'.matches('^a') && " + condition) >= bound(condition));
  }
}

TEST_CASE("policy room: what applies at one resource must fit together", "[policy]") {
  constexpr std::size_t mega = 1'000'000;
  const auto alone = bytes_of_most(having({weight("a", {"forms/leave"}, mega, 2 * mega)}));
  CHECK(alone > 3 * mega);
  CHECK(alone < 3 * mega + mega / 10);
  // Elsewhere, by names, by patterns one within another, and by several of its own patterns.
  const auto needs = [&](std::vector<std::string> resources) {
    return bytes_of_most(
        having({weight("a", {"forms/leave"}, mega, 2 * mega), weight("b", std::move(resources), 10, mega)}));
  };
  CHECK(needs({"forms/loan"}) < alone + mega / 10);
  CHECK(needs({"forms/lease*"}) < alone + mega / 10);
  for (const auto& resources : std::vector<std::vector<std::string>>{
           {"forms/leave"}, {"forms/le*"}, {"*"}, {"forms/leave*"}, {"*", "forms/*", "forms/leave", "forms/leave*"}}) {
    CHECK(needs(resources) > alone + mega - mega / 10);
    CHECK(needs(resources) < alone + mega + mega / 10);
  }
  CHECK(place_of_most(having({weight("a", {"forms/h*"}, mega, 1), weight("b", {"forms/hr-*", "forms/x"}, 5, 5)})) ==
        "forms/hr-*");
  CHECK(place_of_most(having({weight("a", {"forms/b"}, 7, 1), weight("b", {"forms/a", "forms/b"}, 5, 5)})) ==
        "forms/b");
}

TEST_CASE("policy room: one about another resource lies beside while it is read", "[policy]") {
  constexpr std::size_t mega = 1'000'000;
  const auto need =
      bytes_of_most(having({weight("a", {"forms/leave"}, 3 * mega, 0), weight("b", {"forms/loan"}, 2 * mega, 0)}));
  CHECK(need > 5 * mega);
  CHECK(need < 5 * mega + mega / 10);
}

TEST_CASE("policy room: only where more is taken than before is it judged", "[policy]") {
  constexpr std::size_t mega = 1'000'000;
  const auto before = having({weight("a", {"forms/leave"}, mega, 5 * mega), weight("b", {"forms/loan"}, mega, mega)});
  CHECK_FALSE(grown(before, before));
  CHECK_FALSE(grown(before, having({weight("a", {"forms/leave"}, mega, 4 * mega), before.policies[1]})));
  const auto need = grown(before, having({before.policies[0], weight("b", {"forms/loan"}, mega, 2 * mega)}));
  REQUIRE(need);
  CHECK(need->resource == "forms/loan");
  CHECK(need->bytes < 5 * mega);
}

TEST_CASE("policy room: the largest is named, of roles with all that they say of the resource", "[policy]") {
  const auto roles = directory(R"~([{"role":"clerk","permissions":["records:read"]},
    {"role":"judge","grants":[{"permissions":["records:read"],"resources":["forms/leave"],"when":"record.x.matches('a+')"},
                              {"permissions":["records:read"],"resources":["forms/le*"],"when":"record.x.matches('b+')"}]}])~");
  auto keeping = Keeping::of(*roles, 100);
  CHECK(keeping.directory > 100);
  CHECK(largest(keeping, "forms/leave") == "role 'judge'");
  CHECK(largest(keeping, {}) == "role 'judge'");
  keeping.policies = {weight("small", {"*"}, 10, 10), weight("wide", {"*"}, 10, 3 * pattern / 2)};
  CHECK(largest(keeping, "forms/leave") == "role 'judge'");
  CHECK(largest(keeping, "forms/lease") == "policy 'wide'");
  CHECK(largest(keeping, "forms/le*") == "policy 'wide'");
  const auto organised = directory("[]", R"([{"unit":"hq"},{"unit":"sales","parent":"hq"}])");
  CHECK(largest(Keeping::of(*organised, 100), {}) == "the units");
  CHECK(Keeping::of(*Directory::built_in(), 0).directory == 0);
}
