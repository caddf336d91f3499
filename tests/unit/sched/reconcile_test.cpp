// Two workers, one account each side: weights hold for the node, and nobody is starved for having used what was free.
#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <string>

#include "sched/fair_queue.hpp"

using namespace socle::sched;

namespace {

constexpr int64_t us = 1000;

// Workers with endless work for the tenants put on them, in slices of 200 µs, reconciled every 5 ms.
class Node {
 public:
  Node() : accounts(3), queues{FairQueue(accounts, 0), FairQueue(accounts, 1)} {}
  void on(size_t worker, const std::string& id, double weight = 1, double cpu = Limits::no_rate) {
    Limits l;
    l.weight = weight;
    l.cpu = cpu;
    accounts.tenant(id).set(l);
    queues[worker].push(queues[worker].flow(accounts.tenant(id)), work.emplace_back(), 0);
  }
  void run(int64_t length) {
    for (const int64_t end = now + length; now < end; now += 200 * us) {
      for (FairQueue& q : queues) {
        Flow* f = q.begin();
        if (f == nullptr) continue;
        Work* w = FairQueue::next(*f);
        q.charge(*f, 200 * us);
        used[f->account.load()->id()] += 200 * us;
        q.push(*f, *w, 0);
        q.end(*f);
      }
      if (now % FairQueue::reconcile_every == 0) {
        for (FairQueue& q : queues) q.reconcile(now + 1);
      }
    }
  }
  double share(const std::string& id) {
    int64_t all = 0;
    for (const auto& [name, ns] : used) all += ns;
    return 2 * static_cast<double>(used[id]) / static_cast<double>(all);  // of one worker
  }

  Accounts accounts;
  FairQueue queues[2];
  std::deque<Work> work;
  std::map<std::string, int64_t> used;
  int64_t now = 0;
};

}  // namespace

TEST_CASE("reconcile: a tenant on two workers gets no more than one that is on one of them", "[sched]") {
  Node n;
  n.on(0, "wide");
  n.on(1, "wide");
  n.on(0, "narrow");
  n.run(2'000'000'000);
  CHECK(n.share("wide") == Approx(1).margin(0.02));
  CHECK(n.share("narrow") == Approx(1).margin(0.02));
}

TEST_CASE("reconcile: weights hold for the node when everybody is everywhere", "[sched]") {
  Node n;
  for (const size_t worker : {0, 1}) {
    n.on(worker, "one", 1);
    n.on(worker, "two", 2);
    n.on(worker, "four", 4);
  }
  n.run(7'000'000'000);
  CHECK(n.share("one") == Approx(2.0 / 7).epsilon(0.01));
  CHECK(n.share("two") == Approx(4.0 / 7).epsilon(0.01));
  CHECK(n.share("four") == Approx(8.0 / 7).epsilon(0.01));
}

TEST_CASE("reconcile: who had an idle worker to itself is served again at once where it is crowded", "[sched]") {
  Node n;
  n.on(1, "wide");
  n.on(0, "narrow");
  n.run(10'000'000'000);  // wide alone on worker 1
  n.on(0, "wide");
  n.used.clear();
  n.run(200'000'000);
  // At worst its lead is FairQueue::most_lead; it was ten seconds.
  CHECK(n.used["wide"] >= 200'000'000);
  CHECK(n.used["narrow"] >= 150'000'000);
}

TEST_CASE("reconcile: a capped tenant that comes to a further worker owes it nothing of before", "[sched]") {
  Node n;
  Limits capped;
  capped.cpu = 0.5;
  // Another capped tenant was on that worker before, and its flow is used again.
  n.accounts.tenant("gone").set(capped);
  static_cast<void>(n.queues[1].flow(n.accounts.tenant("gone")));
  for (const int64_t at : {1, 2, 3}) n.queues[1].reconcile(at * 1'000'000'000);
  REQUIRE(n.queues[1].active() == 0);
  n.now = 4'000'000'000;
  n.on(0, "wide", 1, 0.5);
  n.run(4'000'000'000);
  n.on(1, "wide", 1, 0.5);
  n.used.clear();
  n.run(1'000'000'000);
  CHECK(static_cast<double>(n.used["wide"]) == Approx(500'000'000).epsilon(0.1));
  CHECK(n.queues[1].flow(n.accounts.tenant("wide")).cpu.get() > 150'000'000);
}

TEST_CASE("reconcile: what a tenant used while it had no cpu cap is no debt when it gets one", "[sched]") {
  Node n;
  n.on(0, "acme", 1, 0.25);
  n.run(1'000'000'000);
  n.accounts.tenant("acme").set(Limits{});
  n.run(5'000'000'000);
  Limits again;
  again.cpu = 0.25;
  n.accounts.tenant("acme").set(again);
  n.used.clear();
  n.run(2'000'000'000);
  CHECK(static_cast<double>(n.used["acme"]) == Approx(500'000'000).epsilon(0.15));
}
