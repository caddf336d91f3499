// Decisions: default deny, grants and their scopes, rules, deny overrides, errors, masks, credential scopes.
#include "rig.hpp"

using namespace policy_rig;

namespace {

constexpr auto units = R"([{"unit":"hq"},{"unit":"sales","parent":"hq"},{"unit":"east","parent":"sales"}])";

DirectoryPtr scoped(std::string_view scope) {
  return directory(
      R"([{"role":"clerk","grants":[{"permissions":["records:*"],"scope":")" + std::string(scope) + R"("}]}])", units);
}
constexpr auto clerk = R"({"roles":["clerk"],"org":"sales"})";

}  // namespace

TEST_CASE("policy: nothing is allowed that no role and no rule allows", "[policy]") {
  for (const auto* claims : {"", "{}", "[]", "nonsense", R"({"roles":["ghost"]})", R"({"roles":"admin"})"}) {
    Rig rig(Directory::built_in(), {}, claims);
    const auto decision = rig.decide("read", R"({"doc":{}})");
    CHECK_FALSE(decision.allowed);
    CHECK(decision.by == Decision::By::nothing);
  }
}

TEST_CASE("policy: a held role allows what it grants on the resources it names", "[policy]") {
  const auto roles =
      directory(R"([{"role":"clerk","grants":[{"permissions":["records:read"],"resources":["forms/le*"]}]}])");
  CHECK(Rig(roles, {}, clerk).decide("read", R"({"doc":{}})").allowed);
  CHECK(Rig(roles, {}, clerk).decide("read", R"({"doc":{}})").role == "clerk");
  CHECK_FALSE(Rig(roles, {}, clerk).decide("delete", R"({"doc":{}})").allowed);
  CHECK_FALSE(Rig(roles, {}, clerk, "forms/expense").decide("read", R"({"doc":{}})").allowed);
}

TEST_CASE("policy: own is what the user created, and what he creates", "[policy]") {
  Rig rig(scoped("own"), {}, clerk);
  CHECK(rig.decide("read", R"({"created_by":"ada","doc":{}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"created_by":"bob","doc":{}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"doc":{"created_by":"ada"}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"created_by":7,"doc":{}})").allowed);
  CHECK(rig.decide("create", R"({"doc":{}})").allowed);
  CHECK_FALSE(rig.decide("create", R"({"created_by":"bob","doc":{}})").allowed);
  CHECK_FALSE(rig.decide("read").allowed);
}

TEST_CASE("policy: department is the user's unit alone, and below adds what lies below it", "[policy]") {
  Rig only(scoped("department"), {}, clerk);
  CHECK(only.decide("read", R"({"doc":{"org":"sales"}})").allowed);
  CHECK_FALSE(only.decide("read", R"({"doc":{"org":"east"}})").allowed);
  CHECK_FALSE(only.decide("read", R"({"doc":{}})").allowed);
  Rig below(scoped("department_and_below"), {}, clerk);
  CHECK(below.decide("read", R"({"doc":{"org":"east"}})").allowed);
  CHECK_FALSE(below.decide("read", R"({"doc":{"org":"hq"}})").allowed);
  CHECK_FALSE(Rig(scoped("department"), {}, R"({"roles":["clerk"]})").decide("read", R"({"doc":{"org":""}})").allowed);
}

TEST_CASE("policy: a role held within a unit reaches that unit and what lies below it", "[policy]") {
  Rig rig(scoped("all"), {}, R"({"roles":["clerk@sales"]})");
  CHECK(rig.decide("read", R"({"doc":{"org":"east"}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"doc":{"org":"hq"}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"doc":{}})").allowed);
  CHECK_FALSE(Rig(scoped("all"), {}, R"({"roles":["clerk@"]})").decide("read", R"({"doc":{"org":"hq"}})").allowed);
}

TEST_CASE("policy: an update must be within reach before and after", "[policy]") {
  Rig rig(scoped("department"), {}, clerk);
  CHECK(rig.decide("update", R"({"doc":{"org":"sales"}})", R"({"doc":{"org":"sales"}})").allowed);
  CHECK_FALSE(rig.decide("update", R"({"doc":{"org":"sales"}})", R"({"doc":{"org":"hq"}})").allowed);
  CHECK_FALSE(rig.decide("update", R"({"doc":{"org":"hq"}})", R"({"doc":{"org":"sales"}})").allowed);
}

TEST_CASE("policy: a custom scope is its condition, and one that errs reaches nothing", "[policy]") {
  const auto roles = directory(
      R"([{"role":"clerk","grants":[{"permissions":["records:read"],"scope":"custom","when":"record.amount < 100"}]}])");
  Rig rig(roles, {}, clerk);
  CHECK(rig.decide("read", R"({"doc":{"amount":5}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"doc":{"amount":500}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"doc":{}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"doc":{"amount":"5"}})").allowed);
}

TEST_CASE("policy: a deny overrides every grant and every allow, and says why", "[policy]") {
  const auto leave = policy(R"({"policy":"leave","rules":[
    {"id":"all","effect":"allow","actions":["*"]},
    {"effect":"deny","actions":["delete"],"when":"record.kind == 'sick'","reason":{"en":"Sick notes are kept","zh":"病假单须保留"}}]})");
  Rig rig(Directory::built_in(), {leave}, R"({"roles":["owner"]})");
  const auto denied = rig.decide("delete", R"({"doc":{"kind":"sick"}})");
  CHECK_FALSE(denied.allowed);
  CHECK_FALSE(denied.erred);
  CHECK(denied.policy == "leave");
  CHECK(denied.rule == "2");
  CHECK(denied.reason->pick("zh-CN") == "病假单须保留");
  CHECK(denied.reason->pick("fr") == "Sick notes are kept");
  CHECK(rig.decide("delete", R"({"doc":{"kind":"annual"}})").allowed);
  CHECK(rig.decide("read", R"({"doc":{"kind":"sick"}})").allowed);
}

TEST_CASE("policy: a deny whose condition errs denies", "[policy]") {
  const auto leave =
      policy(R"({"policy":"leave","rules":[{"effect":"deny","actions":["delete"],"when":"record.kind == 'sick'"}]})");
  Rig rig(Directory::built_in(), {leave}, R"({"roles":["admin"]})");
  const auto denied = rig.decide("delete", R"({"doc":{}})");
  CHECK_FALSE(denied.allowed);
  CHECK(denied.erred);
}

TEST_CASE("policy: an allow rule allows without any role, and only when its condition is true", "[policy]") {
  const auto leave = policy(R"({"policy":"leave","rules":[{"id":"mine","effect":"allow","actions":["read"],
    "when":"record.created_by == user.id && tenant.id == 'acme' && action == 'read'"}]})");
  Rig rig(Directory::built_in(), {leave}, "{}");
  const auto mine = rig.decide("read", R"({"created_by":"ada","doc":{}})");
  CHECK(mine.allowed);
  CHECK(mine.rule == "mine");
  CHECK_FALSE(rig.decide("read", R"({"created_by":"bob","doc":{}})").allowed);
  CHECK_FALSE(rig.decide("read", R"({"doc":{}})").allowed);
  CHECK_FALSE(rig.decide("update", R"({"created_by":"ada","doc":{}})").allowed);
}

TEST_CASE("policy: a rule for roles is for those who hold or inherit one of them", "[policy]") {
  const auto roles =
      directory(R"([{"role":"clerk","permissions":["records:*"]},{"role":"chief","inherits":["clerk"]}])");
  const auto leave = policy(R"({"policy":"leave","rules":[{"effect":"deny","actions":["delete"],"roles":["clerk"]},
    {"effect":"allow","actions":["export"],"roles":["clerk"]}]})");
  CHECK_FALSE(Rig(roles, {leave}, R"({"roles":["chief"]})").decide("delete", R"({"doc":{}})").allowed);
  CHECK(Rig(roles, {leave}, R"({"roles":["admin"]})").decide("delete", R"({"doc":{}})").allowed);
  CHECK_FALSE(Rig(roles, {leave}, R"({"roles":["admin","clerk@hq"]})").decide("delete", R"({"doc":{}})").allowed);
  CHECK(Rig(roles, {leave}, R"({"roles":["chief"]})").decide("export", R"({"doc":{}})").allowed);
  CHECK_FALSE(Rig(roles, {leave}, R"({"roles":["clerk@hq"]})").decide("export", R"({"doc":{}})").allowed);
}

TEST_CASE("policy: a policy is about its form, or about the resources it names", "[policy]") {
  const auto leave = policy(R"({"policy":"leave","rules":[{"effect":"deny","actions":["*"]}]})");
  const auto wide =
      policy(R"({"policy":"quiet","resources":["forms/*"],"rules":[{"effect":"deny","actions":["delete"]}]})");
  const auto admin = R"({"roles":["admin"]})";
  CHECK_FALSE(Rig(Directory::built_in(), {leave}, admin).decide("read", R"({"doc":{}})").allowed);
  CHECK(Rig(Directory::built_in(), {leave}, admin, "forms/other").decide("read", R"({"doc":{}})").allowed);
  CHECK_FALSE(Rig(Directory::built_in(), {wide}, admin, "forms/other").decide("delete", R"({"doc":{}})").allowed);
  CHECK(Rig(Directory::built_in(), {wide}, admin, "rules/other").decide("delete", R"({"doc":{}})").allowed);
}

TEST_CASE("policy: properties of the envelope win over fields of the same name", "[policy]") {
  const auto leave = policy(R"({"policy":"leave","rules":[{"effect":"allow","actions":["read"],
    "when":"record.created_by == 'ada' && record.version == 3 && record.created_at < now && record.id == 'r1'"}]})");
  Rig rig(Directory::built_in(), {leave}, "{}");
  CHECK(
      rig.decide(
             "read",
             R"({"id":"r1","version":3,"created_by":"ada","created_at":"2024-01-01T00:00:00Z","doc":{"created_by":"bob"}})")
          .allowed);
  CHECK_FALSE(
      rig.decide(
             "read",
             R"({"id":"r1","version":3,"created_by":"bob","created_at":"2024-01-01T00:00:00Z","doc":{"created_by":"ada"}})")
          .allowed);
  CHECK_FALSE(
      rig.decide("read", R"({"id":"r1","version":3,"created_by":"ada","created_at":"2025-01-01T00:00:00Z","doc":{}})")
          .allowed);
}

TEST_CASE("policy: old is what was stored, and null when there was nothing", "[policy]") {
  const auto leave =
      policy(R"({"policy":"leave","rules":[{"effect":"deny","actions":["update"],"when":"old.state == 'closed'"},
    {"effect":"deny","actions":["create"],"when":"old != null"}]})");
  Rig rig(Directory::built_in(), {leave}, R"({"roles":["admin"]})");
  CHECK_FALSE(rig.decide("update", R"({"doc":{"state":"open"}})", R"({"doc":{"state":"closed"}})").allowed);
  CHECK(rig.decide("update", R"({"doc":{"state":"closed"}})", R"({"doc":{"state":"open"}})").allowed);
  CHECK(rig.decide("create", R"({"doc":{}})").allowed);
}

TEST_CASE("policy: declared types make dates of dates, and a condition that does not fit them denies", "[policy]") {
  const auto leave = policy(
      R"({"policy":"leave","rules":[{"effect":"allow","actions":["read"],"when":"record.from >= date('2024-05-01') "},
    {"effect":"deny","actions":["delete"],"when":"record.from == 'never'"}]})");
  Rig typed(Directory::built_in(), {leave}, R"({"roles":["ghost"]})", "forms/leave", R"({"from":"date"})");
  CHECK(typed.decide("read", R"({"doc":{"from":"2024-06-01"}})").allowed);
  CHECK_FALSE(typed.decide("read", R"({"doc":{"from":"2024-01-01"}})").allowed);
  Rig plain(Directory::built_in(), {leave}, "{}");
  CHECK_FALSE(plain.decide("read", R"({"doc":{"from":"2024-06-01"}})").allowed);
  Rig admin(Directory::built_in(), {leave}, R"({"roles":["admin"]})", "forms/leave", R"({"from":"date"})");
  CHECK(admin.decide("delete", R"({"doc":{"from":"2024-06-01"}})").erred);
}

TEST_CASE("policy: a credential's scopes limit what its roles grant", "[policy]") {
  const auto admin = Directory::built_in();
  CHECK(Rig(admin, {}, R"({"roles":["admin"],"scopes":["records:read"]})").decide("read", R"({"doc":{}})").allowed);
  CHECK_FALSE(
      Rig(admin, {}, R"({"roles":["admin"],"scopes":["records:read"]})").decide("delete", R"({"doc":{}})").allowed);
  CHECK_FALSE(Rig(admin, {}, R"({"roles":["admin"],"scopes":[]})").decide("read", R"({"doc":{}})").allowed);
  CHECK_FALSE(Rig(admin, {}, R"({"roles":["admin"],"scopes":"*"})").decide("read", R"({"doc":{}})").allowed);
}

TEST_CASE("policy: a deny with fields withholds the fields and not the record", "[policy]") {
  const auto leave = policy(R"({"policy":"leave","rules":[
    {"effect":"deny","actions":["read"],"fields":["/salary"],"when":"!('hr' in user.roles) "},
    {"effect":"deny","actions":["update"],"fields":["/days","/salary"],"when":"record.state == 'closed'"}]
})");
  Rig rig(Directory::built_in(), {leave}, R"({"roles":["member"]})");
  const auto open = rig.decide("read", R"({"doc":{"state":"open"}})");
  CHECK(open.allowed);
  CHECK(open.masks.hidden == std::vector<std::string_view>{"/salary"});
  CHECK(open.masks.read_only.empty());
  CHECK(rig.decide("update", R"({"doc":{"state":"closed"}})").masks.read_only ==
        std::vector<std::string_view>{"/days", "/salary"});
  CHECK(rig.decide("read", R"({"doc":{}})").masks.read_only.size() == 2);
  Rig hr(Directory::built_in(), {leave}, R"({"roles":["member","hr"]})");
  CHECK(hr.decide("read", R"({"doc":{"state":"open"}})").masks.hidden.empty());
}

TEST_CASE("policy: a field is withheld by grants only when all that reach the record withhold it", "[policy]") {
  const auto roles = directory(R"([{"role":"clerk","grants":[
    {"permissions":["records:read"],"hidden":["/salary","/notes"]},
    {"permissions":["records:read"],"scope":"own","hidden":["/notes"]}]}])");
  Rig rig(roles, {}, clerk);
  CHECK(rig.decide("read", R"({"created_by":"bob","doc":{}})").masks.hidden.size() == 2);
  CHECK(rig.decide("read", R"({"created_by":"ada","doc":{}})").masks.hidden == std::vector<std::string_view>{"/notes"});
}

TEST_CASE("policy: a condition that would run for ever denies", "[policy]") {
  const auto leave = policy(R"({"policy":"leave","rules":[{"effect":"deny","actions":["read"],
    "when":"record.a.exists(x, record.a.exists(y, record.a.exists(z, x + y + z < 0))) "}]})");
  Rig rig(Directory::built_in(), {leave}, R"({"roles":["admin"]})");
  std::string list = "[0";
  for (int i = 0; i < 300; ++i) list += ",1";
  const auto decision = rig.decide("read", R"({"doc":{"a":)" + list + "]}}");
  CHECK_FALSE(decision.allowed);
  CHECK(decision.erred);
}
