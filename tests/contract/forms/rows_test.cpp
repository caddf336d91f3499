// rows_test.cpp: sub-tables whose rows name records of another form: looked for when they are written, expanded on
// request.
#include "rig.hpp"

using namespace forms_test;
using Catch::Contains;

namespace {

const std::string order_form =
    R"~({"form":"leave","schema":{"type":"object","properties":{"lines":{"type":"array","items":{
  "type":"object","properties":{"product":{"type":"string"},"also":{"type":"array","items":{"type":"string"}}}}}}},
  "logic":{"lines[].product":{"reference":"product"},"lines[].also":{"reference":"product"}}})~";
const std::string product_form =
    R"~({"form":"product","schema":{"type":"object","properties":{"name":{"type":"string"}}},"access":{"read":"record.name != 'secret'"}})~";
const std::string no_product = "0199e0f1-8c6e-7abc-8def-0123456789ab";

std::string order_line(const std::string& product) { return R"({"product":")" + product + "\"}"; }
std::string order_of(const std::vector<std::string>& products) {
  std::string out = "{\"lines\":[";
  for (const auto& one : products) out += (out.back() == '[' ? "" : ",") + order_line(one);
  return out + "]}";
}

}  // namespace

TEST_CASE("forms rows: what a row names must be there when it is written, else its cell is told", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(product_form);
  rig.publish(order_form);
  const auto apple = rig.create(R"({"name":"Apple"})", "product");
  const Reply bad = rig.ask("create", order_of({apple, "", apple, no_product}));
  CHECK(bad.http_status() == 422);
  CHECK_THAT(std::string(bad.text()), Contains(R"("pointer":"/lines/3/product","code":"reference","message":)"
                                               R"("there is no such record in product")"));
  const Reply several = rig.ask("create", R"({"lines":[{"also":[")" + apple + "\",\"" + no_product + "\"]}]}");
  CHECK_THAT(std::string(several.text()), Contains(R"("pointer":"/lines/0/also/1","code":"reference")"));
  const Reply typed = rig.ask("create", order_of({"no id \\u0000"}));
  CHECK(typed.http_status() == 422);
  CHECK_THAT(std::string(typed.text()), Contains(R"("pointer":"/lines/0/product","code":"reference")"));
  const Reply batch = rig.ask("batch", "[{\"op\":\"create\",\"doc\":" + order_of({apple}) +
                                           "},{\"op\":\"create\",\"doc\":" + order_of({apple, no_product}) + "}]");
  CHECK_THAT(std::string(batch.text()), Contains(R"("pointer":"/1/doc/lines/1/product","code":"reference")"));
  const auto id = rig.create(order_of({apple}));
  const Reply patched = rig.ask("change", order_of({no_product}), {{"form", "leave"}, {"id", id}});
  CHECK_THAT(std::string(patched.text()), Contains(R"("pointer":"/lines/0/product","code":"reference")"));
  CHECK(member(rig.ask("list", "", {{"form", "leave"}, {"count", "exact"}}), "/count") == "1");
}

TEST_CASE("forms rows: what many rows name counts once against the bound of a write", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(product_form);
  rig.publish(order_form);
  const auto apple = rig.create(R"({"name":"Apple"})", "product");
  CHECK(rig.ask("create", order_of(std::vector<std::string>(1500, apple))).http_status() == 201);
  std::vector<std::string> different;
  for (int i = 1000; i < 2000; ++i) different.push_back("0199e0f1-8c6e-7abc-8def-00000000" + std::to_string(i));
  const Reply many = rig.ask("create", order_of(different));
  CHECK(many.code() == Code::too_large);
  CHECK(many.error_code() == "batch_too_large");
}

TEST_CASE("forms rows: a column is expanded row by row, as the caller may see it", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(product_form);
  rig.publish(order_form);
  const auto apple = rig.create(R"({"name":"Apple"})", "product");
  const auto secret = rig.create(R"({"name":"secret"})", "product");
  const auto id = rig.create(R"({"lines":[)" + order_line(apple) + ",{}," + order_line(secret) + R"(,{"also":[")" +
                             secret + "\",\"" + apple + "\"]}]}");
  const Reply one = rig.ask("read", "", {{"form", "leave"}, {"id", id}, {"expand", "lines.product,lines[].also"}});
  INFO(one.text());
  CHECK(member(one, "/expand/lines.product/0/doc/name") == "Apple");
  CHECK(member(one, "/expand/lines.product/1") == "null");
  CHECK(member(one, "/expand/lines.product/2") == "null");
  CHECK(member(one, "/expand/lines[].also/0") == "null");
  CHECK(member(one, "/expand/lines[].also/3/0") == "null");
  CHECK(member(one, "/expand/lines[].also/3/1/id") == apple);
  CHECK(member(rig.ask("list", "", {{"form", "leave"}, {"expand", "lines.product"}}),
               "/items/0/expand/lines.product/0/id") == apple);
  const Reply none = rig.ask("read", "", {{"form", "leave"}, {"id", id}, {"expand", "lines"}});
  CHECK(none.http_status() == 400);
  CHECK_THAT(std::string(none.text()), Contains(R"("code":"unknown_reference","message":"'lines' is no reference")"));
}

TEST_CASE("forms rows: a list that leads to more records than one answer holds says so", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(product_form);
  rig.publish(order_form);
  std::vector<std::string> products;
  for (int block = 0; block < 3; ++block) {
    std::string body = "[";
    for (int i = 0; i < 400; ++i) body += (i > 0 ? "," : "") + std::string(R"({"op":"create","doc":{"name":"n"}})");
    const Reply made = rig.ask("batch", body + "]", {{"form", "product"}});
    REQUIRE(made.ok());
    for (int i = 0; i < 400; ++i) products.push_back(member(made, "/results/" + std::to_string(i) + "/id"));
  }
  rig.create(order_of({products.begin(), products.begin() + 600}));
  rig.create(order_of({products.begin() + 600, products.end()}));
  const Texts all{{"form", "leave"}, {"expand", "lines.product"}};
  const Reply both = rig.ask("list", "", all);
  CHECK(both.http_status() == 400);
  CHECK_THAT(std::string(both.text()),
             Contains(R"("message":"'lines.product' leads to more than 1000 records: list fewer at a time")"));
  auto single = all;
  single.emplace_back("limit", "1");
  CHECK(rig.ask("list", "", single).ok());
}
