// The offload pool: whose work is next, and how much of the queue one payer may take.
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "bus/offload.hpp"
#include "telemetry/clock.hpp"

using namespace socle;
using namespace socle::bus;

namespace {

// One thread, held until the test has queued what it wants to see served.
struct Pool {
  explicit Pool(size_t queue) : pool(std::make_unique<OffloadPool>(accounts, 1, queue)) {
    REQUIRE(pool->submit(accounts.kernel(), [this] {
      std::unique_lock lock(mutex);
      begun = true;
      changed.notify_all();
      changed.wait(lock, [this] { return open; });
    }));
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return begun; });
  }
  [[nodiscard]] bool submit(sched::Account& payer) {
    return pool->submit(payer, [this, &payer] { order += payer.id().back(); });
  }
  // Ends when all is done; the last letter of each payer in the order served.
  std::string finish() {
    {
      const std::lock_guard lock(mutex);
      open = true;
    }
    changed.notify_all();
    pool.reset();
    return order;
  }
  sched::Accounts accounts{1};
  std::mutex mutex;
  std::condition_variable changed;
  bool begun = false, open = false;
  std::string order;
  std::unique_ptr<OffloadPool> pool;
};

}  // namespace

TEST_CASE("offload: a tenant that queues much is not served before one that queues little", "[offload]") {
  Pool p(64);
  for (int i = 0; i < 12; ++i) REQUIRE(p.submit(p.accounts.tenant("a")));
  REQUIRE(p.submit(p.accounts.tenant("b")));
  const std::string order = p.finish();
  CHECK(order.size() == 13);
  CHECK(order.find('b') <= 1);
}

TEST_CASE("offload: one payer may take a quarter of the queue, all addresses together a half", "[offload]") {
  Pool p(64);
  int mine = 0, edges = 0;
  while (p.submit(p.accounts.tenant("a"))) ++mine;
  CHECK(mine == 16);
  while (p.submit(p.accounts.edge(std::to_string(edges)))) ++edges;
  CHECK(edges == 32);
  int others = 0;
  while (others < 100 && p.submit(p.accounts.tenant("b" + std::to_string(others)))) ++others;
  CHECK(others == 16);
  CHECK(p.pool->queued() == 64);
  CHECK(p.finish().size() == 64);
}

TEST_CASE("offload: patient work has threads of its own, which give way to others", "[offload]") {
  Pool p(8);  // its prompt thread is held
  std::promise<int> nice;
  std::promise<void> end;
  OffloadTerms patient;
  patient.patient = true;
  const auto stranger = [&] {
    nice.set_value(getpriority(PRIO_PROCESS, 0));  // on Linux: of this thread
    end.get_future().wait();
  };
  REQUIRE(p.pool->submit(p.accounts.edge("peer"), stranger, patient));
  CHECK(nice.get_future().get() >= 10);
  int more = 0;
  while (p.pool->submit(
      p.accounts.edge(std::to_string(more)), [] {}, patient))
    ++more;
  CHECK(more == 4);
  CHECK(p.submit(p.accounts.tenant("a")));  // its places are its own, too
  CHECK(p.pool->queued() == 5);
  end.set_value();
  CHECK(p.finish() == "a");
}

TEST_CASE("offload: overdue is what computes on behind its bound, not what waits there or hands something on",
          "[offload]") {
  constexpr int64_t ms = 1'000'000;
  sched::Accounts accounts{1};
  std::promise<void> begun, burn, burnt, hand_on, handed, end;
  OffloadPool pool(accounts, 1, 16);
  const int64_t until = telemetry::monotonic_now();
  const auto work = [&] {
    begun.set_value();
    burn.get_future().wait();
    for (const int64_t from = telemetry::thread_cpu(); telemetry::thread_cpu() - from < 30 * ms;) {}
    burnt.set_value();
    hand_on.get_future().wait();
    OffloadPool::handed_on();
    handed.set_value();
    end.get_future().wait();
  };
  REQUIRE(pool.submit(accounts.tenant("acme"), work, {until, 7}));
  begun.get_future().wait();
  CHECK_FALSE(pool.overdue(until + 1000 * ms, 20 * ms).has_value());
  burn.set_value();
  burnt.get_future().wait();
  CHECK_FALSE(pool.overdue(until + 10 * ms, 20 * ms).has_value());
  const auto found = pool.overdue(until + 1000 * ms, 20 * ms);
  REQUIRE(found.has_value());
  CHECK(found->number == 7);
  CHECK(found->payer == "acme");
  hand_on.set_value();
  handed.get_future().wait();
  CHECK_FALSE(pool.overdue(until + 1000 * ms, 20 * ms).has_value());
  end.set_value();
}
