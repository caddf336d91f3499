// FairQueue on one worker: who is served when, and how much.
#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sched/fair_queue.hpp"

using namespace socle::sched;

namespace {

constexpr int64_t us = 1000;

struct Piece : Work {
  std::string name;
};

// A queue whose tenants always have work, served in slices.
class Bench {
 public:
  explicit Bench(size_t lane = 0) : accounts(3), queue(accounts, lane) {}

  Account& tenant(const std::string& id, double weight) {
    Limits l;
    l.weight = weight;
    Account& a = accounts.tenant(id);
    a.set(l);
    return a;
  }
  Work& push(Account& a, std::string name = {}, uint32_t work_class = 0) {
    Piece& p = pieces.emplace_back();
    p.name = std::move(name);
    queue.push(queue.flow(a), p, work_class);
    return p;
  }
  // One slice: one piece of whoever is next, costing `ns`; puts another one in its place when `refill`.
  std::string serve(int64_t ns, bool refill = false) {
    Flow* f = queue.begin();
    if (f == nullptr) return "";
    Account& a = *f->account.load();
    last = static_cast<Piece*>(FairQueue::next(*f))->name;
    queue.charge(*f, ns);
    used[a.id()] += ns;
    if (refill) push(a);
    queue.end(*f);
    return a.id();
  }

  Accounts accounts;
  FairQueue queue;
  std::deque<Piece> pieces;
  std::map<std::string, int64_t> used;
  std::string last;
};

}  // namespace

TEST_CASE("fair queue: tenants at weights 1, 2, 4 get their shares whatever a piece costs", "[sched]") {
  Bench b;
  for (const auto& [id, weight] : {std::pair{"one", 1.0}, {"two", 2.0}, {"four", 4.0}}) b.push(b.tenant(id, weight));
  uint64_t random = 1;
  for (int i = 0; i < 100'000; ++i) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    b.serve(static_cast<int64_t>(10 * us + (random >> 33) % (190 * us)), true);
  }
  const double unit = static_cast<double>(b.used["one"] + b.used["two"] + b.used["four"]) / 7;
  CHECK(static_cast<double>(b.used["one"]) / unit == Approx(1).epsilon(0.002));
  CHECK(static_cast<double>(b.used["two"]) / unit == Approx(2).epsilon(0.002));
  CHECK(static_cast<double>(b.used["four"]) / unit == Approx(4).epsilon(0.002));
}

TEST_CASE("fair queue: who was idle is served next, and earns no credit for it", "[sched]") {
  Bench b;
  Account& busy = b.tenant("busy", 1);
  Account& light = b.tenant("light", 1);
  b.push(busy);
  for (int i = 0; i < 1000; ++i) b.serve(200 * us, true);
  b.push(light);
  CHECK(b.serve(200 * us, true) == "light");
  int64_t before = b.used["light"];
  for (int i = 0; i < 100; ++i) b.serve(200 * us, true);
  CHECK(b.used["light"] - before == 50 * 200 * us);
}

TEST_CASE("fair queue: an idle machine's use is not held against anyone", "[sched]") {
  Bench b;
  Account& early = b.tenant("early", 1);
  Account& late = b.tenant("late", 1);
  b.push(early);
  for (int i = 0; i < 5000; ++i) b.serve(200 * us, i < 4999);
  CHECK(b.queue.empty());
  b.push(early);
  b.push(late);
  for (int i = 0; i < 10; ++i) b.serve(200 * us, true);
  CHECK(b.used["late"] == 5 * 200 * us);
}

TEST_CASE("fair queue: background work yields to interactive work, and is not starved by it", "[sched]") {
  Bench b;
  Account& a = b.tenant("acme", 1);
  b.push(a, "report", 1);
  for (int i = 0; i < 40; ++i) b.push(a, "request");
  int at = 0;
  while (b.last != "report") {
    b.serve(us);
    ++at;
  }
  CHECK(at == 17);
}

TEST_CASE("fair queue: pieces of one class come in their order", "[sched]") {
  Bench b;
  Account& a = b.tenant("acme", 1);
  for (int i = 0; i < 5; ++i) b.push(a, std::to_string(i));
  std::string order;
  while (b.serve(us) != "") order += b.last;
  CHECK(order == "01234");
}

TEST_CASE("fair queue: a flood from many addresses is one share, however many they are", "[sched]") {
  Bench b;
  Account& tenant = b.tenant("acme", 1);
  b.push(tenant);
  for (int i = 0; i < 100; ++i) b.push(b.accounts.edge(std::to_string(i)));
  for (int i = 0; i < 20'000; ++i) b.serve(200 * us, true);
  int64_t all = 0;
  for (const auto& [id, ns] : b.used) all += ns;
  CHECK(static_cast<double>(b.used["acme"]) / static_cast<double>(all) == Approx(0.5).epsilon(0.02));
}

TEST_CASE("fair queue: addresses that come one after the other, each new, are one share too", "[sched]") {
  Bench b;
  Account& tenant = b.tenant("acme", 1);
  b.push(tenant);
  int next = 0;
  for (; next < 4; ++next) b.push(b.accounts.edge(std::to_string(next)));
  int64_t all = 0;
  for (int i = 0; i < 4000; ++i) {
    all += 200 * us;
    if (b.serve(200 * us) == tenant.id())
      b.push(tenant);
    else
      b.push(b.accounts.edge(std::to_string(next++)));
  }
  CHECK(static_cast<double>(b.used["acme"]) / static_cast<double>(all) == Approx(0.5).epsilon(0.02));
}

TEST_CASE("fair queue: one address among tenants has the edge's small weight", "[sched]") {
  Bench b;
  b.push(b.tenant("acme", 1));
  b.push(b.accounts.edge("10.0.0.1"));
  for (int i = 0; i < 4000; ++i) b.serve(200 * us, true);
  CHECK(static_cast<double>(b.used["acme"]) / (4000 * 200.0 * us) == Approx(0.8).epsilon(0.02));
}

TEST_CASE("fair queue: work charged from outside the queue counts", "[sched]") {
  Bench b;
  Account& offloads = b.tenant("offloads", 1);
  Account& other = b.tenant("other", 1);
  b.push(offloads);
  b.push(other);
  for (int i = 0; i < 1000; ++i) {
    // Each piece of one asks for as much again on the offload pool.
    if (b.serve(100 * us, true) == "offloads") {
      b.queue.charge(b.queue.flow(offloads), 100 * us);
      b.used["offloads"] += 100 * us;
    }
  }
  CHECK(static_cast<double>(b.used["offloads"]) == Approx(static_cast<double>(b.used["other"])).epsilon(0.01));
}

TEST_CASE("fair queue: an idle tenant's flow goes, its counts stay with the account", "[sched]") {
  Bench b;
  Account& gone = b.tenant("gone", 1);
  Account& stays = b.tenant("stays", 1);
  b.push(gone);
  b.push(stays);
  b.serve(200 * us);
  b.serve(200 * us, true);
  for (int64_t now = 0; now <= 1'200'000'000; now += FairQueue::reconcile_every) {
    b.serve(200 * us, true);
    b.queue.reconcile(now + 1);
  }
  CHECK(gone.flow(0) == nullptr);
  CHECK(stays.flow(0) != nullptr);
  CHECK(gone.usage().cpu == 200 * us);
  CHECK(b.queue.active() == 1);
}

TEST_CASE("fair queue: a cpu cap holds a tenant back although nobody else wants the time", "[sched]") {
  Bench b;
  Limits l;
  l.cpu = 0.25;
  Account& capped = b.accounts.tenant("capped");
  capped.set(l);
  b.push(capped);
  int64_t now = 1;
  const int64_t end = 4'000'000'000;
  while (now < end) {
    now += b.serve(200 * us, true).empty() ? 1'000 * us : 200 * us;
    if (now / FairQueue::reconcile_every != (now - 200 * us) / FairQueue::reconcile_every) b.queue.reconcile(now);
  }
  CHECK(static_cast<double>(b.used["capped"]) / static_cast<double>(end) == Approx(0.25).margin(0.015));
  capped.set(Limits{});
  b.queue.reconcile(now + 1);
  CHECK(b.serve(200 * us, true) == "capped");
}

TEST_CASE("fair queue: a lane beyond the workers keeps its flows to itself", "[sched]") {
  Accounts accounts(1);
  Account& a = accounts.tenant("acme");
  FairQueue worker(accounts, 0);
  FairQueue lost(accounts, 1);
  FairQueue staging(accounts, 1);
  Flow& of_lost = lost.flow(a);
  CHECK(&lost.flow(a) == &of_lost);
  CHECK(&staging.flow(a) != &of_lost);
  const Flow& published = worker.flow(a);
  CHECK(&published == a.flow(0));
  lost.charge(of_lost, 1000);
  staging.charge(staging.flow(a), 500);
  CHECK(a.usage().cpu == 0);  // until they end
}
