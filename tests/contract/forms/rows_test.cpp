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
  CHECK(many.message() ==
        "found 1001 records, drafts, different references (those with on_delete twice), files and sequences; one write "
        "holds at most 1000: send fewer at a time");
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
  // Beside what is expanded stands the same text as without; so does it in a list.
  const Reply plain = rig.ask("read", "", {{"form", "leave"}, {"id", id}});
  const std::string bare(plain.text());
  CHECK(std::string(one.text()).starts_with(bare.substr(0, bare.size() - 1) + ",\"expand\":{"));
  CHECK(plain.meta("etag") == one.meta("etag"));
  CHECK(std::string(rig.ask("list", "", {{"form", "leave"}}).text()) == "{\"items\":[" + bare + "],\"next\":null}");
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
             Contains(R"("code":"too_long","message":"'lines.product' leads to 1200 records; wanted at most 1000: )"
                      R"(lower `limit`, or leave it out of `expand`")"));
  auto single = all;
  single.emplace_back("limit", "1");
  CHECK(rig.ask("list", "", single).ok());
}

TEST_CASE("forms rows: what is expanded has at most 8 MiB, however often and by whichever name", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(product_form);
  rig.publish(order_form);
  const std::string large = R"({"name":")" + std::string(100 << 10, 'x') + "\"}";
  const auto too_long = [](const Reply& reply, const std::string& name) {
    INFO(std::string(reply.text()).substr(0, 1000));
    CHECK(reply.http_status() == 400);
    CHECK(reply.error_code() == "invalid_parameter");
    CHECK_THAT(std::string(reply.text()),
               Contains(R"("code":"too_long","message":"found more than 8 MiB of records when it came to ')" + name +
                        R"(': name fewer references, or list fewer at a time")"));
  };
  const auto one = rig.create(large, "product");
  const auto often = rig.create(order_of(std::vector<std::string>(1500, one)));
  too_long(rig.ask("read", "", {{"form", "leave"}, {"id", often}, {"expand", "lines.product"}}), "lines.product");
  CHECK(rig.ask("remove", "", {{"form", "leave"}, {"id", often}}).ok());
  // Different ones, more than are read at once.
  std::vector<std::string> different;
  for (int i = 0; i < 90; ++i) different.push_back(rig.create(large, "product"));
  const auto all = rig.create(order_of(different));
  too_long(rig.ask("read", "", {{"form", "leave"}, {"id", all}, {"expand", "lines.product"}}), "lines.product");
  CHECK(rig.ask("remove", "", {{"form", "leave"}, {"id", all}}).ok());
  different.resize(50);
  const auto some = rig.create(order_of(different));
  const Texts once{{"form", "leave"}, {"id", some}, {"expand", "lines.product"}};
  const Reply fits = rig.ask("read", "", once);
  REQUIRE(fits.ok());
  CHECK(member(fits, "/expand/lines.product/49/id") == different.back());
  const Reply repeated =
      rig.ask("read", "", {{"form", "leave"}, {"id", some}, {"expand", "lines.product,lines.product"}});
  CHECK(repeated.text() == fits.text());
  // All names and all records of a list count.
  too_long(rig.ask("read", "", {{"form", "leave"}, {"id", some}, {"expand", "lines.product,lines[].product"}}),
           "lines[].product");
  CHECK(rig.ask("list", "", {{"form", "leave"}, {"expand", "lines.product"}}).ok());
  rig.create(order_of(different));
  too_long(rig.ask("list", "", {{"form", "leave"}, {"expand", "lines.product"}}), "lines.product");
}
