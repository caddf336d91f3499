// FairQueue against a reference that is simple enough to be believed: lists of tags searched from end to end. Random
// tenants, edge tenants, weights, arrivals and costs; at every step the queue must serve one with the smallest tag (the
// edge tenants stand in the tenants' list as one, and have a list of their own below it), each one's work in the order
// of arrival, and at the end nothing may be lost.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include "sched/fair_queue.hpp"

using namespace socle::sched;

namespace {

struct Level {
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
  [[nodiscard]] size_t backlogged() const {
    return static_cast<size_t>(
        std::count_if(tenants.begin(), tenants.end(), [](auto& t) { return !t.waiting.empty(); }));
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

// Tenant 0 of the upper level stands for the lower one.
struct Reference {
  Level upper, edges;
  static constexpr size_t all_edges = 0;
  Reference() { upper.tenants.push_back({}); }
  [[nodiscard]] double edges_weight() const {
    return std::min(1.0, Accounts::edge_weight * static_cast<double>(std::max<size_t>(edges.backlogged(), 1)));
  }
  void push_edge(size_t t, int piece) {
    edges.push(t, piece);
    upper.push(all_edges, piece);
  }
  int serve_edge(size_t t, double ns) {
    upper.tenants[all_edges].weight = edges_weight();
    const int piece = edges.serve(t, ns);
    upper.serve(all_edges, ns);
    return piece;
  }
  // Whether serving this one next is right.
  [[nodiscard]] bool next_is(bool edge, size_t t) const {
    const Level& level = edge ? edges : upper;
    const double mine = edge ? upper.tenants[all_edges].start : level.tenants[t].start;
    const auto about = [](double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b)); };
    return !level.tenants[t].waiting.empty() &&
           about(level.tenants[t].start, edge ? edges.smallest() : level.tenants[t].start) &&
           about(mine, upper.smallest());
  }
};

struct Piece : Work {
  int number = 0;
};

void run(uint32_t seed) {
  std::mt19937 random(seed);
  const auto up_to = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n)(random); };
  Accounts accounts(2);
  FairQueue queue(accounts, 0);
  Reference reference;
  struct Who {
    Account* account;
    bool edge;
    size_t index;  // in its level
  };
  std::vector<Who> all;
  std::map<Account*, size_t> index;
  const size_t tenants = up_to(11), count = tenants + 1 + up_to(11);
  for (size_t i = 0; i < count; ++i) {
    const bool edge = i >= tenants;
    Account& account = edge ? accounts.edge(std::to_string(i)) : accounts.tenant(std::to_string(i));
    if (!edge) {
      Limits l;
      l.weight = static_cast<double>(1 + up_to(15)) / 2;
      account.set(l);
    }
    Level& level = edge ? reference.edges : reference.upper;
    index[&account] = all.size();
    all.push_back({&account, edge, level.tenants.size()});
    level.tenants.push_back({account.weight(), 0, {}});
    static_cast<void>(queue.flow(account));
  }
  std::deque<Piece> pieces;
  size_t pushed = 0, done = 0;
  for (int step = 0; step < 3000; ++step) {
    if (up_to(2) != 0 && pushed < 2000) {
      const Who& who = all[up_to(count - 1)];
      Piece& p = pieces.emplace_back();
      p.number = static_cast<int>(pushed++);
      queue.push(queue.flow(*who.account), p, 0);
      who.edge ? reference.push_edge(who.index, p.number) : reference.upper.push(who.index, p.number);
      continue;
    }
    Flow* f = queue.begin();
    REQUIRE((f != nullptr) == (reference.upper.backlogged() > 0));
    if (f == nullptr) continue;
    const Who& who = all[index.at(f->account.load())];
    REQUIRE(reference.next_is(who.edge, who.index));
    const auto ns = static_cast<int64_t>(1 + up_to(300'000));
    const auto* piece = static_cast<Piece*>(FairQueue::next(*f));
    queue.charge(*f, ns);
    queue.end(*f);
    const int expected = who.edge ? reference.serve_edge(who.index, static_cast<double>(ns))
                                  : reference.upper.serve(who.index, static_cast<double>(ns));
    REQUIRE(expected == piece->number);
    REQUIRE(queue.virtual_time() == Approx(reference.upper.now).epsilon(1e-12));
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
