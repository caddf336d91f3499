#include "policy/model.hpp"

#include <algorithm>

#include "policy/asker.hpp"
#include "policy/reader.hpp"
#include "socle/cel/time.hpp"
#include "socle/json/writer.hpp"

namespace socle::authz {
namespace {

// A moment that every test may rely on, unless it sets `now`: 2024-05-01T10:00:00Z.
constexpr std::int64_t test_now = 1714557600;

struct Judge {
  PolicyPtr policy;
  DirectoryPtr nobody;  // grants nothing that is held here: the policy is asked alone

  std::string run(json::View test) const {
    if (!test.is_object()) return "a test is {name, action, user, record, effect}";
    for (const auto [key, value] : test.members()) {
      constexpr std::string_view known[] = {"name",     "action", "user",   "record", "old",
                                            "resource", "now",    "effect", "rule",   "note"};
      if (std::find(std::begin(known), std::end(known), key) == std::end(known))
        return "'" + std::string(key) + "' means nothing in a test";
    }
    const auto wanted = test.find("effect").as_string();
    if (wanted != "allow" && wanted != "deny" && wanted != "none")
      return "'effect' is " + Reader::shown(test.find("effect")) + "; wanted allow, deny or none";
    Question question;
    question.action = test.find("action").as_string();
    question.record = test.find("record");
    question.old = test.find("old");
    question.now_seconds = test_now;
    if (const auto now = test.find("now"); now.exists()) {
      const auto moment = cel::parse_timestamp(now.as_string());
      if (!moment) return "'now' is " + Reader::shown(now) + "; wanted a timestamp such as 2024-05-01T10:00:00Z";
      question.now_seconds = moment->seconds();
      question.now_nanos = moment->nanos();
    }
    for (const auto envelope : {question.record, question.old})
      if (envelope.exists() && !envelope.find("doc").is_object())
        return "'record' and 'old' are {created_by, …, doc: {…}}; there is no 'doc'";
    auto resource = std::string(test.find("resource").as_string());
    if (resource.empty()) resource = policy->resources().front();
    if (resource == "*") resource = "forms/any";
    if (resource.ends_with('*')) resource.back() = 'x';
    auto bound = Bound::bind(nobody, {policy}, resource);
    if (!bound) return bound.error().message;
    return compare(*std::move(bound), test, question, wanted);
  }

  static std::string compare(BoundPtr bound, json::View test, const Question& question, std::string_view wanted) {
    const auto user = test.find("user");
    const auto id = user.find("id").is_string() ? user.find("id").as_string() : std::string_view("tester");
    const auto subject = Subject::of("test", id, json::to_text(user));
    Asker asker(std::move(bound), subject);
    const auto decision = asker.judge(question);
    const std::string_view found = decision.by == Decision::By::nothing ? "none" : decision.allowed ? "allow" : "deny";
    const auto rule = test.find("rule").as_string();
    if (found == wanted && (rule.empty() || rule == decision.rule)) return {};
    std::string out = "wanted " + std::string(wanted);
    if (!rule.empty()) out.append(" by rule '").append(rule).append("'");
    out.append("; got ").append(found);
    if (!decision.rule.empty()) out.append(" by rule '").append(decision.rule).append("'");
    if (decision.erred) out += ", because its condition could not be evaluated";
    return out;
  }
};

void write(json::Writer& out, const Diagnostics& diagnostics) {
  out.begin_array();
  for (const auto& one : diagnostics.all()) {
    out.begin_object().member("pointer", std::string_view(one.pointer));
    if (one.offset) out.member("offset", *one.offset);
    out.member("code", one.code).member("message", std::string_view(one.message));
    out.member("severity", to_string(one.severity)).end_object();
  }
  out.end_array();
}

}  // namespace

std::vector<PolicyTest> run_tests(const PolicyPtr& policy, json::View source) {
  std::vector<PolicyTest> out;
  const auto tests = source.find("tests");
  const Judge judge{policy, Directory::built_in()};
  for (std::size_t i = 0; i < tests.size() && i < Policy::most_tests; ++i) {
    auto& one = out.emplace_back();
    one.name = tests.at(i).find("name").as_string();
    if (one.name.empty()) one.name = "test " + std::to_string(i + 1);
    one.pointer = "/tests/" + std::to_string(i);
    one.message = judge.run(tests.at(i));
    one.passed = one.message.empty();
  }
  return out;
}

std::string diagnostics_text(const Diagnostics& diagnostics) {
  std::string text;
  json::Writer out(text);
  write(out, diagnostics);
  return text;
}

std::string compile_answer(json::View source, bool fast, std::optional<Weight>* weight) {
  Diagnostics diagnostics;
  const auto policy = Policy::read(source, diagnostics);
  std::vector<PolicyTest> tests;
  if (policy && !fast) tests = run_tests(policy, source);
  std::size_t failed = 0;
  for (const auto& test : tests) {
    if (test.passed) continue;
    ++failed;
    diagnostics.error(test.pointer, codes::test_failed, "test '" + test.name + "': " + test.message);
  }
  std::string text;
  json::Writer out(text);
  out.begin_object().key("diagnostics");
  write(out, diagnostics);
  if (policy && failed == 0) {
    const auto served = policy->canonical(source);
    if (const auto canonical = json::Document::parse(served); canonical) out.key("canonical").value(canonical->root());
    if (weight != nullptr) {
      *weight = Weight::of(*policy);
      (*weight)->own = Policy::bytes_of_text(served.size());
    }
  }
  out.key("tests").begin_object().member("passed", tests.size() - failed).member("failed", failed).end_object();
  out.end_object();
  return text;
}

}  // namespace socle::authz
