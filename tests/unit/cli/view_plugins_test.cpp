// view_plugins_test.cpp: generations and reports as tables.
#include <catch2/catch.hpp>

#include "cli/views.hpp"
#include "reading.hpp"

namespace socle::cli {

TEST_CASE("view: plugin list has one line a generation", "[cli]") {
  const Reading answer(R"({"plugins":[{"plugin":"gateway","version":"1.0.0","generation":1,"state":"active",
    "reason":"","home":"kernel","active_since":"2026-11-21T05:35:21.792344Z","crashes":0,"restarts":0,"in_flight":2,
    "calls":1234567,"kernel_errors":3,"resident_bytes":2097152},
    {"plugin":"底座","version":"1.0.0","generation":12,"state":"found","home":"kernel"}]})");
  CHECK(view_plugins(answer, false) ==
        "PLUGIN   VERSION  GENERATION  STATE   HOME    IN FLIGHT      CALLS  ERRORS  CRASHES  RESTARTS  MEMORY  ACTIVE "
        "SINCE (UTC)\n"
        "gateway  1.0.0             1  active  kernel          2  1,234,567       3        0         0   2 MiB  "
        "2026-11-21 05:35:21\n"
        "底座     1.0.0            12  found   kernel          -          -       -        -         -       -  -\n");
}

TEST_CASE("view: plugin list says why a generation is still mapped", "[cli]") {
  const Reading answer(R"({"plugins":[{"plugin":"a","state":"retained","reason":"a thread of it runs"}]})");
  const std::string text = view_plugins(answer, false);
  CHECK(text.find("STILL MAPPED BECAUSE") != std::string::npos);
  CHECK(text.find("a thread of it runs") != std::string::npos);
}

TEST_CASE("view: an empty plugin list says how to load one", "[cli]") {
  CHECK(view_plugins(Reading(R"({"plugins":[]})"), false) ==
        "no plugin is loaded; `socle plugin load PATH` loads one\n");
}

TEST_CASE("view: plugin show tells of the last generation and lists all", "[cli]") {
  const Reading answer(R"({"plugin":"hello","generations":[{"version":"1.0.0","generation":3,"state":"unmapped"},
    {"version":"1.1.0","generation":4,"state":"active","sha256":"ab12","path":"/p/hello","signed_by":"",
     "state_mode":"none","load_ms":2.87,"frames":0,"timers":1,"watches":0,"connections":0}],
    "provides":["hello/1","bye/1"],"requires":[],"describe":"greets"})");
  const std::string text = view_plugin(answer, false);
  CHECK(text.find("plugin     hello\nwhat       greets\nprovides   hello/1, bye/1\nrequires   -\n") == 0);
  CHECK(text.find("sha256     ab12\nsigned by  nobody\nloaded in  2.87 ms\n") != std::string::npos);
  CHECK(text.find("1.0.0             3  unmapped") != std::string::npos);
  CHECK(text.find("1.1.0             4  active") != std::string::npos);
}

TEST_CASE("view: plugin show lists the processes of cells with whose they are", "[cli]") {
  const Reading answer(R"({"plugin":"scripts","generations":[{"version":"1.0.0","generation":4,"state":"active",
    "home":"cell","cell":"per-tenant","cells_limit":64,"cells":[
      {"of":"","state":"serving","pid":101,"deaths":0,"last_death":"","in_flight":0,"idle_ms":1500,
       "resident_bytes":9437184,"pss_bytes":3145728},
      {"of":"acme","state":"down","pid":0,"deaths":3,"last_death":"killed by SIGSEGV","in_flight":2,"idle_ms":0,
       "resident_bytes":null,"pss_bytes":null}],
    "memory_bytes":66060288,"resident_bytes":9437184,"pss_bytes":3145728}],
    "provides":[],"requires":[],"describe":""})");
  const std::string text = view_plugin(answer, false);
  INFO(text);
  CHECK(text.find("per-tenant, 64 at most") != std::string::npos);
  CHECK(text.find("CELL OF") != std::string::npos);
  CHECK(text.find("everybody  serving  101   3 MiB") != std::string::npos);
  CHECK(text.find("acme       down       0       -") != std::string::npos);
  CHECK(text.find("memory     3 MiB with its part of what it shares; 9 MiB resident of 63 MiB mapped\n") !=
        std::string::npos);
  CHECK(text.find("killed by SIGSEGV") != std::string::npos);
}

TEST_CASE("view: the memory of a cell that cannot be looked into is a dash", "[cli]") {
  const Reading answer(R"({"plugin":"hello","generations":[{"version":"1.0.0","generation":4,"state":"active",
    "home":"cell","memory_bytes":null,"resident_bytes":null,"pss_bytes":null}]})");
  CHECK(view_plugin(answer, false).find("memory     -\n") != std::string::npos);
}

TEST_CASE("view: a swap's report has drain time, failed requests and final state", "[cli]") {
  const Reading answer(R"({"plugin":"hello","version":"1.1.0","outcome":"active","from":3,"to":5,"load_ms":2.87,
    "flip_ms":0.143896,"pause_ms":0,"drain_ms":0.174,"failed":0,"old_state":"unmapped"})");
  CHECK(view_report(answer, false) ==
        "hello 1.1.0: generation 3 → 5, active\n"
        "  load             2.87 ms\n"
        "  flip             144 µs\n"
        "  drain            174 µs\n"
        "  failed requests  0\n"
        "  old generation   unmapped\n");
}

TEST_CASE("view: a load's report speaks of no old generation", "[cli]") {
  const Reading answer(R"({"plugin":"hello","version":"1.0.0","outcome":"active","from":0,"to":3,"load_ms":9.284,
    "flip_ms":0.06,"pause_ms":0,"drain_ms":0,"failed":0,"old_state":""})");
  CHECK(view_report(answer, false) ==
        "hello 1.0.0: generation 3, active\n"
        "  load  9.28 ms\n"
        "  flip  60 µs\n");
}

TEST_CASE("view: a reverted canary is red and names the canary's end", "[cli]") {
  const Reading answer(R"({"plugin":"hello","version":"1.1.0","outcome":"reverted: too few calls","from":3,"to":4,
    "load_ms":1,"flip_ms":1,"pause_ms":0,"drain_ms":1,"failed":2,"old_state":"unmapped"})");
  const std::string text = view_report(answer, true);
  CHECK(text.find("\x1b[31mreverted: too few calls\x1b[0m") != std::string::npos);
  CHECK(text.find("canary generation") != std::string::npos);
}

}  // namespace socle::cli
