// Filters: what of a decision storage can answer, what is left as CEL, and what a list may show.
#include "rig.hpp"

using namespace policy_rig;

namespace {

constexpr auto units = R"([{"unit":"hq"},{"unit":"sales","parent":"hq"},{"unit":"east","parent":"sales"}])";
constexpr auto clerk = R"({"roles":["clerk"],"org":"sales","tags":["a","b"]})";

DirectoryPtr scoped(std::string_view grant) {
  return directory(R"([{"role":"clerk","grants":[)" + std::string(grant) + "]}]", units);
}
PolicyPtr rules(std::string_view text) { return policy(R"({"policy":"leave","rules":[)" + std::string(text) + "]}"); }

}  // namespace

TEST_CASE("policy: a list of everything needs no filter, a list of nothing is none", "[policy]") {
  const auto all = Rig(Directory::built_in(), {}, R"({"roles":["viewer"]})").filter();
  CHECK(all.effect == Filter::Effect::all);
  CHECK(all.predicate.empty());
  CHECK(all.remainder.empty());
  CHECK(Rig(Directory::built_in(), {}, "{}").filter().effect == Filter::Effect::none);
  CHECK(Rig(Directory::built_in(), {rules(R"({"effect":"deny","actions":["read"]})")}, R"({"roles":["viewer"]})")
            .filter()
            .effect == Filter::Effect::none);
}

TEST_CASE("policy: own records are an equality that an index serves, with nothing left over", "[policy]") {
  const auto filter = Rig(scoped(R"({"permissions":["records:read"],"scope":"own"})"), {}, clerk).filter();
  CHECK(filter.effect == Filter::Effect::some);
  CHECK(filter.predicate == R"({"op":"eq","field":"/created_by","type":"string","value":"ada"})");
  CHECK(filter.remainder.empty());
}

TEST_CASE("policy: departments are an equality or a list of the units below", "[policy]") {
  CHECK(Rig(scoped(R"({"permissions":["records:read"],"scope":"department"})"), {}, clerk).filter().predicate ==
        R"({"op":"eq","field":"/doc/org","type":"string","value":"sales"})");
  CHECK(Rig(scoped(R"({"permissions":["records:read"],"scope":"department_and_below","unit":"owner.unit"})"), {}, clerk)
            .filter()
            .predicate ==
        R"({"op":"in","field":"/doc/owner/unit","type":"string","value":["sales","east"]})");
}

TEST_CASE("policy: several ways to be allowed become one or of predicates", "[policy]") {
  const auto filter =
      Rig(scoped(
              R"({"permissions":["records:read"],"scope":"own"},{"permissions":["records:read"],"scope":"department"})"),
          {}, clerk)
          .filter();
  CHECK(
      filter.predicate ==
      R"({"op":"or","args":[{"op":"eq","field":"/created_by","type":"string","value":"ada"},{"op":"eq","field":"/doc/org","type":"string","value":"sales"}]})");
  CHECK(filter.remainder.empty());
}

TEST_CASE("policy: what storage cannot say stays in the remainder, over record alone", "[policy]") {
  const auto filter =
      Rig(scoped(
              R"({"permissions":["records:read"],"scope":"own","when":"record.from > record.to && record.kind == 'x'"})"),
          {}, clerk)
          .filter();
  CHECK(
      filter.predicate ==
      R"({"op":"and","args":[{"op":"eq","field":"/created_by","type":"string","value":"ada"},{"op":"eq","field":"/doc/kind","type":"string","value":"x"}]})");
  CHECK(filter.remainder == "(record.from > record.to)");
}

TEST_CASE("policy: a deny excludes its rows in the remainder", "[policy]") {
  const auto filter =
      Rig(Directory::built_in(), {rules(R"({"effect":"deny","actions":["read"],"when":"record.kind == 'sick'"})")},
          R"({"roles":["viewer"]})")
          .filter();
  CHECK(filter.effect == Filter::Effect::some);
  CHECK(filter.predicate.empty());
  CHECK(filter.remainder == "!(record.kind == \"sick\")");
}

TEST_CASE("policy: what is known is put in, also inside of loops, and what errs there goes on to err", "[policy]") {
  const auto known = Rig(Directory::built_in(), {rules(R"({"effect":"allow","actions":["read"],
      "when":"record.tags.exists(t, t in user.tags) && now > timestamp('2020-01-01T00:00:00Z') "})")},
                         clerk)
                         .filter();
  CHECK(known.remainder == R"((record.tags.exists(t, t in dyn(["a", "b"]))))");
  const auto missing = Rig(Directory::built_in(), {rules(R"({"effect":"allow","actions":["read"],
      "when":"record.tags.exists(t, t == user.missing) "})")},
                           clerk)
                           .filter();
  CHECK(missing.remainder == "(record.tags.exists(t, t == dyn(1 / 0)))");
  const auto nothing = Rig(Directory::built_in(),
                           {rules(R"({"effect":"allow","actions":["read"],"when":"user.missing == 'x'"})")}, clerk)
                           .filter();
  CHECK(nothing.effect == Filter::Effect::none);
}

TEST_CASE("policy: a condition that is decided by the user alone leaves no filter", "[policy]") {
  const auto filter =
      Rig(Directory::built_in(),
          {rules(R"({"effect":"allow","actions":["read"],"when":"'clerk' in user.roles || record.x == 1"})")}, clerk)
          .filter();
  CHECK(filter.effect == Filter::Effect::all);
}

TEST_CASE("policy: names in a filter cannot end the text they stand in", "[policy]") {
  const auto roles = scoped(R"({"permissions":["records:read"],"scope":"department"})");
  const auto filter = Rig(roles, {}, R"({"roles":["clerk"],"org":"x\" || true || \"\n\\"})").filter();
  CHECK(filter.predicate == R"({"op":"eq","field":"/doc/org","type":"string","value":"x\" || true || \"\n\\"})");
}

TEST_CASE("policy: numbers and declared types are said so that storage compares as CEL does", "[policy]") {
  const auto amount = rules(R"({"effect":"allow","actions":["read"],"when":"record.n < 5"})");
  CHECK(Rig(Directory::built_in(), {amount}, "{}").filter().predicate ==
        R"({"op":"lt","field":"/doc/n","type":"number","value":5})");
  CHECK(Rig(Directory::built_in(), {amount}, "{}", "forms/leave", R"({"n":"int"})").filter().predicate ==
        R"({"op":"lt","field":"/doc/n","type":"integer","value":5})");
  const auto large = rules(R"({"effect":"allow","actions":["read"],"when":"record.n == 9007199254740993"})");
  const auto filter = Rig(Directory::built_in(), {large}, "{}").filter();
  CHECK(filter.predicate.empty());
  CHECK(filter.remainder == "(record.n == 9007199254740993)");
}

TEST_CASE("policy: a thousand units below are a filter, not a refusal", "[policy]") {
  std::string tree = R"([{"unit":"top"})";
  for (int i = 0; i < 1500; ++i) tree += R"(,{"unit":"u)" + std::to_string(i) + R"(","parent":"top"})";
  const auto roles = directory(
      R"([{"role":"clerk","grants":[{"permissions":["records:read"],"scope":"department_and_below"}]}])", tree + "]");
  const auto filter = Rig(roles, {}, R"({"roles":["clerk"],"org":"top"})").filter();
  CHECK(filter.effect == Filter::Effect::some);
  CHECK(filter.remainder.empty());
  CHECK(filter.predicate.find("u1499") != std::string::npos);
}

TEST_CASE("policy: a list withholds a field when some row may have to", "[policy]") {
  const auto mask =
      rules(R"({"effect":"deny","actions":["read"],"fields":["/salary"],"when":"record.created_by != user.id"})");
  const auto filter = Rig(Directory::built_in(), {mask}, R"({"roles":["viewer"]})").filter();
  CHECK(filter.effect == Filter::Effect::all);
  CHECK(filter.hidden == std::vector<std::string>{"/salary"});
  CHECK_FALSE(filter.exact_masks);
  const auto sure =
      Rig(scoped(
              R"({"permissions":["records:read"],"hidden":["/a","/b"]},{"permissions":["records:read"],"hidden":["/b"]})"),
          {}, clerk)
          .filter();
  CHECK(sure.hidden == std::vector<std::string>{"/b"});
  CHECK(sure.exact_masks);
}

TEST_CASE("policy: another base moves the fields and not the properties", "[policy]") {
  Rig rig(scoped(R"({"permissions":["records:read"],"scope":"department","when":"record.created_by == 'x'"})"), {},
          clerk);
  CHECK(
      rig.asker->filter(rig.question("read", "", ""), {.fields_at = "/data"}).predicate ==
      R"({"op":"and","args":[{"op":"eq","field":"/data/org","type":"string","value":"sales"},{"op":"eq","field":"/created_by","type":"string","value":"x"}]})");
}
