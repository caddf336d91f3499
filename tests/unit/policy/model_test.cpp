// The kind `policies`: reading, diagnostics with places, canonical form, stored tests.
#include "rig.hpp"

#include "socle/json/writer.hpp"
#include "source/kinds.hpp"

using namespace policy_rig;

namespace {

std::string refusal(std::string_view text) {
  Diagnostics diagnostics;
  CHECK(Policy::read(doc(text).root(), diagnostics) == nullptr);
  return told(diagnostics);
}
std::string with_rule(std::string_view rule) { return R"({"policy":"p","rules":[)" + std::string(rule) + "]}"; }

}  // namespace

TEST_CASE("policy: the contract's policy compiles as it stands", "[policy]") {
  const auto leave = policy(R"({"policy":"leave","rules":[{"effect":"deny","actions":["delete"],
    "when":"record.kind == 'sick'","reason":{"en":"Sick notes are kept","zh":"病假单须保留"}}]})");
  CHECK(leave->name() == "leave");
  CHECK(leave->resources() == std::vector<std::string>{"forms/leave"});
  REQUIRE(leave->rules().size() == 1);
  CHECK(leave->rules()[0].id == "1");
  CHECK(leave->rules()[0].effect == Effect::deny);
}

TEST_CASE("policy: what is not built as a policy is told at its place", "[policy]") {
  CHECK(refusal("[]") == " policy_shape: a policy is an object with 'policy' and 'rules'\n");
  CHECK(refusal(R"({"policy":"p","rules":[]})") == "/rules policy_shape: 'rules' is a list of 1 to 200 rules\n");
  CHECK(refusal(R"({"policy":"a b","rules":[{"effect":"deny","actions":["*"]}]})") ==
        "/policy name_differs: found 'a b'; wanted the policy's name\n");
  CHECK(refusal(with_rule(R"({"effect":"permit","actions":["read"]})")) ==
        "/rules/0/effect policy_shape: found 'permit'; wanted allow or deny\n");
  CHECK(refusal(with_rule(R"({"effect":"deny"})")) ==
        "/rules/0/actions policy_shape: 'actions' says what the rule is about: [read], [update, delete], ['*']\n");
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["Read"]})"))
            .starts_with("/rules/0/actions/0 bad_name: found 'Read'; wanted an action such as read"));
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["read"],"if":"true"})")) ==
        "/rules/0/if unknown_key: 'if' means nothing here; wanted one of id, effect, actions, roles, when, fields, "
        "reason\n");
  CHECK(refusal(with_rule(R"({"effect":"allow","actions":["read"],"fields":["/a"]})"))
            .starts_with("/rules/0/fields policy_shape"));
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["read"],"reason":{"english":7}})"))
            .starts_with("/rules/0/reason policy_shape"));
  CHECK(refusal(with_rule(
            R"({"id":"a","effect":"deny","actions":["read"]},{"id":"a","effect":"deny","actions":["read"]})")) ==
        "/rules/1/id duplicate: a rule 'a' stands above already\n");
}

TEST_CASE("policy: what models/1 tells of a model's frame is told in its codes, so once", "[policy]") {
  const std::string rules = R"("rules":[{"effect":"deny","actions":["read"]}])";
  CHECK(refusal(R"({"policy":"p","workflow":"x",)" + rules + "}") ==
        "/workflow later_part: 'workflow' belongs to a part that is not there yet; remove it\n");
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["read"],"workflow":"x"})"))
            .starts_with("/rules/0/workflow unknown_key: "));
  namespace models = socle::models;
  for (const auto* begin : {R"({"policy":"p","workflow":"x",)", R"({"policy":"p","tasks":[],)",
                            R"({"policy":"p","ruls":1,)", R"({"policy":7,)", R"({"policy":"a b",)", "{"}) {
    const std::string text = begin + rules + "}";
    INFO(text);
    std::vector<models::Diagnostic> all;
    const auto source = models::Source::read(text, models::Media::json, all);
    REQUIRE(source);
    models::check_frame(*models::find_kind("policies"), "p", *source, all);
    CHECK(all.size() == 1);
    Diagnostics own;
    CHECK(Policy::read(source->root(), own) == nullptr);
    REQUIRE(own.all().size() == 1);
    all.push_back({own.all()[0].pointer, std::string(own.all()[0].code), own.all()[0].message});
    source->find_places(all);
    models::put_in_order(all);
    CHECK(all.size() == 1);
  }
}

TEST_CASE("policy: one fault of a rule or a role is told once", "[policy]") {
  const std::string two = R"({"id":7,"effect":"deny","actions":["read"]})";
  CHECK(refusal(with_rule(two + "," + two)) ==
        "/rules/0/id policy_shape: found integer; wanted a name\n"
        "/rules/1/id policy_shape: found integer; wanted a name\n");
  Diagnostics diagnostics;
  CHECK(Directory::read(doc(R"([{"role":"a","permissions":["No"]},{"role":"b","permissions":7}])").root(), {},
                        diagnostics) == nullptr);
  REQUIRE(diagnostics.all().size() == 2);
  CHECK(diagnostics.all()[0].pointer == "/roles/0/permissions/0");
  CHECK(diagnostics.all()[1].pointer == "/roles/1/permissions");
}

TEST_CASE("policy: a wrong condition is told with its byte", "[policy]") {
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["read"],"when":"record.a == usr.id"})"))
            .starts_with("/rules/0/when@12 expression: undeclared reference to 'usr'"));
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["read"],"when":"record.a =="})"))
            .starts_with("/rules/0/when@11 expression"));
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["read"],"when":"1 + 2"})")) ==
        "/rules/0/when@0 expression: a condition is true or false; this one is of type int\n");
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["read"],"when":7})")) ==
        "/rules/0/when policy_shape: found integer; wanted a CEL condition, as a text\n");
  CHECK(refusal(with_rule(R"({"effect":"deny","actions":["read"],"when":")" + std::string(9000, ' ') + R"(true"})"))
            .starts_with("/rules/0/when too_large"));
}

TEST_CASE("policy: a rule that can never apply is a warning", "[policy]") {
  Diagnostics diagnostics;
  CHECK(Policy::read(doc(with_rule(R"({"effect":"deny","actions":["read"],"when":"1 > 2"})")).root(), diagnostics) !=
        nullptr);
  CHECK(told(diagnostics) == "/rules/0/when no_effect: the condition is never true, so the rule never applies\n");
}

TEST_CASE("policy: the canonical form is the same however it is written, and compiles to the same", "[policy]") {
  const auto one = doc(R"({"policy":"p","rules":[{"effect":"deny","actions":["update","delete"],"when":true}]})");
  const auto two = doc(
      R"({"rules":[{"actions":["delete","update","delete"],"id":"1","when":"true","effect":"deny"}],"policy":"p","resources":["forms/p"]})");
  const auto text = policy(json::to_text(one.root()))->canonical(one.root());
  CHECK(text == policy(json::to_text(two.root()))->canonical(two.root()));
  CHECK(
      text ==
      R"({"policy":"p","resources":["forms/p"],"rules":[{"id":"1","effect":"deny","actions":["delete","update"],"when":"true"}]})");
  CHECK(policy(text)->canonical(doc(text).root()) == text);
}

TEST_CASE("policy: compile answers diagnostics, the canonical form and the tests' outcome", "[policy]") {
  const auto good = doc(R"({"policy":"p","rules":[{"effect":"deny","actions":["delete"],"when":"record.kind == 'sick'"},
    {"id":"own","effect":"allow","actions":["*"],"when":"record.created_by == user.id"}],
    "tests":[{"name":"kept","action":"delete","record":{"doc":{"kind":"sick"}},"effect":"deny","rule":"1"},
             {"name":"mine","action":"read","user":{"id":"ada"},"record":{"created_by":"ada","doc":{"kind":"sick"}},"effect":"allow","rule":"own"},
             {"name":"other","action":"read","user":{"id":"bob"},"record":{"created_by":"ada","doc":{}},"effect":"none"}]})");
  const auto answer = doc(compile_answer(good.root(), false));
  CHECK(answer.root().find("diagnostics").size() == 0);
  CHECK(answer.root().find("tests").find("passed").as_int64() == 3);
  CHECK(answer.root().find("canonical").find("policy").as_string() == "p");
  CHECK(answer.root().find("canonical").find("tests").size() == 3);
  // What it takes is of the text that will be served.
  std::optional<Weight> weight;
  (void)compile_answer(good.root(), false, &weight);
  REQUIRE(weight);
  CHECK(weight->name == "p");
  CHECK(weight->own == policy(json::to_text(answer.root().find("canonical")))->bytes());
}

TEST_CASE("policy: a stored test that disagrees is an error that says what came instead", "[policy]") {
  const auto bad = doc(R"({"policy":"p","rules":[{"effect":"deny","actions":["delete"],"when":"record.kind == 'sick'"}],
    "tests":[{"name":"gone","action":"delete","record":{"doc":{"kind":"sick"}},"effect":"allow"},
             {"name":"bare","action":"delete","record":{"kind":"sick"},"effect":"deny"},
             {"name":"odd","action":"delete","outcome":"deny","effect":"deny"}]})");
  const auto answer = doc(compile_answer(bad.root(), false));
  const auto diagnostics = answer.root().find("diagnostics");
  REQUIRE(diagnostics.size() == 3);
  CHECK(diagnostics.at(0).find("pointer").as_string() == "/tests/0");
  CHECK(diagnostics.at(0).find("message").as_string() == "test 'gone': wanted allow; got deny by rule '1'");
  CHECK(diagnostics.at(1).find("message").as_string() ==
        "test 'bare': 'record' and 'old' are {created_by, …, doc: {…}}; there is no 'doc'");
  CHECK(diagnostics.at(2).find("message").as_string() == "test 'odd': 'outcome' means nothing in a test");
  CHECK_FALSE(answer.root().find("canonical").exists());
  std::optional<Weight> weight;
  (void)compile_answer(bad.root(), false, &weight);
  CHECK_FALSE(weight);
  CHECK(doc(compile_answer(bad.root(), true)).root().find("diagnostics").size() == 0);
}
