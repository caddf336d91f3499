// Roles, inheritance, permissions and the organisation.
#include "rig.hpp"

using namespace policy_rig;

namespace {

std::string refusal(std::string_view roles, std::string_view units = "[]") {
  Diagnostics diagnostics;
  CHECK(Directory::read(doc(roles).root(), doc(units).root(), diagnostics) == nullptr);
  return told(diagnostics);
}

}  // namespace

TEST_CASE("policy: a permission covers its area's actions and nothing else", "[policy]") {
  CHECK(permission_covers("*", "records", "read"));
  CHECK(permission_covers("records:*", "records", "export"));
  CHECK(permission_covers("records:read", "records", "read"));
  CHECK(permission_covers("records:write", "records", "delete"));
  CHECK_FALSE(permission_covers("records:write", "records", "read"));
  CHECK_FALSE(permission_covers("records:read", "rules", "read"));
  CHECK_FALSE(permission_covers("records:rea", "records", "read"));
  CHECK(area_of("forms/leave") == "records");
  CHECK(area_of("rules/credit") == "rules");
}

TEST_CASE("policy: what is no name is refused wherever a name is wanted", "[policy]") {
  CHECK(is_permission("records:read"));
  CHECK_FALSE(is_permission("records"));
  CHECK_FALSE(is_permission("records:"));
  CHECK_FALSE(is_permission("Records:read"));
  CHECK_FALSE(is_permission("records:read:all"));
  CHECK(is_resource_pattern("forms/hr-*"));
  CHECK_FALSE(is_resource_pattern("forms/"));
  CHECK_FALSE(is_resource_pattern("forms/a*b"));
  CHECK_FALSE(is_resource_pattern("forms/a b"));
  CHECK(is_field_path("owner.unit"));
  CHECK_FALSE(is_field_path("owner..unit"));
  CHECK_FALSE(is_field_path("org || true"));
  CHECK_FALSE(is_field_path("true"));
  CHECK(is_field_pointer("/a~1b"));
  CHECK_FALSE(is_field_pointer("/a~2"));
  CHECK_FALSE(is_field_pointer("salary"));
}

TEST_CASE("policy: a role holds what it inherits, through any number of roles", "[policy]") {
  const auto roles = directory(R"([{"role":"clerk","permissions":["records:read"]},
    {"role":"lead","inherits":["clerk"],"permissions":["records:update"]},{"role":"chief","inherits":["lead"]}])");
  const auto chief = *roles->find("chief");
  CHECK(roles->closure(chief).size() == 3);
  CHECK(may(*roles, chief, "records:read"));
  CHECK(may(*roles, chief, "records:update"));
  CHECK_FALSE(may(*roles, chief, "records:delete"));
  CHECK_FALSE(may(*roles, *roles->find("clerk"), "records:update"));
}

TEST_CASE("policy: the built-in roles grant what the documents say", "[policy]") {
  const auto roles = Directory::built_in();
  for (const auto* role : {"owner", "admin"}) CHECK(may(*roles, *roles->find(role), "users:delete"));
  CHECK(may(*roles, *roles->find("member"), "records:delete"));
  CHECK(may(*roles, *roles->find("member"), "rules:evaluate"));
  CHECK_FALSE(may(*roles, *roles->find("member"), "users:read"));
  CHECK(may(*roles, *roles->find("viewer"), "records:read"));
  CHECK_FALSE(may(*roles, *roles->find("viewer"), "records:update"));
}

TEST_CASE("policy: a grant with limits gives its permission somewhere and not everywhere", "[policy]") {
  for (const auto* limit :
       {R"("scope":"own")", R"("when":"true")", R"("resources":["forms/a"])", R"("hidden":["/a"])"}) {
    const auto roles =
        directory(R"([{"role":"clerk","grants":[{"permissions":["users:write"],)" + std::string(limit) + "}]}]");
    CHECK(may(*roles, *roles->find("clerk"), "users:write"));
    CHECK_FALSE(may(*roles, *roles->find("clerk"), "users:write", Reach::everywhere));
  }
  CHECK(may(*Directory::built_in(), *Directory::built_in()->find("admin"), "users:write", Reach::everywhere));
}

TEST_CASE("policy: faulty roles are refused at their place", "[policy]") {
  CHECK(refusal(R"([{"role":"admin"}])") == "/roles/0/role duplicate: 'admin' is built in; choose another name\n");
  CHECK(refusal(R"([{"role":"a","inherits":["b"]}])") ==
        "/roles/0/inherits role_unknown: there is no role 'b' to inherit from\n");
  CHECK(refusal(R"([{"role":"a","inherits":["b"]},{"role":"b","inherits":["a"]}])") ==
        "/roles/0/inherits role_cycle: 'a' inherits itself\n");
  CHECK(refusal(R"([{"role":"a","grant":[]}])") ==
        "/roles/0/grant unknown_key: 'grant' means nothing here; wanted one of role, title, inherits, permissions, "
        "grants, second_factor\n");
  CHECK(refusal(R"([{"role":"a","permissions":["all"]}])")
            .starts_with("/roles/0/permissions/0 bad_name: found 'all'; wanted a permission such as records:read"));
  CHECK(refusal(R"([{"role":"a","grants":[{"permissions":["*"],"scope":"mine"}]}])") ==
        "/roles/0/grants/0/scope role_shape: found 'mine'; wanted all, own, department, department_and_below or "
        "custom\n");
  CHECK(refusal(R"([{"role":"a","grants":[{"permissions":["*"],"scope":"custom"}]}])") ==
        "/roles/0/grants/0/when role_shape: a custom scope is what its 'when' says; there is none\n");
  CHECK(refusal(R"([{"role":"a","grants":[{"permissions":["*"],"unit":"org) || (true"}]}])")
            .starts_with("/roles/0/grants/0/unit role_shape"));
  CHECK(refusal(R"([{"role":"a","grants":[{"permissions":["*"],"when":"recrod.a"}]}])")
            .starts_with("/roles/0/grants/0/when@0 expression: undeclared reference to 'recrod'"));
}

TEST_CASE("policy: faulty units are refused at their place", "[policy]") {
  CHECK(refusal("[]", R"([{"unit":"a","parent":"b"}])") ==
        "/units/0/parent unit_unknown: there is no unit 'b' to lie below\n");
  CHECK(refusal("[]", R"([{"unit":"a","parent":"b"},{"unit":"b","parent":"a"}])") ==
        "/units/0/parent unit_cycle: 'a' lies below itself or more than 32 deep\n");
  CHECK(refusal("[]", R"([{"unit":"a"},{"unit":"a"}])") == "/units/1/unit duplicate: 'a' is there already\n");
}

TEST_CASE("policy: a unit lies within itself and everything above it", "[policy]") {
  const auto units = directory("[]", R"([{"unit":"hq"},{"unit":"sales","parent":"hq"},{"unit":"east","parent":"sales"},
    {"unit":"it","parent":"hq"}])");
  CHECK(units->within("east", "hq"));
  CHECK(units->within("east", "east"));
  CHECK_FALSE(units->within("hq", "east"));
  CHECK_FALSE(units->within("it", "sales"));
  CHECK_FALSE(units->within("nowhere", "hq"));
  CHECK(units->within("nowhere", "nowhere"));
  CHECK(units->subtree("sales") == std::vector<std::string_view>{"sales", "east"});
}
