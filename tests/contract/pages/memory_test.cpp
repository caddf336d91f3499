// memory_test.cpp: the forms that pages are made of are memory of the tenant they were compiled for, and their layouts
// keep none of them.
#include "rig.hpp"

using namespace pages_test;

TEST_CASE("pages memory: a form is charged until it is given up, though its page was laid out", "[pages]") {
  FakeHost host;
  Rig rig(host);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(is_page(rig.ask("blank", of_visit)));
    REQUIRE(is_page(rig.ask("list", of_visit)));
    CHECK(host.held("acme") > 4'000);
    REQUIRE(rig.ask("forget").ok());
    CHECK(host.held("acme") == 0);
  }
}

TEST_CASE("pages memory: a layout is of its form alone, also where another form lay before", "[pages]") {
  FakeHost host;
  Rig rig(host);
  for (int i = 0; i < 20; ++i) {
    const std::string name = "f" + std::to_string(i), field = "field" + std::to_string(i);
    rig.forms = {{name, R"({"form":")" + name + R"(","schema":{"type":"object","properties":{")" + field +
                            R"(":{"type":"string"}}}})"}};
    const Reply page = rig.ask("blank", {{"form", name}});
    REQUIRE(is_page(page));
    CHECK(has(page, "name=\"/" + field + "\""));
    REQUIRE(rig.ask("forget").ok());
  }
  CHECK(host.held("acme") == 0);
}

TEST_CASE("pages memory: a page without room for its form says so, with the status of it", "[pages]") {
  FakeHost host;
  Rig rig(host);
  host.set_memory("acme", 2000);
  const Reply page = rig.ask("blank", of_visit);
  INFO(page.text());
  CHECK(page.http_status() == 413);  // it would not fit if nothing else were there
  host.set_memory("acme", std::size_t{8} << 20);
  CHECK(is_page(rig.ask("blank", of_visit)));
}
