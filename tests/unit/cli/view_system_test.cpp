// view_system_test.cpp: status, doctor and top as people see them.
#include <catch2/catch.hpp>

#include "cli/views.hpp"
#include "reading.hpp"

namespace socle::cli {

TEST_CASE("view: status shows health, counts and addresses", "[cli]") {
  const Reading answer(R"({"status":"ok","plugins":2,"workers":2,"tenants":1000,"draining":0,"retained":1,
    "late_replies":0,"payloads":1,"routes_version":4,"control":"/d/c","data":"/d","file":"/s.yaml","pid":16181,
    "listeners":{"http":"127.0.0.1:8080","ops":"127.0.0.1:9090"}})");
  CHECK(view_status(answer, false) ==
        "status          ok\n"
        "plugins         2 active, 0 draining, 1 retained\n"
        "tenants         1,000\n"
        "workers         2\n"
        "listener http   127.0.0.1:8080\n"
        "listener ops    127.0.0.1:9090\n"
        "late replies    0\n"
        "payloads        1\n"
        "routes version  4\n"
        "pid             16181\n"
        "manifest        /s.yaml\n"
        "data            /d\n"
        "control         /d/c\n");
}

TEST_CASE("view: status and top count cells where there are any", "[cli]") {
  CHECK(view_status(Reading(R"({"status":"ok","cells":12})"), false).find("cells           12\n") != std::string::npos);
  CHECK(view_status(Reading(R"({"status":"ok","cells":0})"), false).find("cells ") == std::string::npos);
  const Reading top(R"({"plugins":[{"plugin":"gateway","generation":1,"state":"active","calls":1},
    {"plugin":"scripts","generation":2,"state":"active","calls":2,"cells":3}],"tenants":[],"workers":[]})");
  const std::string table = view_top(top, nullptr, {}, false);
  INFO(table);
  CHECK(table.find("ERRORS  CELLS\n") != std::string::npos);
  CHECK(table.find("gateway") < table.find("scripts"));
  const std::string scripts = table.substr(table.find("scripts"));
  CHECK(scripts.substr(0, scripts.find('\n')).ends_with(" 3"));
}

TEST_CASE("view: status tells of threads that hang", "[cli]") {
  CHECK(view_status(Reading(R"({"status":"ok","lost_threads":2})"), false).find("lost threads") != std::string::npos);
  CHECK(view_status(Reading(R"({"status":"ok","lost_threads":0})"), false).find("lost threads") == std::string::npos);
}

TEST_CASE("view: doctor marks each check and advises where one fails", "[cli]") {
  const Reading answer(R"({"checks":[{"check":"open files","ok":true,"found":"20000 allowed","advice":""},
    {"check":"disk","ok":false,"found":"1 MiB free","advice":"free some space"}],"ok":false})");
  CHECK(view_doctor(answer, false) ==
        "✓ open files  20000 allowed\n"
        "✗ disk        1 MiB free\n"
        "              → free some space\n"
        "1 check fails\n");
}

TEST_CASE("view: doctor advises where it warns, which is no failure", "[cli]") {
  const Reading answer(R"({"checks":[{"check":"disk","ok":true,"warning":false,"found":"much","advice":""},
    {"check":"trust","ok":true,"warning":true,"found":"no key","advice":"sign"}],"ok":true})");
  CHECK(view_doctor(answer, false) ==
        "✓ disk   much\n"
        "! trust  no key\n"
        "         → sign\n"
        "all is well, 1 warning\n");
}

TEST_CASE("view: doctor without a failing check says so", "[cli]") {
  const Reading answer(R"({"checks":[{"check":"disk","ok":true,"found":"much","advice":""}],"ok":true})");
  CHECK(view_doctor(answer, true) == "\x1b[32m✓\x1b[0m disk  much\n\x1b[32mall is well\x1b[0m\n");
}

TEST_CASE("view: top shows plugins and workers, once without a rate", "[cli]") {
  const Reading answer(R"({"plugins":[{"plugin":"gateway","generation":1,"state":"active","calls":5000,
    "kernel_errors":0,"p99_us":1234.5,"in_flight":2}],
    "workers":[{"worker":0,"turns":44,"idle":true,"connections":3,"running":""},
               {"worker":1,"turns":9,"idle":false,"connections":0,"running":"gateway"}]})");
  CHECK(view_top(answer, nullptr, sample_of(answer, {}), false) ==
        "PLUGIN   GENERATION  STATE   CALLS      P99  IN FLIGHT  ERRORS\n"
        "gateway           1  active  5,000  1.23 ms          2       0\n"
        "\n"
        "WORKER  DOES          CONNECTIONS  TURNS\n"
        "     0  waits                   3     44\n"
        "     1  runs gateway            0      9\n");
}

TEST_CASE("view: top shows what tenants use and how near their memory limit they are", "[cli]") {
  const Reading answer(R"({"plugins":[],"tenants":[{"tenant":"acme","cpu_percent":12.4,"rate":7.9,"p99_us":1234.5,
    "memory_bytes":4096,"memory_pressure":2,"in_flight":3,"queued":1,"refused":4,"shed":1,
    "plugins":[{"plugin":"notes","cpu_percent":12.4}]}],"workers":[]})");
  const std::string text = view_top(answer, nullptr, sample_of(answer, {}), false);
  CHECK(text.find("TENANT   CPU  IN          REQUESTS/S      P99  IN FLIGHT  WAITING  REFUSED  MEMORY  PRESSURE\n"
                  "acme    12 %  notes 12 %           7  1.23 ms          3        1        5   4 KiB         2\n") !=
        std::string::npos);
}

TEST_CASE("view: top counts calls a second between two looks", "[cli]") {
  using Clock = std::chrono::steady_clock;
  const Reading first(R"({"plugins":[{"plugin":"a","generation":1,"calls":1000}],"workers":[]})");
  const Reading second(R"({"plugins":[{"plugin":"a","generation":1,"calls":6000},
    {"plugin":"b","generation":2,"calls":10}],"workers":[]})");
  const Clock::time_point start{};
  const TopSample before = sample_of(first, start);
  const TopSample now = sample_of(second, start + std::chrono::seconds(2));
  const std::string text = view_top(second, &before, now, false);
  CHECK(text.find("CALLS/S") != std::string::npos);
  CHECK(text.find("  2,500  ") != std::string::npos);
  CHECK(text.find("b                2  -         10        -") != std::string::npos);
}

}  // namespace socle::cli
