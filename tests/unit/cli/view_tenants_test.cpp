// view_tenants_test.cpp: tenants as people see them.
#include <catch2/catch.hpp>

#include "cli/views.hpp"
#include "reading.hpp"

namespace socle::cli {

TEST_CASE("view: tenants with their plan, state and where they come from", "[cli]") {
  const Reading answer(
      R"({"tenants":[{"tenant":"acme","plan":"free","state":"suspended","declared":false,"own_limits":2},
    {"tenant":"demo","plan":"","state":"active","declared":true,"own_limits":0}],"count":2})");
  CHECK(view_tenants(answer, false) ==
        "TENANT  PLAN  STATE      FROM          OWN LIMITS\n"
        "acme    free  suspended  socle tenant           2\n"
        "demo    -     active     system file            0\n");
  CHECK(view_tenants(Reading(R"({"tenants":[],"count":0})"), false) ==
        "no tenants; `socle tenant create ID` makes one\n");
}

TEST_CASE("view: a tenant's limits and use, with units where names have them", "[cli]") {
  const Reading answer(R"({"tenant":"acme","state":"active","plan":"free","declared":false,
    "limits":{"rate":0.5,"storage.bytes":1048576},"own":{"rate":0.5},
    "usage":{"storage.bytes":{"kind":"stock","level":2048,"limit":1048576},
             "calls":{"kind":"flow","last_minute":7,"total":1234}},
    "in_flight":3,"queued":1,"memory_bytes":4096,"memory_pressure":1})");
  CHECK(view_tenant(answer, false) ==
        "tenant               acme\n"
        "state                active\n"
        "plan                 free\n"
        "from                 socle tenant\n"
        "limit rate           0.5 (its own)\n"
        "limit storage.bytes  1 MiB\n"
        "used storage.bytes   2 KiB of 1 MiB\n"
        "used calls           7 in the last minute, 1,234 since the start\n"
        "in flight            3\n"
        "waiting              1\n"
        "memory               4 KiB, pressure 1 of 2\n");
}

}  // namespace socle::cli
