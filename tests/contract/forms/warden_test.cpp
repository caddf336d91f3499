// warden_test.cpp: what auth/1 is asked about a form's records.
#include "rig.hpp"

using namespace forms_test;

TEST_CASE("forms warden: auth/1 is told the CEL types of what CEL would take for texts", "[forms]") {
  FakeHost host;
  std::vector<std::string> filters, decisions;
  const auto types_of = [](const ServiceCall& call) {
    return json::to_text(json::Document::parse(call.text())->root().find("types"));
  };
  host.serve("auth/1", "decide", [&](const ServiceCall& call) {
    decisions.push_back(types_of(call));
    return Reply::json(R"({"effect":"allow"})");
  });
  Rig rig(host);
  rig.claims = R"({"roles":["hr"]})";
  // "some" of the records, so that each of them is asked about too.
  host.serve("auth/1", "filter", [&](const ServiceCall& call) {
    filters.push_back(types_of(call));
    return Reply::json(R"({"effect":"some","unconditional":false})");
  });
  rig.publish(R"~({"form":"leave","schema":{"type":"object","$defs":{"moment":{"type":"string","format":"date-time"}},
    "properties":{
      "t":{"type":"string","format":"date-time"},"ref":{"$ref":"#/$defs/moment"},"day":{"type":"string","format":"date"},
      "sum":{"type":"string","format":"decimal"},"price":{"type":"number","format":"decimal"},
      "time":{"type":"string","format":"time"},"span":{"type":"string","format":"duration"},
      "raw":{"type":"string","contentEncoding":"base64"},"n":{"type":"integer"},"x":{"type":"number"},
      "ok":{"type":"boolean"},"any":{},"who":{"type":"string"},"file":{"type":"string"},"no":{"type":"string"},
      "days":{"type":"array","items":{"type":"string","format":"date"}},
      "place":{"type":"object","properties":{"since":{"type":"string","format":"date-time"}}},
      "lines":{"type":"array","items":{"type":"object","properties":{"at":{"type":"string","format":"date-time"}}}}}},
    "logic":{"who":{"reference":"leave"},"file":{"attachment":true},"no":{"sequence":"N-{0000}"}}})~");
  const auto id = rig.create(R"({"t":"2026-01-05T00:00:00Z","day":"2026-01-05","sum":"1.50"})");
  const Texts at{{"form", "leave"}, {"id", id}};
  CHECK(rig.ask("list").ok());
  CHECK(rig.ask("read", "", at).ok());
  CHECK(rig.ask("change", R"({"n":1})", at).ok());
  CHECK(filters.size() >= 3);
  CHECK(decisions.size() >= 3);
  // By the names of CEL: storage/1 and pages have others ("date-time", "integer").
  const std::string wanted = R"({"t":"timestamp","ref":"timestamp","day":"date","sum":"decimal","price":"decimal"})";
  for (const auto& types : filters) CHECK(types == wanted);
  for (const auto& types : decisions) CHECK(types == wanted);
}
