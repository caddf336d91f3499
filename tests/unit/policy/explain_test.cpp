// Explanations: the same verdict as decide, everything considered, what it looked at, in two languages.
#include "rig.hpp"

using namespace policy_rig;

namespace {

const auto leave_policy = R"({"policy":"leave","rules":[
  {"id":"keep-sick","effect":"deny","actions":["delete"],"when":"record.kind == 'sick' && user.id != 'root'",
   "reason":{"en":"Sick notes are kept","zh":"病假单须保留"}}]})";

}  // namespace

TEST_CASE("policy: an explanation names the rule that denied, its reason and the values it read", "[policy]") {
  Rig rig(Directory::built_in(), {policy(leave_policy)}, R"({"roles":["admin"]})");
  const auto answer = doc(rig.explain("delete", R"({"doc":{"kind":"sick"}})"));
  const auto root = answer.root();
  CHECK(root.find("effect").as_string() == "deny");
  CHECK(root.find("permission").as_string() == "records:delete");
  CHECK(root.find("by").find("rule").as_string() == "keep-sick");
  CHECK(root.find("text").find("en").as_string() ==
        "Rule 'leave/keep-sick' denies delete on forms/leave. Sick notes are kept");
  CHECK(root.find("text").find("zh").as_string() ==
        "规则“leave/keep-sick”拒绝对 forms/leave 执行 delete。病假单须保留");
  const auto considered = root.find("considered");
  REQUIRE(considered.size() == 2);
  CHECK(considered.at(0).find("kind").as_string() == "grant");
  CHECK(considered.at(0).find("role").as_string() == "admin");
  CHECK(considered.at(0).find("result").as_string() == "true");
  CHECK(considered.at(1).find("result").as_string() == "true");
  CHECK(considered.at(1).find("reads").find("record.kind").as_string() == "\"sick\"");
  CHECK(considered.at(1).find("reads").find("user.id").as_string() == "\"ada\"");
}

TEST_CASE("policy: an explanation of an error says where reading failed", "[policy]") {
  Rig rig(Directory::built_in(), {policy(leave_policy)}, R"({"roles":["admin"]})");
  const auto answer = doc(rig.explain("delete", R"({"doc":{}})"));
  CHECK(answer.root().find("by").find("error").as_bool());
  const auto rule = answer.root().find("considered").at(1);
  CHECK(rule.find("result").as_string() == "error");
  CHECK(rule.find("error").as_string().find("no such key: 'kind'") != std::string_view::npos);
  CHECK(rule.find("reads").find("record.kind").is_null());
}

TEST_CASE("policy: an explanation of nothing says that nothing allows it", "[policy]") {
  Rig rig(Directory::built_in(), {}, R"({"roles":["viewer"]})");
  const auto answer = doc(rig.explain("delete", R"({"doc":{}})"));
  CHECK(answer.root().find("by").find("kind").as_string() == "nothing");
  CHECK(answer.root().find("text").find("en").as_string() ==
        "Nothing allows delete on forms/leave: no role held grants it and no rule allows it.");
  CHECK(answer.root().find("subject").find("roles").at(0).as_string() == "viewer");
}

TEST_CASE("policy: an explanation shows through which role and within which unit a grant reaches", "[policy]") {
  const auto roles = directory(
      R"([{"role":"clerk","grants":[{"permissions":["records:read"],"scope":"own"}]},{"role":"chief","inherits":["clerk"]}])",
      R"([{"unit":"hq"}])");
  Rig rig(roles, {}, R"({"roles":["chief@hq"]})");
  const auto answer = doc(rig.explain("read", R"({"created_by":"bob","doc":{"org":"hq"}})"));
  const auto grant = answer.root().find("considered").at(0);
  CHECK(grant.find("role").as_string() == "clerk");
  CHECK(grant.find("through").as_string() == "chief");
  CHECK(grant.find("within").as_string() == "hq");
  CHECK(grant.find("scope").as_string() == "own");
  CHECK(grant.find("result").as_string() == "false");
  CHECK(grant.find("reads").find("record.created_by").as_string() == "\"bob\"");
  CHECK(grant.find("reads").find("record.org").as_string() == "\"hq\"");
}

TEST_CASE("policy: an explanation tells when the credential's scopes stand in the way", "[policy]") {
  Rig rig(Directory::built_in(), {}, R"({"roles":["admin"],"scopes":["records:read"]})");
  CHECK(doc(rig.explain("delete")).root().find("by").find("kind").as_string() == "scopes");
}
