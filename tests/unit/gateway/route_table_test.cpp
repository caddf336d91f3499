// route_table_test.cpp: which route a path finds, which routes are refused, and what parameters are worth.
#include <catch2/catch.hpp>

#include "params.hpp"
#include "route_table.hpp"

using namespace socle::gateway;

namespace {

Route make(Method method, std::string path, std::vector<Param> params = {}, std::string plugin = "p") {
  Route r;
  r.method = method;
  r.path = std::move(path);
  r.params = std::move(params);
  r.plugin = std::move(plugin);
  return r;
}

Param query(std::string name, ParamType type, bool required = false) {
  Param p;
  p.name = std::move(name);
  p.type = type;
  p.required = required;
  return p;
}

std::string found(const RouteTable& table, Method method, std::string_view path) {
  const Match m = table.find(method, path);
  return m.route ? m.route->path : m.known_path ? "405 " + allow_text(m.allow) : "404";
}

}  // namespace

TEST_CASE("routes: literals win over suffixed parameters, these over plain ones, with backtracking", "[gateway]") {
  RouteTable t;
  for (const char* path :
       {"/", "/v1/forms/{form}", "/v1/forms/compile", "/v1/forms/{form}/records", "/v1/forms/{form}/records/{id}",
        "/v1/forms/{form}/records:batch", "/v1/rules/{set}:test", "/v1/forms/compile/log"}) {
    REQUIRE(t.add(make(Method::get, path)));
  }
  CHECK(found(t, Method::get, "/") == "/");
  CHECK(found(t, Method::get, "/v1/forms/compile") == "/v1/forms/compile");
  CHECK(found(t, Method::get, "/v1/forms/leave") == "/v1/forms/{form}");
  CHECK(found(t, Method::get, "/v1/forms/compile/records") == "/v1/forms/{form}/records");
  CHECK(found(t, Method::get, "/v1/forms/x/records:batch") == "/v1/forms/{form}/records:batch");
  CHECK(found(t, Method::get, "/v1/rules/loan:test") == "/v1/rules/{set}:test");
  CHECK(found(t, Method::get, "/v1/rules/loan") == "404");
  CHECK(found(t, Method::get, "/v1/forms/") == "404");
  CHECK(found(t, Method::get, "/v1/forms/x/records/a%2Fb") == "/v1/forms/{form}/records/{id}");
  CHECK(found(t, Method::get, "/v1/%66orms/compile") == "/v1/forms/compile");
  CHECK(found(t, Method::get, "//v1/forms/x") == "404");
}

TEST_CASE("routes: a body that is not taken is told why, with the charset that it names", "[gateway]") {
  const Route json;
  CHECK_FALSE(unsuited(json, "application/json; charset=\"UTF-8\""));
  CHECK(unsuited(json, "text/plain; charset=latin1").detail ==
        "This route does not accept a body of this Content-Type.");
  const Refusal other = unsuited(json, "application/json; charset=\"latin1\"");
  CHECK(other.status == 415);
  CHECK(other.detail == "JSON is UTF-8: send it with charset=utf-8, or without a charset");
  CHECK(other.found == "latin1");
  CHECK_FALSE(takes(json, "application/json; charset=latin1"));
}

TEST_CASE("routes: a known path with another method tells what is allowed", "[gateway]") {
  RouteTable t;
  REQUIRE(t.add(make(Method::get, "/a/{x}")));
  REQUIRE(t.add(make(Method::remove, "/a/{x}")));
  REQUIRE(t.add(make(Method::put, "/a/b")));
  CHECK(found(t, Method::post, "/a/c") == "405 GET, HEAD, DELETE, OPTIONS");
  CHECK(found(t, Method::post, "/a/b") == "405 GET, HEAD, PUT, DELETE, OPTIONS");
  CHECK(found(t, Method::get, "/a/b") == "/a/{x}");
  CHECK(found(t, Method::head, "/a/b") == "/a/{x}");
}

TEST_CASE("routes: a conflict names both owners, and a bad route says what is wrong", "[gateway]") {
  RouteTable t;
  REQUIRE(t.add(make(Method::get, "/a/{x}", {}, "one")));
  const auto clash = t.add(make(Method::get, "/a/{y}", {}, "two"));
  REQUIRE_FALSE(clash);
  CHECK(clash.error().code == socle::Code::conflict);
  CHECK(clash.error().message == "route GET /a/{y} of plugin 'two' is taken by plugin 'one' (/a/{x})");
  for (const char* path : {"", "a", "/{}", "/{x}y", "/x{y}", "/{x", "/{a}/{a}", "/{a}:b}"}) {
    CAPTURE(path);
    const auto bad = t.add(make(Method::post, path));
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == socle::Code::invalid);
  }
  const auto head = t.add(make(Method::head, "/h"));
  REQUIRE_FALSE(head);
  CHECK(head.error().message ==
        "route HEAD /h of plugin 'p': the method must be GET, POST, PUT, PATCH or DELETE; HEAD and OPTIONS follow from "
        "these");
  const auto reserved = t.add(make(Method::post, "/q", {query("http.method", ParamType::string)}));
  REQUIRE_FALSE(reserved);
  CHECK(reserved.error().message ==
        "route POST /q of plugin 'p': parameter http.method: names under http. and stream. belong to the gateway");
}

TEST_CASE("routes: a search does bounded work on hostile paths", "[gateway]") {
  RouteTable t;
  std::string deep;
  for (std::size_t i = 0; i < max_path_params; ++i) deep += "/{p" + std::to_string(i) + "}";
  REQUIRE(t.add(make(Method::get, deep)));
  std::string path;
  for (int i = 0; i < 4000; ++i) path += "/a";
  CHECK(found(t, Method::get, path) == "404");
}

TEST_CASE("params: a query of more parameters than the limit is refused and not cut", "[gateway]") {
  RouteTable t;
  REQUIRE(t.add(make(Method::get, "/r", {query("last", ParamType::integer)})));
  std::string most;
  for (std::size_t i = 1; i < Params::max_query; ++i) most += "a=1&";
  const std::string one_more = most + "b=1&last=7";
  most += "last=7";
  Params p;
  p.read(t.find(Method::get, "/r"), most);
  REQUIRE(p.faults().empty());
  CHECK(p.values()[0].value == "7");
  p.clear();
  p.read(t.find(Method::get, "/r"), one_more);
  REQUIRE(p.faults().size() == 1);
  CHECK(p.status() == 400);
  CHECK(p.faults()[0].pointer == "/query");
  CHECK(p.faults()[0].code == "too_many");
  CHECK(p.faults()[0].message == "has more than 128 parameters, which is the limit");
}

TEST_CASE("params: values are decoded, typed, bounded and defaulted", "[gateway]") {
  RouteTable t;
  Param limit = query("limit", ParamType::integer);
  limit.minimum = 1;
  limit.maximum = 200;
  limit.fallback = "50";
  Param name = query("name", ParamType::string, true);
  name.max_length = 8;
  REQUIRE(t.add(make(Method::get, "/r/{id}",
                     {limit, name, query("ratio", ParamType::number), query("deep", ParamType::boolean)})));
  Params p;
  p.read(t.find(Method::get, "/r/a%20%E2%82%AC"), "name=x+y%2B&ratio=-1.5e3&deep=true&other=1&http.method=x");
  REQUIRE(p.faults().empty());
  std::string all;
  for (const ParamValue& v : p.values()) all.append(v.name).append("=").append(v.value).append(";");
  CHECK(all == "id=a \xe2\x82\xac;name=x y+;ratio=-1.5e3;deep=true;limit=50;");

  struct Case {
    const char* query;
    int status;
    const char* pointer;
    const char* code;
  };
  for (const Case& c : std::vector<Case>{{"", 400, "/query/name", "required"},
                                         {"name=x&limit=0", 422, "/query/limit", "minimum"},
                                         {"name=x&limit=201", 422, "/query/limit", "maximum"},
                                         {"name=x&limit=1.5", 400, "/query/limit", "type"},
                                         {"name=x&limit=", 400, "/query/limit", "type"},
                                         {"name=x&limit=99999999999999999999", 400, "/query/limit", "type"},
                                         {"name=x&ratio=nan", 400, "/query/ratio", "type"},
                                         {"name=x&deep=yes", 400, "/query/deep", "type"},
                                         {"name=123456789", 422, "/query/name", "max_length"},
                                         {"name=x&name=y", 400, "/query/name", "repeated"},
                                         {"name=%zz", 400, "/query/name", "encoding"},
                                         {"name=%00", 400, "/query/name", "encoding"},
                                         {"name=%ff", 400, "/query/name", "encoding"}}) {
    CAPTURE(c.query);
    p.clear();
    p.read(t.find(Method::get, "/r/1"), c.query);
    REQUIRE(p.faults().size() == 1);
    CHECK(p.status() == c.status);
    CHECK(p.faults()[0].pointer == c.pointer);
    CHECK(p.faults()[0].code == c.code);
  }
  p.clear();
  p.read(t.find(Method::get, "/r/%ff"), "limit=x");
  CHECK(p.faults().size() == 3);
}
