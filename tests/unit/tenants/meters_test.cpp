#include "tenants/meters.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace socle::tenants {
namespace {

constexpr int64_t minute = MeterSet::window;

MeterReading only(const MeterSet& meters, int64_t now) {
  const auto all = meters.read(now);
  REQUIRE(all.size() == 1);
  return all[0];
}

TEST_CASE("meters: a flow shows the last minute and the total", "[tenants]") {
  MeterSet meters;
  meters.add(1, 30, 10 * minute);
  meters.add(1, 30, 10 * minute + minute / 2);
  CHECK(only(meters, 10 * minute + minute / 2).now == 60);
  // A quarter into the next minute three quarters of the last one still count.
  meters.add(1, 8, 11 * minute + minute / 4);
  CHECK(only(meters, 11 * minute + minute / 4).now == Approx(8 + 45));
  CHECK(only(meters, 12 * minute).now == Approx(8));
  CHECK(only(meters, 13 * minute).now == 0);
  CHECK(only(meters, 13 * minute).total == 68);
}

TEST_CASE("meters: a pause of more than a minute leaves nothing of before", "[tenants]") {
  MeterSet meters;
  meters.add(1, 30, 10 * minute);
  meters.add(1, 1, 15 * minute);
  CHECK(only(meters, 15 * minute).now == 1);
}

TEST_CASE("meters: a stock has the level it was set to last", "[tenants]") {
  MeterSet meters;
  CHECK(meters.set(2, 100));
  CHECK(meters.set(2, 40));
  CHECK_FALSE(meters.set(2, 40));
  CHECK(only(meters, 99 * minute).stock);
  CHECK(only(meters, 99 * minute).now == 40);
}

TEST_CASE("meters: names have numbers, as many as there may be", "[tenants]") {
  MeterNames names;
  CHECK(names.number("storage.bytes") == 1);
  CHECK(names.number("requests") == 2);
  CHECK(names.number("storage.bytes") == 1);
  CHECK(names.name(2) == "requests");
  for (int i = 2; i < MeterNames::most; ++i) CHECK(names.number("m" + std::to_string(i)) == i + 1);
  CHECK(names.number("one too many") == MeterNames::none);
}

TEST_CASE("meters: several workers lose nothing", "[tenants]") {
  MeterSet meters;
  MeterNames names;
  std::atomic<int> ready{0};
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&] {
      ++ready;
      while (ready < 4) std::this_thread::yield();
      for (int i = 0; i < 2000; ++i) {
        for (int m = 0; m < 7; ++m) {
          meters.add(names.number("flow" + std::to_string(m)), 1, (20 + i / 500) * minute);
        }
      }
    });
  }
  for (auto& worker : workers) worker.join();
  const auto all = meters.read(23 * minute);
  CHECK(all.size() == 7);
  for (const auto& m : all) CHECK(m.total == 8000);
}

}  // namespace
}  // namespace socle::tenants
