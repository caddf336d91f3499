// operation_record_test.cpp: what the audit trail calls an operator's command and what it was about.
#include <catch2/catch.hpp>

#include "control/operation_record.hpp"

using socle::control::operation_of;

TEST_CASE("operation: a plugin is named by its folder, however its path is written", "[control]") {
  for (const char* path : {"hello", "/srv/hello", "/srv/hello/", "./hello//"}) {
    const auto found = operation_of({"plugin", "load", path});
    REQUIRE(found);
    CHECK(found->name == "plugin.load");
    CHECK(found->target == "plugins/hello");
  }
  CHECK_FALSE(operation_of({"plugin", "list"}));
}
