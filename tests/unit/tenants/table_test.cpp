#include <catch2/catch.hpp>

#include <atomic>
#include <set>
#include <string>
#include <thread>

#include "tenants/tenant.hpp"

namespace socle::tenants {
namespace {

using Retired = std::vector<std::shared_ptr<const void>>;

std::string name(int i) { return "t" + std::to_string(i); }

TEST_CASE("table: finds what was added and not what was removed, through growth", "[tenants]") {
  Table table;
  Retired retired;
  std::set<std::string> there;
  for (int i = 0; i < 3000; ++i) {
    table.add(name(i), retired);
    there.insert(name(i));
    if (i % 3 == 0) {
      table.remove(*table.find(name(i / 3)), retired);
      there.erase(name(i / 3));
    }
  }
  CHECK(table.size() == there.size());
  size_t right = 0;
  for (int i = 0; i < 3000; ++i) {
    const Tenant* t = table.find(name(i));
    right += (t != nullptr) == there.contains(name(i)) && (t == nullptr || t->id == name(i)) ? 1 : 0;
  }
  CHECK(right == 3000);
  std::set<std::string> seen;
  table.each([&seen](const Tenant& t) { seen.insert(t.id); });
  CHECK(seen == there);
}

TEST_CASE("table: one name that comes and goes for ever takes no more room", "[tenants]") {
  Table table;
  for (int i = 0; i < 10'000; ++i) {
    Retired retired;
    Tenant* t = table.add("acme", retired);
    CHECK(table.find("acme") == t);
    table.remove(*t, retired);
  }
  CHECK(table.size() == 0);
  CHECK(table.find("acme") == nullptr);
}

TEST_CASE("table: readers see every tenant that stays while others come and go", "[tenants]") {
  Table table;
  Retired retired;
  for (int i = 0; i < 40; ++i) table.add(name(i), retired);
  std::atomic<bool> done{false};
  std::atomic<int> missed{0}, looks{0};
  std::thread reader([&] {
    while (!done) {
      for (int i = 0; i < 40; ++i) missed += table.find(name(i)) == nullptr ? 1 : 0;
      ++looks;
    }
  });
  while (looks < 2) std::this_thread::yield();
  for (int i = 100; i < 3000; ++i) {
    Tenant* t = table.add(name(i), retired);
    if (i % 2 == 0) table.remove(*t, retired);
  }
  done = true;
  reader.join();
  CHECK(missed == 0);
}

}  // namespace
}  // namespace socle::tenants
