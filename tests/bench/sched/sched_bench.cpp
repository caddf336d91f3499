// sched_bench: what the scheduler adds to a piece of work and to a request, in this process, on one thread. "Off" is a
// plain deque of the same pieces. Five runs after a warm-up; one line a case: median ns and the spread.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "sched/lane.hpp"

namespace {

using namespace socle::sched;

constexpr int runs = 5;
constexpr int pieces = 1'000'000;
volatile uint64_t sink = 0;

void report(const char* name, const char* aim, const std::function<void()>& work) {
  work();
  std::vector<double> ns;
  for (int i = 0; i < runs; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    ns.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun).count() / pieces);
  }
  std::sort(ns.begin(), ns.end());
  std::printf("sched.%s: %.1f ns (%.1f to %.1f)%s; %d pieces x %d runs, 1 thread\n", name, ns[runs / 2], ns.front(),
              ns.back(), aim, pieces, runs);
}

// `tenants` with one piece each that comes back at once, as connections under load do; each serves `batch` in a turn.
void through(int tenants) {
  Accounts accounts(2);
  Lane lane(accounts, 0);
  lane.use();
  std::deque<Work> work(static_cast<size_t>(tenants));
  for (int i = 0; i < tenants; ++i)
    lane.queue.push(lane.queue.flow(accounts.tenant(std::to_string(i))), work[static_cast<size_t>(i)], 0);
  int left = pieces;
  int64_t now = 0;
  while (left > 0) {
    lane.begin_turn();
    for (int in_turn = 0; in_turn < 20; ++in_turn) {  // some 10 µs each make a slice
      Flow* f = lane.queue.begin();
      lane.serve(*f);
      Work* w = lane.queue.next(*f);
      sink = sink + 1;
      lane.queue.push(*f, *w, 0);
      if (left % 2 == 0) static_cast<void>(lane.slice_left());  // only between pieces of one tenant
      lane.leave(*f);
      static_cast<void>(lane.slice_over());
      --left;
    }
    lane.end_turn();
    now += Lane::slice;
    lane.reconcile(now);
  }
}

void off() {
  std::deque<Work*> queue;
  Work one;
  queue.push_back(&one);
  for (int left = pieces; left > 0; --left) {
    Work* w = queue.front();
    queue.pop_front();
    sink = sink + 1;
    queue.push_back(w);
  }
}

void requests(const Limits& limits, bool admitted) {
  Accounts accounts(2);
  Account& account = accounts.tenant("acme");
  account.set(limits);
  Lane lane(accounts, 0);
  Flow& flow = lane.queue.flow(account);
  int64_t retry_after = 0;
  for (int left = pieces; left > 0; --left) {
    const Admission verdict = lane.admit(flow, 1'000'000'000 + (pieces - left), INT64_MAX, retry_after);
    if ((verdict == Admission::admitted) != admitted && left < pieces) std::abort();
    if (verdict == Admission::admitted) static_cast<void>(lane.finished(flow, 1000, 1000));
  }
}

}  // namespace

int main() {
  report("off", "", off);
  report("piece_1_tenant", "", [] { through(1); });
  report("piece_16_tenants", "", [] { through(16); });
  report("piece_10000_tenants", "", [] { through(10'000); });
  report("request_unlimited", "", [] { requests({}, true); });
  Limits wide;
  wide.rate = 1e9;
  wide.burst = 2e9;
  wide.in_flight = 64;
  report("request_limited", "", [&] { requests(wide, true); });
  Limits none;
  none.rate = 1e-9;
  report("refuse_over_rate", "; aim <= 2000 ns", [&] { requests(none, false); });
  return 0;
}
