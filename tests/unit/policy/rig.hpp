// rig.hpp: a tenant's roles, policies and one subject, from JSON texts, asking about one resource.
#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policies.hpp"
#include "socle/json/document.hpp"

namespace policy_rig {

using namespace socle;
using namespace socle::authz;

inline json::Document doc(std::string_view text) {
  auto out = json::Document::parse(text);
  INFO(text);
  REQUIRE(out);
  return *std::move(out);
}

inline std::string told(const Diagnostics& diagnostics) {
  std::string out;
  for (const auto& one : diagnostics.all()) {
    out += one.pointer;
    if (one.offset) out += "@" + std::to_string(*one.offset);
    out += " " + std::string(one.code) + ": " + one.message + "\n";
  }
  return out;
}

inline PolicyPtr policy(std::string_view text) {
  Diagnostics diagnostics;
  auto out = Policy::read(doc(text).root(), diagnostics);
  INFO(told(diagnostics));
  REQUIRE(out);
  return out;
}

inline DirectoryPtr directory(std::string_view roles, std::string_view units = "[]") {
  Diagnostics diagnostics;
  auto out = Directory::read(doc(roles).root(), doc(units).root(), diagnostics);
  INFO(told(diagnostics));
  REQUIRE(out);
  return out;
}

// One subject and one resource; questions as JSON texts.
class Rig {
 public:
  Rig(DirectoryPtr roles, std::vector<PolicyPtr> policies, std::string_view claims,
      std::string_view resource = "forms/leave", std::string_view types = "")
      : subject(Subject::of("acme", "ada", claims)) {
    json::Document declared;
    if (!types.empty()) declared = doc(types);
    auto bound =
        Bound::bind(std::move(roles), std::move(policies), resource, types.empty() ? json::View() : declared.root());
    REQUIRE(bound);
    asker = std::make_unique<Asker>(*std::move(bound), subject);
  }

  Decision decide(std::string_view action, std::string_view record = "", std::string_view old = "") {
    return asker->decide(question(action, record, old));
  }
  std::string explain(std::string_view action, std::string_view record = "", std::string_view old = "") {
    return asker->explain(question(action, record, old));
  }
  Filter filter(std::string_view action = "read") { return asker->filter(question(action, "", "")); }

  Question question(std::string_view action, std::string_view record, std::string_view old) {
    if (!record.empty()) record_ = doc(record);
    if (!old.empty()) old_ = doc(old);
    Question out;
    out.action = action;
    if (!record.empty()) out.record = record_.root();
    if (!old.empty()) out.old = old_.root();
    out.now_seconds = 1714557600;
    return out;
  }

  Subject subject;
  std::unique_ptr<Asker> asker;

 private:
  json::Document record_;
  json::Document old_;
};

}  // namespace policy_rig
