// The form of a role: what is stored goes through it and comes back the same.
#include <catch2/catch.hpp>

#include "account/role_form.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace {

using namespace socle;
using namespace socle::pages;

std::string again(std::string_view stored) {
  const auto role = json::Document::parse(stored).value();
  return RoleForm::of(role.root()).text(role.root().find("role").as_string());
}

page::FormBody posted(std::string_view text) { return page::FormBody::parse(text).value(); }

}  // namespace

TEST_CASE("roles: what is stored and only looked at comes back the same", "[pages]") {
  for (
      const std::string_view stored : {
          R"({"role":"a"})",
          R"({"role":"a","title":"One for all","permissions":["*"]})",
          R"({"role":"a","title":{"en":"Clerk","zh":"文员","de":"Sachbearbeiter"},"inherits":["b","c"]})",
          R"({"role":"a","permissions":["records:read","rules:evaluate"],"second_factor":true})",
          R"({"role":"a","grants":[{"permissions":["records:read"],"resources":["forms/a,b","forms/*"],"scope":"custom",)"
          R"("unit":"team.org","when":"record.a == 'x' &&\n  true","hidden":["/a b","/c/0"],"read_only":["/d"]},)"
          R"({"permissions":["*"],"scope":"own"}]})",
      })
    CHECK(again(stored) == stored);
}

TEST_CASE("roles: a condition that is written bare stays", "[pages]") {
  CHECK(again(R"({"role":"a","grants":[{"permissions":["*"],"when":false}]})") ==
        R"({"role":"a","grants":[{"permissions":["*"],"when":"false"}]})");
}

TEST_CASE("roles: rows that are blank are no grants, and nothing else is left out", "[pages]") {
  auto form = RoleForm::of(posted(
      "permissions=+a%3Ab+&grants/0/permissions=&grants/0/scope=all&grants/1/permissions=x%3Aread&grants/1/scope=own&"
      "grants/1/hidden=%2Fa%0D%0A%0D%0A%2Fb++%0D%0A&grants/2/permissions=+&grants/2/when=true"));
  CHECK(form.grants.size() == 3);
  form.drop_blank_grants();
  CHECK(form.text("r") ==
        R"({"role":"r","permissions":["a:b"],"grants":[{"permissions":["x:read"],"scope":"own","hidden":["/a","/b"]},)"
        R"({"when":"true"}]})");
}

TEST_CASE("roles: a fault finds its input, whichever of the tenant's roles it is", "[pages]") {
  RoleForm form;
  form.grants.resize(11);
  const auto faults = role_faults(
      R"([{"pointer":"/roles/7/grants/10/hidden/0","message":"m"},{"pointer":"/roles/7/permissions","message":"n"},)"
      R"({"pointer":"/roles/3","message":"o"},{"pointer":"/role","message":"p"}])",
      form);
  CHECK(faults == RoleFaults{{"grants/10/hidden", "m"}, {"permissions", "n"}, {"", "/roles/3: o"}, {"", "/role: p"}});
}
