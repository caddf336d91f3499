// registry.hpp: a tenant with policies that models/1 serves, and what it is told when there is no room for one.
#pragma once

#include "office.hpp"

namespace auth_test {

// A tenant with models of the kind `policies`, each served under its name; the test is models/1.
struct Registry : Office {
  explicit Registry(FakeHost& on) : Office(on) {
    host.serve("models/1", "list", [this](const ServiceCall&) {
      std::string items;
      for (const auto& [name, source] : served)
        items.append(items.empty() ? "" : ",").append(R"({"name":")").append(name).append(R"(","version":"1.0.0"})");
      return Reply::json("{\"items\":[" + items + "]}");
    });
    host.serve("models/1", "resolve", [this](const ServiceCall& call) {
      const auto question = json::Document::parse(call.text());
      REQUIRE(question);
      const std::string name(question->root().find("name").as_string());
      const auto found = served.find(name);
      if (found == served.end()) return Reply::error(Code::not_found, "unknown_model", "there is no such model");
      const std::string hash = std::to_string(std::hash<std::string>()(found->second));
      const bool source = question->root().find("source").as_bool();
      if (source) ++sources;
      return Reply::json("{\"hash\":\"" + hash + "\"" + (source ? ",\"source\":" + found->second : "") + "}")
          .with("version", "1.0.0")
          .with("hash", hash);
    });
    afresh();
  }
  // Nothing is kept, and no list is believed.
  void afresh() {
    CHECK(outcome(ask("forget", "{}", {}, {"acme", "kernel", ""})) == "ok");
    pass(6s);
  }
  static std::string conditions(int count, const std::string& begin) {
    std::string out;
    for (int i = 0; i < count; ++i)
      out.append(out.empty() ? "" : ",")
          .append(begin)
          .append(R"~("when":"has(record.x) && record.x.matches('^a)~" + std::to_string(i) + R"~(+$')"})~");
    return out;
  }
  // A deny for each regular expression, of which each counts some 100 KB.
  static std::string policy(const std::string& name, int patterns) {
    return R"({"policy":")" + name + R"(","resources":["forms/leave"],"rules":[)" +
           conditions(patterns, R"({"effect":"deny","actions":["read"],)") + "]}";
  }
  // Large as it is read, of denies that nobody meets: 2 KB each.
  static std::string prose(const std::string& name, int rules) {
    std::string out;
    for (int i = 0; i < rules; ++i)
      out.append(out.empty() ? "" : ",")
          .append(R"({"effect":"deny","actions":["archive"],"reason":{"en":")" + std::string(950, 'x'))
          .append(R"(","zh":")" + std::string(950, 'x') + R"("}})");
    return R"({"policy":")" + name + R"(","resources":["forms/leave"],"rules":[)" + out + "]}";
  }
  // `name`: what models/1 calls it; "" leaves that out.
  Reply compile(const std::string& source, const std::string& mode = "full", const std::string& name = "") {
    const std::string called = name.empty() ? "" : R"("name":")" + name + "\",";
    return ask("compile", R"({"kind":"policies",)" + called + R"("mode":")" + mode + R"(","source":)" + source + "}",
               {}, admin);
  }
  Reply put_role(const std::string& name, int patterns) {
    return ask("put_role",
               R"({"role":")" + name + R"(","grants":[)" +
                   conditions(patterns, R"({"permissions":["records:read"],"resources":["forms/leave"],)") + "]}",
               {{"role", name}}, admin);
  }
  // Of resources by name, 110 bytes each.
  Reply put_long_role(const std::string& name, int grants) {
    std::string out;
    for (int i = 0; i < grants; ++i) {
      std::string names;
      for (int k = 0; k < 8; ++k)
        names.append(names.empty() ? "" : ",")
            .append("\"forms/" + std::string(100, 'x') + std::to_string(8 * i + k) + "\"");
      out.append(out.empty() ? "" : ",").append(R"({"permissions":["records:read"],"resources":[)" + names + "]}");
    }
    return ask("put_role", R"({"role":")" + name + R"(","grants":[)" + out + "]}", {{"role", name}}, admin);
  }
  Reply put_units(const std::string& units) { return ask("put_units", "{\"units\":" + units + "}", {}, admin); }
  Reply remove_role(const std::string& name) { return ask("remove_role", "", {{"role", name}}, admin); }
  Reply decide() {
    return ask("decide",
               R"({"resource":"forms/leave","action":"read","types":{"x":"string"},"record":{"doc":{"x":"b"}}})", {},
               admin);
  }
  std::map<std::string, std::string> served;
  unsigned sources = 0;  // read by the plugin
};

// For what is more than all of the tenant's memory, or more than is left of it beside the rest.
inline void check_refused(const Reply& reply, const std::string& begin) {
  INFO(reply.message());
  REQUIRE_FALSE(reply.ok());
  const std::string told(reply.message());
  if (reply.code() == Code::too_large) {
    CHECK(reply.error_code() == "too_large");
    CHECK(told.starts_with(begin + ": "));
    CHECK(told.find(" bytes are to be kept, and the tenant has ") != std::string::npos);
    CHECK(told.ends_with(" in all: make smaller what is to be kept, or raise `memory` of its plan"));
    return;
  }
  CHECK(reply.code() == Code::exhausted);
  CHECK(reply.error_code() == "exhausted");
  CHECK(told.starts_with(begin + ": the memory budget is used up: "));
  CHECK(told.ends_with(" in all; raise `memory` of the tenant's plan"));
}

}  // namespace auth_test
