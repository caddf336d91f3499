// on_delete_test.cpp: what becomes of records that refer to one that is deleted.
#include "rig.hpp"

using namespace forms_test;
using Catch::Contains;

namespace {

const std::string customer_form =
    R"~({"form":"customer","schema":{"type":"object","properties":{"name":{"type":"string"}}}})~";

// A form whose `field` names records of `target`; `more`: members of the field's logic, then of the form.
std::string referring_form(const std::string& name, const std::string& field, const std::string& target,
                           const std::string& on_delete, const std::string& more_logic = "",
                           const std::string& more = "") {
  return R"({"form":")" + name + R"(","schema":{"type":"object","properties":{")" + field +
         R"(":{"type":"string"},"no":{"type":"integer"}}},"logic":{")" + field + R"(":{"reference":")" + target + "\"" +
         (on_delete.empty() ? "" : R"(,"on_delete":")" + on_delete + "\"") + more_logic + "}}" + more + "}";
}

std::string naming(const std::string& field, const std::string& id, int no = 1) {
  return "{\"" + field + R"(":")" + id + R"(","no":)" + std::to_string(no) + "}";
}

Reply removed(Rig& rig, const std::string& form, const std::string& id) {
  return rig.ask("remove", "", {{"form", form}, {"id", id}});
}

Reply read_of(Rig& rig, const std::string& form, const std::string& id) {
  return rig.ask("read", "", {{"form", form}, {"id", id}});
}

}  // namespace

TEST_CASE("forms on_delete: restrict refuses while records name what is to be deleted, and says how many", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "restrict"));
  const auto ada = rig.create(R"({"name":"Ada"})", "customer"), bob = rig.create(R"({"name":"Bob"})", "customer");
  const auto first = rig.create(naming("customer", ada), "order"),
             second = rig.create(naming("customer", ada), "order");
  CHECK(removed(rig, "customer", bob).http_status() == 204);
  const Reply refused = removed(rig, "customer", ada);
  CHECK(refused.http_status() == 409);
  CHECK(refused.error_code() == "referenced");
  const std::string found =
      "found 2 records of form 'order' whose 'customer' names what is to be deleted: change or delete them first";
  CHECK(refused.message() == found);
  CHECK(std::string(refused.text()) == R"([{"pointer":"","code":"referenced","message":")" + found +
                                           R"(","params":{"form":"order","field":"customer","count":2}}])");
  const Reply chinese =
      rig.ask("remove", "", {{"form", "customer"}, {"id", ada}, {"http.header.accept-language", "zh"}});
  CHECK(chinese.message() == "表单“order”中有 2 条记录的“customer”引用了要删除的记录：请先修改或删除它们");
  CHECK(read_of(rig, "customer", ada).ok());
  CHECK(removed(rig, "order", first).http_status() == 204);
  CHECK(rig.ask("change", R"({"customer":null})", {{"form", "order"}, {"id", second}}).ok());
  CHECK(removed(rig, "customer", ada).http_status() == 204);
}

TEST_CASE("forms on_delete: clear empties the field in the same write, as a new version of its record", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "clear", "",
                             R"(,"checks":[{"id":"none","when":"no == 7 && customer == null","message":"seven"}])"));
  const auto ada = rig.create("{}", "customer"), bob = rig.create("{}", "customer");
  const auto hers = rig.create(naming("customer", ada), "order"), his = rig.create(naming("customer", bob), "order");
  rig.principal = "eve";
  CHECK(removed(rig, "customer", ada).http_status() == 204);
  const Reply cleared = read_of(rig, "order", hers);
  CHECK(member(cleared, "/doc") == R"({"no":1})");
  CHECK(cleared.meta("etag") == "\"2\"");
  CHECK(member(cleared, "/created_by") == "ada");
  CHECK(member(cleared, "/updated_by") == "eve");
  CHECK(member(read_of(rig, "order", his), "/version") == "1");
  // What is emptied must be a record of its form still.
  const auto seventh = rig.create(naming("customer", bob, 7), "order");
  const Reply refused = removed(rig, "customer", bob);
  CHECK(refused.http_status() == 409);
  CHECK(refused.error_code() == "referrer_refused");
  CHECK(refused.message() ==
        "record '" + seventh + "' of form 'order' names what is to be deleted and cannot be cleared: seven");
  CHECK(member(read_of(rig, "order", his), "/version") == "1");
  CHECK(read_of(rig, "customer", bob).ok());
}

TEST_CASE("forms on_delete: a field that is read-only by now is not cleared, and so nothing is deleted", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "clear", R"(,"read_only":"old.no == 2")"));
  const auto ada = rig.create("{}", "customer");
  const auto id = rig.create(naming("customer", ada, 2), "order");
  CHECK(removed(rig, "customer", ada).message() ==
        "record '" + id +
            "' of form 'order' names what is to be deleted and cannot be cleared: /customer is read-only, or the "
            "form's logic gives it");
  CHECK(read_of(rig, "customer", ada).ok());
}

TEST_CASE("forms on_delete: cascade takes records along, and what those are named by, all or none", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "cascade"));
  rig.publish(referring_form("line", "order", "order", "cascade"));
  rig.publish(referring_form("invoice", "order", "order", "restrict"));
  const auto ada = rig.create("{}", "customer"), bob = rig.create("{}", "customer");
  const auto hers = rig.create(naming("customer", ada), "order"), his = rig.create(naming("customer", bob), "order");
  const auto line = rig.create(naming("order", hers), "line"), other = rig.create(naming("order", his), "line");
  const auto invoice = rig.create(naming("order", hers), "invoice");
  const Reply refused = removed(rig, "customer", ada);
  CHECK(refused.error_code() == "referenced");
  CHECK(refused.message() ==
        "found 1 records of form 'invoice' whose 'order' names what is to be deleted: change or delete them first");
  for (const auto& [form, id] : {std::pair("customer", ada), {"order", hers}, {"line", line}})
    CHECK(read_of(rig, form, id).ok());
  CHECK(removed(rig, "invoice", invoice).http_status() == 204);
  CHECK(removed(rig, "customer", ada).http_status() == 204);
  for (const auto& [form, id] : {std::pair("customer", ada), {"order", hers}, {"line", line}})
    CHECK(read_of(rig, form, id).code() == Code::not_found);
  for (const auto& [form, id] : {std::pair("customer", bob), {"order", his}, {"line", other}})
    CHECK(member(read_of(rig, form, id), "/version") == "1");
}

TEST_CASE("forms on_delete: what goes along holds nothing back, and a circle ends", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(
      R"~({"form":"node","schema":{"type":"object","properties":{"up":{"type":"string"},"held":{"type":"string"}}},
      "logic":{"up":{"reference":"node","on_delete":"cascade"},"held":{"reference":"node","on_delete":"restrict"}}})~");
  const auto top = rig.create("{}", "node");
  const auto below = rig.create(R"({"up":")" + top + R"(","held":")" + top + "\"}", "node");
  REQUIRE(rig.ask("change", R"({"up":")" + below + "\"}", {{"form", "node"}, {"id", top}}).ok());
  CHECK(removed(rig, "node", top).http_status() == 204);
  CHECK(read_of(rig, "node", below).code() == Code::not_found);
}

TEST_CASE("forms on_delete: what a batch keeps must not name what its deletions take along", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(
      R"~({"form":"node","schema":{"type":"object","properties":{"up":{"type":"string"},"held":{"type":"string"},
      "see":{"type":"string"}}},"logic":{"up":{"reference":"node","on_delete":"cascade"},
      "held":{"reference":"node","on_delete":"restrict"},"see":{"reference":"node"}}})~");
  const auto top = rig.create("{}", "node");
  const auto child = rig.create(R"({"up":")" + top + "\"}", "node");
  const std::string removal = R"({"op":"delete","id":")" + top + "\"}]";
  const auto refused = [&](const std::string& kept, const std::string& pointer) {
    const Reply reply = rig.ask("batch", "[" + kept + "," + removal, {{"form", "node"}});
    CHECK(reply.http_status() == 422);
    CHECK_THAT(std::string(reply.text()), Contains(R"([{"pointer":")" + pointer + R"(","code":"reference")"));
    CHECK(read_of(rig, "node", top).ok());
    CHECK(read_of(rig, "node", child).ok());
  };
  refused(R"({"op":"create","doc":{"held":")" + child + "\"}}", "/0/doc/held");
  refused(R"({"op":"create","doc":{"see":")" + child + "\"}}", "/0/doc/see");
  const auto holder = rig.create(R"({"held":")" + child + "\"}", "node");
  refused(R"({"op":"patch","id":")" + holder + R"(","doc":{}})", "/0/doc/held");
  const std::string moved = R"({"op":"patch","id":")" + holder + R"(","doc":{"held":null}})";
  CHECK(rig.ask("batch", "[" + moved + "," + removal, {{"form", "node"}}).ok());
  CHECK(read_of(rig, "node", child).code() == Code::not_found);
}

TEST_CASE("forms on_delete: why a record cannot be cleared is told to those only who may read it", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "clear", "",
                             R"(,"checks":[{"id":"none","when":"no == 7 && customer == null","message":"seven"}],)"
                             R"("access":{"create":"true","update":"true","read":"user.id == 'ada'"})"));
  const auto bob = rig.create("{}", "customer");
  const auto seventh = rig.create(naming("customer", bob, 7), "order");
  const std::string begun =
      "record '" + seventh + "' of form 'order' names what is to be deleted and cannot be cleared: ";
  rig.principal = "eve";
  CHECK(removed(rig, "customer", bob).message() == begun + "its form objects to something that you may not see");
  rig.principal = "ada";
  CHECK(removed(rig, "customer", bob).message() == begun + "seven");
}

TEST_CASE("forms on_delete: a text that can be no record's id is an unknown reference", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "restrict"));
  const Reply refused = rig.ask("create", naming("customer", std::string(250, 'a')), {{"form", "order"}});
  CHECK(refused.http_status() == 422);
  CHECK_THAT(std::string(refused.text()), Contains(R"([{"pointer":"/customer","code":"reference")"));
}

TEST_CASE("forms on_delete: in a batch the row is told, and rows that go together hold nothing back", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(referring_form("leave", "boss", "leave", "restrict"));
  const auto boss = rig.create("{}"), one = rig.create(naming("boss", boss)), two = rig.create(naming("boss", one));
  const auto removal = [](const std::string& id) { return R"({"op":"delete","id":")" + id + "\"}"; };
  const Reply refused = rig.ask("batch", "[" + removal(two) + "," + removal(boss) + "]");
  CHECK(refused.error_code() == "referenced");
  CHECK_THAT(std::string(refused.text()), Contains(R"([{"pointer":"/1","code":"referenced")"));
  // One that names it no longer after the same batch.
  const std::string moved = R"({"op":"patch","id":")" + one + R"(","doc":{"boss":null}})";
  CHECK(rig.ask("batch", "[" + moved + "," + removal(boss) + "]").ok());
  CHECK(rig.ask("batch", "[" + removal(one) + "," + removal(two) + "]").ok());
}

TEST_CASE("forms on_delete: a reference that comes while its record is deleted is seen", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "restrict"));
  rig.publish(referring_form("note", "about", "customer", "cascade"));
  const auto ada = rig.create("{}", "customer"), bob = rig.create("{}", "customer");
  rig.before_write = [&] { rig.create(naming("customer", ada), "order"); };
  CHECK(removed(rig, "customer", ada).error_code() == "referenced");
  std::string note;
  rig.before_write = [&] { note = rig.create(naming("about", bob), "note"); };
  CHECK(removed(rig, "customer", bob).http_status() == 204);
  CHECK(read_of(rig, "note", note).code() == Code::not_found);
  // And one that is written after its record has gone is refused as any other.
  CHECK_THAT(std::string(rig.ask("create", naming("about", bob), {{"form", "note"}}).text()),
             Contains(R"("pointer":"/about","code":"reference")"));
}

TEST_CASE("forms on_delete: who may not change or delete the referring records may not delete what they name",
          "[forms]") {
  FakeHost host;
  Rig rig(host);
  const std::string access = R"(,"access":{"create":"true","read":"true","update":"user.id == 'eve'"})";
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "clear", "", access));
  rig.publish(referring_form("note", "about", "customer", "cascade", "", access));
  const auto ada = rig.create("{}", "customer"), bob = rig.create("{}", "customer");
  const auto order = rig.create(naming("customer", ada), "order"), note = rig.create(naming("about", bob), "note");
  CHECK(removed(rig, "customer", ada).message() ==
        "the access rules of form 'order' do not let you update this record");
  const Reply refused = removed(rig, "customer", bob);
  CHECK(refused.http_status() == 403);
  CHECK(refused.message() == "the access rules of form 'note' do not let you delete this record");
  CHECK(read_of(rig, "customer", ada).ok());
  CHECK(read_of(rig, "note", note).ok());
  rig.principal = "eve";
  CHECK(removed(rig, "customer", ada).http_status() == 204);
  CHECK(removed(rig, "customer", bob).http_status() == 204);
  CHECK(member(read_of(rig, "order", order), "/doc") == R"({"no":1})");
}

TEST_CASE("forms on_delete: more referring records than one write holds are counted, and nothing happens", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", "cascade"));
  const auto ada = rig.create("{}", "customer");
  for (const int block : {400, 400, 201}) {
    std::string body = "[";
    for (int i = 0; i < block; ++i)
      body += (i > 0 ? "," : "") + (R"({"op":"create","doc":)" + naming("customer", ada)) + "}";
    REQUIRE(rig.ask("batch", body + "]", {{"form", "order"}}).ok());
  }
  const Reply refused = removed(rig, "customer", ada);
  CHECK(refused.http_status() == 409);
  CHECK(refused.error_code() == "too_many_referrers");
  CHECK(refused.message() ==
        "found 1001 records of form 'order' whose 'customer' names what is to be deleted; one deletion changes at most "
        "1000 records of together 16 MiB: delete or change some of them first");
  CHECK(member(rig.ask("list", "", {{"form", "order"}, {"count", "exact"}}), "/count") == "1001");
  CHECK(read_of(rig, "customer", ada).ok());
}

TEST_CASE("forms on_delete: it is what the form says now, and without it a reference leads nowhere", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(customer_form);
  rig.publish(referring_form("order", "customer", "customer", ""));
  const auto ada = rig.create("{}", "customer"), bob = rig.create("{}", "customer");
  const auto hers = rig.create(naming("customer", ada), "order");
  rig.create(naming("customer", bob), "order");
  // Records of before are found too: by the index.
  rig.publish(referring_form("order", "customer", "customer", "restrict"), "1.1.0");
  CHECK(removed(rig, "customer", ada).error_code() == "referenced");
  rig.publish(referring_form("order", "customer", "customer", ""), "1.2.0");
  CHECK(removed(rig, "customer", ada).http_status() == 204);
  CHECK(member(read_of(rig, "order", hers), "/doc/customer") == ada);
}

TEST_CASE("forms on_delete: a deletion survives being cancelled at any of its await points", "[forms]") {
  const std::string customer = "0199e0f1-8c6e-7abc-8def-000000000001", order = "0199e0f1-8c6e-7abc-8def-000000000002";
  const unsigned points = for_each_await_point([&](FakeHost& host, unsigned) {
    Rig rig(host, Answers::later);
    const auto store = [&](Method method, const std::string& request) {
      REQUIRE_FALSE(rig.store.call("acme", method, json::Document::parse(request)->root()).failed);
    };
    for (const char* name : {"f:customer", "f:order", "forms:referred", "forms:referrers"})
      store(Method::declare, R"({"collection":")" + std::string(name) + R"(","indexes":[]})");
    const auto put = [](const std::string& collection, const std::string& id, const std::string& doc) {
      return R"({"op":"put","collection":")" + collection + R"(","id":")" + id + R"(","doc":)" + doc + "}";
    };
    const auto kept = [](const std::string& doc) {
      return R"({"created_by":"ada","updated_by":"ada","model_version":"1.0.0","doc":)" + doc + "}";
    };
    store(Method::write, "{\"operations\":[" + put("f:customer", customer, kept("{}")) + "," +
                             put("f:order", order, kept(naming("customer", customer))) + "," +
                             put("forms:referrers", "customer/order", R"({"target":"customer","form":"order"})") +
                             "]}");
    rig.published["customer"] = {{"1.0.0", "hc", customer_form}};
    rig.published["order"] = {{"1.0.0", "ho", referring_form("order", "customer", "customer", "clear")}};
    const Reply reply = removed(rig, "customer", customer);
    if (!reply.ok()) CHECK(reply.code() == Code::cancelled);
    const auto stored = rig.store.call(
        "acme", Method::get, json::Document::parse(R"({"collection":"f:order","id":")" + order + "\"}")->root());
    if (reply.ok()) CHECK_THAT(stored.text, Contains(R"("doc":{"no":1})"));
  });
  CHECK(points >= 8);
}
