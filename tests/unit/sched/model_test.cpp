// FairQueue against a reference that is simple enough to be believed: a list of tags searched from end to end. Random
// tenants, weights, arrivals and costs; at every step the queue must serve a tenant with the smallest tag, in the order
// of arrival, and at the end nothing may be lost.
#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <random>
#include <vector>

#include "sched/fair_queue.hpp"

using namespace socle::sched;

namespace {

struct Reference {
  struct Tenant {
    double weight = 1, start = 0;
    std::deque<int> waiting;
  };
  std::vector<Tenant> tenants;
  double now = 0;

  void push(size_t t, int piece) {
    if (tenants[t].waiting.empty()) tenants[t].start = std::max(tenants[t].start, now);
    tenants[t].waiting.push_back(piece);
  }
  [[nodiscard]] double smallest() const {
    double out = 1e300;
    for (const Tenant& t : tenants) {
      if (!t.waiting.empty()) out = std::min(out, t.start);
    }
    return out;
  }
  int serve(size_t t, double ns) {
    Tenant& tenant = tenants[t];
    now = std::max(now, tenant.start);
    const int piece = tenant.waiting.front();
    tenant.waiting.pop_front();
    tenant.start += ns / tenant.weight;
    if (smallest() > 1e299) now = std::max(now, tenant.start);
    return piece;
  }
};

struct Piece : Work {
  int number = 0;
};

void run(uint32_t seed) {
  std::mt19937 random(seed);
  const auto up_to = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n)(random); };
  const size_t count = 1 + up_to(11);
  Accounts accounts(2);
  FairQueue queue(accounts, 0);
  Reference reference;
  std::vector<Account*> tenants;
  std::map<Account*, size_t> index;
  for (size_t i = 0; i < count; ++i) {
    Limits l;
    l.weight = static_cast<double>(1 + up_to(15)) / 2;
    tenants.push_back(&accounts.tenant(std::to_string(i)));
    tenants.back()->set(l);
    index[tenants.back()] = i;
    reference.tenants.push_back({l.weight, 0, {}});
    static_cast<void>(queue.flow(*tenants.back()));
  }
  std::deque<Piece> pieces;
  std::vector<double> served(count);
  size_t pushed = 0, done = 0;
  double longest = 0;
  for (int step = 0; step < 3000; ++step) {
    if (up_to(2) != 0 && pushed < 2000) {
      const size_t t = up_to(count - 1);
      Piece& p = pieces.emplace_back();
      p.number = static_cast<int>(pushed++);
      queue.push(queue.flow(*tenants[t]), p, 0);
      reference.push(t, p.number);
      continue;
    }
    Flow* f = queue.begin();
    REQUIRE((f != nullptr) == (reference.smallest() < 1e299));
    if (f == nullptr) continue;
    const size_t t = index.at(f->account.load());
    REQUIRE_FALSE(reference.tenants[t].waiting.empty());
    REQUIRE(reference.tenants[t].start == Approx(reference.smallest()).epsilon(1e-12));
    const auto ns = static_cast<int64_t>(1 + up_to(300'000));
    longest = std::max(longest, static_cast<double>(ns));
    const auto* piece = static_cast<Piece*>(FairQueue::next(*f));
    queue.charge(*f, ns);
    queue.end(*f);
    REQUIRE(reference.serve(t, static_cast<double>(ns)) == piece->number);
    REQUIRE(queue.virtual_time() == Approx(reference.now).epsilon(1e-12));
    served[t] += static_cast<double>(ns);
    ++done;
  }
  while (Flow* f = queue.begin()) {
    while (!f->work[0].empty()) {
      static_cast<void>(FairQueue::next(*f));
      ++done;
    }
    queue.end(*f);
  }
  CHECK(done == pushed);
}

// SFQ's bound: over any time in which both are backlogged, normalised service differs by one piece of each at most.
void bound(uint32_t seed) {
  std::mt19937 random(seed);
  const auto up_to = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n)(random); };
  Accounts accounts(2);
  FairQueue queue(accounts, 0);
  std::vector<double> weights, served;
  std::deque<Work> work;
  std::map<Account*, size_t> index;
  const size_t count = 2 + up_to(6);
  for (size_t i = 0; i < count; ++i) {
    Limits l;
    l.weight = static_cast<double>(1 + up_to(7));
    Account& a = accounts.tenant(std::to_string(i));
    a.set(l);
    index[&a] = i;
    weights.push_back(l.weight);
    served.push_back(0);
    queue.push(queue.flow(a), work.emplace_back(), 0);
  }
  constexpr size_t longest = 400'000;
  for (int step = 0; step < 2000; ++step) {
    Flow* f = queue.begin();
    const size_t t = index.at(f->account.load());
    Work* w = FairQueue::next(*f);
    const size_t ns = 1 + up_to(longest - 1);
    queue.charge(*f, static_cast<int64_t>(ns));
    queue.push(*f, *w, 0);
    queue.end(*f);
    served[t] += static_cast<double>(ns);
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < i; ++j) {
        const double apart = std::abs(served[i] / weights[i] - served[j] / weights[j]);
        REQUIRE(apart <= longest / weights[i] + longest / weights[j] + 1);
      }
    }
  }
}

}  // namespace

TEST_CASE("model: the queue serves what a plain list of tags would serve", "[sched]") {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    run(seed);
  }
}

TEST_CASE("model: service of backlogged tenants differs by one piece of each at most", "[sched]") {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    bound(seed);
  }
}
