// told_test.cpp: what the store refuses is told in the form's words, and nothing of the store's own.
#include "rig.hpp"

using namespace forms_test;

namespace {

const std::string indexed_form = R"~({"form":"leave","schema":{"type":"object","properties":{
  "price":{"type":"string"},"day":{"type":"string"},"text":{"type":"string"}}},
  "index":[{"field":"price","type":"decimal"},{"field":"day","type":"date"},"text"],"unique":[["text","created_by"]]})~";

// As storage-rocksdb says it, of the first operation.
Reply refusal(Code code, const std::string& stable, const std::string& pointer, const std::string& params = "") {
  return Reply::error(code, stable, "field " + pointer + " is not what index \"i:x\" needs",
                      R"([{"pointer":"/operations/0/doc)" + pointer + R"(","code":")" + stable +
                          R"(","message":"field is not what index i:x needs")" +
                          (params.empty() ? "" : ",\"params\":" + params) + "}]");
}

std::string refused_in(Rig& rig, const std::string& language) {
  const Reply reply = rig.ask("create", "{}", {{"form", "leave"}, {"http.header.accept-language", language}});
  CHECK(reply.http_status() == 422);
  CHECK(reply.error_code() == "invalid_record");
  return std::string(reply.text());
}

}  // namespace

TEST_CASE("forms told: a value that no index holds is a fault of its field, in the caller's language", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(indexed_form);
  const auto told = [&](const std::string& code, const std::string& pointer, const std::string& language) {
    rig.write_refusal = refusal(Code::invalid, code, pointer);
    return refused_in(rig, language);
  };
  CHECK_THAT(told("index_type", "/doc/price", "en"),
             Catch::StartsWith(R"([{"pointer":"/price","code":"format","message":"must be a number)") &&
                 Catch::EndsWith(R"("params":{"format":"decimal"}}])"));
  CHECK_THAT(told("index_type", "/doc/day", "zh"),
             Catch::StartsWith(R"([{"pointer":"/day","code":"format","message":"应为日期)"));
  CHECK_THAT(told("index_value_too_long", "/doc/text", "en"),
             Catch::StartsWith(R"([{"pointer":"/text","code":"too_long","message":"is longer than)") &&
                 Catch::EndsWith(R"("params":{"limit":1024}}])"));
  CHECK_THAT(told("index_value_too_long", "/doc/text", "zh"),
             Catch::StartsWith(R"([{"pointer":"/text","code":"too_long","message":"过长)"));
  // A later version of the form may have indexed what this one does not know.
  CHECK_THAT(
      told("index_type", "/doc/more", "en"),
      Catch::Equals(R"([{"pointer":"/more","code":"format","message":"is not of the type of an index over it"}])"));
  const Reply batch = rig.ask("batch", R"([{"op":"create","doc":{"text":")" + std::string(1025, 'a') + "\"}}]");
  CHECK(batch.error_code() == "invalid_record");
  CHECK_THAT(std::string(batch.text()), Catch::StartsWith(R"([{"pointer":"/0/doc/text")"));
}

TEST_CASE("forms told: a unique conflict names the fields as the record does, and nobody else's record", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(indexed_form);
  rig.write_refusal = refusal(Code::conflict, "unique_violation", "/doc/text",
                              R"({"index":"u:x","fields":["/doc/text","/created_by"],"id":"somebody's"})");
  const Reply reply = rig.ask("create", R"({"text":"a"})");
  CHECK(reply.http_status() == 409);
  CHECK(reply.error_code() == "unique_conflict");
  CHECK(std::string(reply.text()) ==
        R"([{"pointer":"/text","code":"unique","message":"another record of form 'leave' has the same value",)"
        R"("params":{"fields":["/text","created_by"]}}])");
}

TEST_CASE("forms told: a record that a deletion clears and no index holds refuses the deletion", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(R"~({"form":"customer","schema":{"type":"object","properties":{"name":{"type":"string"}}}})~");
  rig.publish(R"~({"form":"leave","schema":{"type":"object","properties":{"who":{"type":"string"}}},
    "logic":{"who":{"reference":"customer","on_delete":"clear"}}})~");
  const auto ada = rig.create("{}", "customer");
  rig.create(R"({"who":")" + ada + "\"}");
  rig.write_refusal =
      Reply::error(Code::invalid, "index_type", "field /doc/n is not a valid integer, which index \"i:n\" needs",
                   R"([{"pointer":"/operations/1/doc/doc/n","code":"index_type","message":"no integer"}])");
  const Reply refused = rig.ask("remove", "", {{"form", "customer"}, {"id", ada}});
  CHECK(refused.http_status() == 409);
  CHECK(refused.error_code() == "referrer_refused");
  CHECK(refused.message() ==
        "a record that names what is to be deleted cannot be cleared: one of its values does not fit an index of its "
        "form");
  CHECK(rig.ask("remove", "", {{"form", "customer"}, {"id", ada}}).http_status() == 204);
}
