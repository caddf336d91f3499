// Accounts: ids, kinds, limits, and the request rate as GCRA.
#include <catch2/catch.hpp>

#include <cmath>

#include "sched/account.hpp"
#include "telemetry/clock.hpp"

using namespace socle::sched;

namespace {

constexpr int64_t second = 1'000'000'000;

Limits rate(double r, double burst) {
  Limits l;
  l.rate = r;
  l.burst = burst;
  return l;
}

// One tenant with these limits.
struct Acme {
  explicit Acme(const Limits& limits) { account.set(limits); }
  Account* operator->() { return &account; }
  Accounts accounts{2};
  Account& account = accounts.tenant("acme");
};

}  // namespace

TEST_CASE("account: a new tenant has no limits and weight 1", "[sched]") {
  Accounts accounts(3);
  const Limits l = accounts.tenant("acme").limits();
  CHECK(l.weight == 1);
  CHECK(std::isinf(l.rate));
  CHECK(l.in_flight == Limits::no_count);
  CHECK(l.memory == Limits::no_bytes);
  CHECK(accounts.tenant("acme").take_requests(64, 0) == 64);
}

TEST_CASE("account: the same id is the same account, and ids of other kinds do not meet it", "[sched]") {
  Accounts accounts(3);
  Account& acme = accounts.tenant("acme");
  CHECK(&accounts.tenant("acme") == &acme);
  CHECK(&accounts.named("acme") == &acme);
  CHECK(accounts.find("acme") == &acme);
  CHECK(accounts.find("nobody") == nullptr);
  CHECK(&accounts.named("") == &accounts.kernel());
  CHECK(accounts.plugin("acme").id() == "~plugin/acme");
  CHECK(accounts.named("~peer/10.0.0.7").kind() == Account::Kind::edge);
  CHECK(accounts.named("~peer/10.0.0.7").weight() == Accounts::edge_weight);
}

TEST_CASE("account: beyond 4096 addresses at work edge tenants are shared", "[sched]") {
  Accounts accounts(2);
  for (size_t i = 0; i < Accounts::max_edges + 1000; ++i) {
    Account& edge = accounts.edge(std::to_string(i));
    REQUIRE(edge.kind() == Account::Kind::edge);
    ++edge.arrivals;
  }
  CHECK(accounts.size() == Accounts::max_edges + 1);  // and the kernel's
  CHECK(&accounts.edge("5000") == &accounts.edge("5000"));
}

TEST_CASE("account: an address that is gone makes room for a new one, under its own name", "[sched]") {
  Accounts accounts(2);
  for (size_t i = 0; i < Accounts::max_edges; ++i) ++accounts.edge(std::to_string(i)).arrivals;
  Account& old = accounts.edge("17");
  --old.arrivals;
  for (int i = 0; i < 64 && accounts.find("~peer/new") == nullptr; ++i) accounts.edge("new");  // a few looks each
  Account* fresh = accounts.find("~peer/new");
  REQUIRE(fresh == &old);
  CHECK(fresh->id() == "~peer/new");
  CHECK(accounts.find("~peer/17") == nullptr);
  CHECK(accounts.size() == Accounts::max_edges + 1);
}

TEST_CASE("account: IPv6 addresses of one /64 are one edge tenant", "[sched]") {
  Accounts accounts(2);
  Account& one = accounts.edge("2001:db8:1:2:3:4:5:6");
  CHECK(one.id() == "~peer/2001:db8:1:2::/64");
  CHECK(&accounts.edge("2001:db8:1:2::1") == &one);
  CHECK(&accounts.named("~peer/2001:db8:1:2:ffff::") == &one);
  CHECK(&accounts.named(one.id()) == &one);
  CHECK(&accounts.edge("2001:db8:1:3::1") != &one);
  CHECK(accounts.edge("::ffff:10.0.0.1").id() == "~peer/::ffff:10.0.0.1");
}

TEST_CASE("account: a deleted tenant's goes to a new one, later, and is then as new", "[sched]") {
  Accounts accounts(2);
  Account& gone = accounts.tenant("gone");
  gone.set(rate(1, 1));
  accounts.forget("gone", socle::telemetry::monotonic_now() - Accounts::rest);
  CHECK(accounts.find("gone") == nullptr);
  CHECK(gone.id() == "~gone");
  Account& next = accounts.tenant("next");
  CHECK(&next == &gone);
  CHECK(next.id() == "next");
  CHECK(std::isinf(next.limits().rate));
  accounts.forget("next", socle::telemetry::monotonic_now());
  CHECK(&accounts.tenant("next") != &next);  // too soon
}

TEST_CASE("account: a burst is admitted at once, then the rate", "[sched]") {
  Acme a(rate(10, 5));
  CHECK(a->take_requests(64, second) == 5);
  CHECK(a->take_requests(1, second) == 0);
  CHECK(a->rate_state(second).retry_after == second / 10);
  CHECK(a->take_requests(1, second + second / 10 - 1) == 0);
  CHECK(a->take_requests(1, second + second / 10) == 1);
  // A pause fills the burst up and no more.
  CHECK(a->take_requests(64, 100 * second) == 5);
}

TEST_CASE("account: over an hour of asking exactly the rate is admitted", "[sched]") {
  Acme a(rate(7, 3));
  int64_t admitted = 0;
  for (int64_t now = 0; now < 3600 * second; now += 37'000'000) admitted += a->take_requests(1, now);
  CHECK(admitted >= 7 * 3600);
  CHECK(admitted <= 7 * 3600 + 3);
}

TEST_CASE("account: the state of a rate says what headers need", "[sched]") {
  Acme a(rate(100, 20));
  CHECK(a->take_requests(8, second) == 8);
  const RateState s = a->rate_state(second);
  CHECK(s.limit == Approx(100));
  CHECK(s.burst == Approx(20));
  CHECK(s.remaining == 12);
  CHECK(s.reset_for == 80'000'000);
  CHECK(s.retry_after == 0);
  a->give_requests(3, a->epoch());
  CHECK(a->rate_state(second).remaining == 15);
}

TEST_CASE("account: without a burst one second's worth is admitted at once", "[sched]") {
  Acme a(rate(30, 0));
  CHECK(a->take_requests(64, second) == 30);
  a->set(rate(0.5, 0));
  CHECK(a->take_requests(64, second) == 1);
}

TEST_CASE("account: a rate of zero admits nothing, and says when to ask again", "[sched]") {
  Acme a(rate(0, 0));
  CHECK(a->take_requests(1, 5 * second) == 0);
  CHECK(a->limits().rate == 0);
  CHECK(a->rate_state(5 * second).retry_after > 0);
  CHECK(a->rate_state(5 * second).remaining == 0);
}

TEST_CASE("account: a rate of next to nothing admits its burst, and then nobody for years", "[sched]") {
  for (const double tiny : {1e-9, 1e-12, 1e-300, 5e-324}) {
    CAPTURE(tiny);
    Acme a(rate(tiny, 5));
    CHECK(a->limits().burst == 5);
    CHECK(a->take_requests(64, second) == 5);
    CHECK(a->take_requests(64, 1'000'000 * second) == 0);
    CHECK(a->rate_state(second).retry_after > 365 * 86'400 * second);
    a->give_requests(2, a->epoch());
    CHECK(a->take_requests(64, second) == 2);
    a->set(rate(100, 1));
    CHECK(a->take_requests(64, second) == 1);
  }
}

TEST_CASE("account: rates and bursts beyond all bounds are as good as none", "[sched]") {
  for (const double huge : {1e10, 1e19, 1e308}) {
    CAPTURE(huge);
    Acme a(rate(huge, huge));
    for (int64_t now = second; now < 100 * second; now += second / 2) REQUIRE(a->take_requests(64, now) == 64);
    CHECK(a->rate_state(100 * second).remaining > 1'000'000);
    CHECK(a->rate_state(100 * second).retry_after == 0);
  }
}

TEST_CASE("account: limits under which no request would end are brought into range", "[sched]") {
  Limits l;
  l.weight = std::nan("");
  l.cpu = 0;
  l.in_flight = 0;
  Acme a(l);
  CHECK(a->weight() == Limits::least_weight);
  CHECK(a->cpu_cap() == Limits::least_cpu);
  CHECK(a->in_flight_cap() == 1);
  l.weight = HUGE_VAL;
  l.cpu = std::nan("");
  l.rate = std::nan("");
  l.burst = std::nan("");
  a->set(l);
  CHECK(a->weight() == Limits::most_weight);
  CHECK(a->cpu_cap() == Limits::least_cpu);
  CHECK(a->take_requests(1, second) == 0);
}

TEST_CASE("account: a changed rate holds at once, without debts of the old one", "[sched]") {
  Acme a(rate(1, 1));
  CHECK(a->take_requests(5, second) == 1);
  CHECK(a->take_requests(5, second) == 0);
  a->set(rate(1000, 10));
  CHECK(a->take_requests(64, second) == 10);
  a->set(Limits{});
  CHECK(a->take_requests(64, second) == 64);
  CHECK_FALSE(a->rate_limited());
}

TEST_CASE("account: a rate of nothing says at all places when to come again", "[sched]") {
  Accounts accounts(2);
  Account& a = accounts.tenant("acme");
  Limits none;
  none.rate = 0;
  a.set(none);
  const RateState s = a.rate_state(second);
  CHECK(s.remaining == 0);
  CHECK(s.retry_after == 3600 * second);
  CHECK(s.reset_for == s.retry_after);
}

TEST_CASE("account: places and memory are given out up to the cap", "[sched]") {
  Accounts accounts(2);
  Account& a = accounts.tenant("acme");
  CHECK((a.begin(2) && a.begin(2)));
  CHECK_FALSE(a.begin(2));
  CHECK(a.begin(Limits::no_count));
  CHECK(a.running() == 3);
  CHECK_FALSE(a.begin(3));
  a.end();
  CHECK(a.begin(3));
  Limits l;
  l.memory = 1000;
  a.set(l);
  CHECK(a.take_memory(400));
  CHECK(a.pressure() == 0);
  CHECK(a.take_memory(200));
  CHECK(a.pressure() == 1);
  CHECK(a.take_memory(300));
  CHECK(a.pressure() == 2);
  CHECK_FALSE(a.take_memory(101));
  a.give_memory(-200);  // by force
  CHECK(a.take_memory(0));
  a.give_memory(200);
  CHECK(a.take_memory(100));
  a.give_memory(1000);
  CHECK(a.memory() == 0);
}
