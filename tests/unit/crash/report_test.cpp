#include "crash/report.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <memory>

#include "support/temp_dir.hpp"

using socle::crash::BlackBox;
using socle::crash::Report;

namespace {

std::unique_ptr<BlackBox> box_with(std::string_view maps, std::initializer_list<uint64_t> stack) {
  auto box = std::make_unique<BlackBox>();
  box->stage = BlackBox::traced;
  socle::crash::put_text(box->plugin, "notes");
  socle::crash::put_text(box->tenant, "acme");
  socle::crash::put_text(box->method, "put");
  box->generation = 7;
  std::memcpy(box->maps, maps.data(), maps.size());
  box->maps_size = static_cast<uint32_t>(maps.size());
  for (const uint64_t address : stack) box->stack[box->frames++] = address;
  return box;
}

Report report_at(int64_t at, const std::string& plugin) {
  Report report;
  report.process = "kernel";
  report.at = at;
  report.plugin = plugin;
  report.signal = SIGSEGV;
  return report;
}

constexpr std::string_view maps =
    "5500000000-5500001000 r--p 00000000 fe:00 12 /usr/bin/socle\n"
    "5500001000-5500009000 r-xp 00001000 fe:00 12 /usr/bin/socle\n"
    "7f0000000000-7f0000002000 rw-p 00000000 00:00 0\n"
    "7f1000000000-7f1000001000 r--p 00000000 fe:00 99 /data/gen/3-abc.so\n"
    "7f1000001000-7f1000002000 r-xp 00001000 fe:00 99 /data/gen/3-abc.so\n";

}  // namespace

TEST_CASE("report: the stack is told by module and offset", "[crash]") {
  const auto box = box_with(maps, {0x7f1000001a2b, 0x5500001010, 0x7f0000000010, 0x10});
  Report report;
  socle::crash::read(*box, report);
  CHECK(report.stack == std::vector<std::string>{"3-abc.so+0x1a2b", "socle+0x1010", "0x7f0000000010", "0x10"});
  CHECK(report.plugin == "notes");
  CHECK(report.tenant == "acme");
  CHECK(report.method == "put");
  CHECK(report.generation == 7);
}

TEST_CASE("report: an empty box tells nothing", "[crash]") {
  const auto box = std::make_unique<BlackBox>();
  Report report;
  socle::crash::read(*box, report);
  CHECK(report.plugin.empty());
  CHECK(report.stack.empty());
}

TEST_CASE("report: a box full of garbage gives short, printable text", "[crash]") {
  const auto box = std::make_unique<BlackBox>();
  std::memset(static_cast<void*>(box.get()), 0x9B, sizeof(BlackBox));
  Report report;
  socle::crash::read(*box, report);
  CHECK(report.stack.size() == BlackBox::most_frames);
  CHECK(report.plugin.size() == sizeof(box->plugin));
  const std::string json = socle::crash::to_json(report);
  CHECK(json.size() < 16'000);
  CHECK(std::none_of(json.begin(), json.end(), [](unsigned char c) { return c < 0x20 || c == 0x9B; }));
}

TEST_CASE("report: the file says everything in one JSON object", "[crash]") {
  const socle::testing::TempDir dir;
  Report report = report_at(1'700'000'000'123'456'789, "notes");
  report.pid = 42;
  report.method = "put";
  report.tenant = "acme";
  report.generation = 7;
  report.input_size = 3;
  report.input_hash = socle::crash::hash_input("abc");
  report.stack = {"libnotes.so+0x10"};
  const auto file = socle::crash::keep(dir.path(), report);
  REQUIRE(file);
  CHECK(socle::crash::last_of(dir.path(), "notes") ==
        R"({"time":"2023-11-14T22:13:20.123456Z","process":"kernel","pid":42,"signal":"SIGSEGV","reason":"",)"
        R"("plugin":"notes","version":"","generation":7,"method":"put","tenant":"acme","input_size":3,)"
        R"("input_fnv1a":"e71fa2190541574b","address":"0x0","thread":0,"stack":["libnotes.so+0x10"]})");
}

TEST_CASE("report: the newest report of a plugin is found, and of no other with the same ending", "[crash]") {
  const socle::testing::TempDir dir;
  REQUIRE(socle::crash::keep(dir.path(), report_at(1, "notes")));
  Report newest = report_at(2, "notes");
  newest.tenant = "newest";
  REQUIRE(socle::crash::keep(dir.path(), newest));
  REQUIRE(socle::crash::keep(dir.path(), report_at(3, "my-notes")));
  CHECK(socle::crash::last_of(dir.path(), "notes")->find("newest") != std::string::npos);
  CHECK_FALSE(socle::crash::last_of(dir.path(), "otes").has_value());
}

TEST_CASE("report: only the newest are kept", "[crash]") {
  const socle::testing::TempDir dir;
  const auto total = static_cast<int64_t>(socle::crash::reports_kept) + 3;
  for (int64_t i = 1; i <= total; ++i) REQUIRE(socle::crash::keep(dir.path(), report_at(i, "p" + std::to_string(i))));
  CHECK_FALSE(socle::crash::last_of(dir.path(), "p3").has_value());
  CHECK(socle::crash::last_of(dir.path(), "p4").has_value());
  CHECK(socle::crash::last_of(dir.path(), "p" + std::to_string(total)).has_value());
}

TEST_CASE("report: a plugin's name cannot lead out of the folder", "[crash]") {
  const socle::testing::TempDir dir;
  const auto file = socle::crash::keep(dir.path(), report_at(1, "../../etc/x"));
  REQUIRE(file);
  CHECK(file->parent_path() == std::filesystem::path(dir.path()) / "crashes");
  CHECK(std::filesystem::exists(*file));
}

TEST_CASE("report: signals have their names", "[crash]") {
  CHECK(socle::crash::signal_name(SIGSYS) == "SIGSYS");
  CHECK(socle::crash::signal_name(99) == "signal 99");
}
