// policy_fuzz.cpp: any bytes as the JSON of a policy and of roles: read, bind, decide, filter, explain. What compiles
// must write a canonical form that compiles to the same, and an explanation must agree with the decision.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/policies.hpp"

using namespace socle;
using namespace socle::authz;

namespace {

void ask(const DirectoryPtr& directory, const PolicyPtr& policy) {
  static const auto record =
      json::Document::parse(R"({"created_by":"ada","version":2,"doc":{"kind":"sick","n":3,"org":"hq","tags":["a"]}})");
  auto resource = policy ? policy->resources().front() : std::string("forms/x");
  if (resource == "*") resource = "forms/any";
  if (resource.ends_with('*')) resource.back() = 'x';
  auto bound = Bound::bind(directory, policy ? std::vector<PolicyPtr>{policy} : std::vector<PolicyPtr>{}, resource);
  if (!bound) std::abort();
  std::string held;
  for (const auto& role : directory->roles()) held += (held.empty() ? "\"" : ",\"") + role.name + "\"";
  const auto subject = Subject::of("t", "ada", "{\"roles\":[" + held + "],\"org\":\"hq\"}");
  Asker asker(*std::move(bound), subject);
  for (const auto* action : {"read", "update", "create"}) {
    Question question;
    question.action = action;
    question.record = record->root();
    const bool allowed = asker.decide(question).allowed;
    (void)asker.filter(question);
    if (allowed != (asker.explain(question).find(R"("effect":"allow")") == 1)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 32768) return 0;
  const auto source = json::Document::parse({reinterpret_cast<const char*>(data), size}, {.max_depth = 64});
  if (!source) return 0;
  Diagnostics of_policy;
  const auto policy = Policy::read(source->root(), of_policy);
  if (policy) {
    const auto text = policy->canonical(source->root());
    const auto again = json::Document::parse(text);
    Diagnostics none;
    const auto same = again ? Policy::read(again->root(), none) : nullptr;
    if (!same || same->canonical(again->root()) != text) std::abort();
    ask(Directory::built_in(), policy);
  }
  (void)compile_answer(source->root(), false);
  Diagnostics of_roles;
  const auto directory = Directory::read(source->root().find("roles"), source->root().find("units"), of_roles);
  if (directory) ask(directory, nullptr);
  (void)Subject::of("t", "ada", {reinterpret_cast<const char*>(data), size});
  return 0;
}
