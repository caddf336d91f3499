// policy_bench.cpp: what a decision costs, warm, on one thread, in its CPU time: `policy_bench`. The rules are those
// that peers.mjs gives casbin and Cedar: a role grants reading, own records may be updated, sick notes are not deleted.
// Five runs; median and spread.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "policy/policies.hpp"

namespace {

using namespace socle;
using namespace socle::authz;

struct Clock {
  static std::chrono::nanoseconds now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

template <class Run>
void report(const char* name, std::size_t rounds, Run run) {
  std::vector<double> times;
  for (std::size_t i = 0; i < rounds / 10 + 1; ++i) run();
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    for (std::size_t r = 0; r < rounds; ++r) run();
    const std::chrono::duration<double, std::nano> spent = Clock::now() - start;
    times.push_back(spent.count() / static_cast<double>(rounds));
  }
  std::sort(times.begin(), times.end());
  std::printf("%-46s %10.1f ns  (min %.1f, max %.1f, 5 runs)\n", name, times[2], times[0], times[4]);
}

json::Document doc(std::string_view text) {
  auto out = json::Document::parse(text);
  if (!out) std::abort();
  return *std::move(out);
}

void expect(bool truth, const char* what) {
  if (truth) return;
  std::fprintf(stderr, "policy_bench: %s\n", what);
  std::exit(1);
}

}  // namespace

int main() {
  Diagnostics diagnostics;
  const auto roles = doc(R"([{"role":"clerk","grants":[{"permissions":["records:read"]},
    {"permissions":["records:write"],"scope":"own"}]}])");
  const auto directory = Directory::read(roles.root(), {}, diagnostics);
  const auto source = doc(R"({"policy":"leave","rules":[
    {"effect":"deny","actions":["delete"],"when":"record.kind == 'sick'"},
    {"effect":"deny","actions":["update"],"when":"!('hr' in user.roles) && old.state == 'closed'"}]})");
  const auto policy = Policy::read(source.root(), diagnostics);
  expect(directory && policy, "the roles or the policy do not compile");
  const auto bound = Bound::bind(directory, {policy}, "forms/leave");
  constexpr auto claims = R"({"roles":["clerk"],"org":"sales","name":"ada"})";
  const auto subject = Subject::of("acme", "ada", claims);
  Asker asker(*bound, subject);
  std::string text = R"({"id":"r1","version":1,"created_by":"ada","doc":{"kind":"sick","state":"open")";
  for (int i = 0; i < 40; ++i) text += ",\"field" + std::to_string(i) + "\":\"value " + std::to_string(i) + "\"";
  const auto record = doc(text + "}}");
  Question question;
  question.record = record.root();

  question.action = "read";
  expect(asker.decide(question).allowed, "read is not allowed");
  report("role alone, read", 2'000'000, [&] { (void)asker.decide(question); });
  question.action = "delete";
  expect(!asker.decide(question).allowed, "delete is not denied");
  report("own record + deny rule on a field, delete", 1'000'000, [&] { (void)asker.decide(question); });
  question.action = "update";
  question.old = record.root();
  expect(asker.decide(question).allowed, "update is not allowed");
  report("own before and after + deny rule, update", 1'000'000, [&] { (void)asker.decide(question); });
  question.old = {};
  question.action = "read";
  report("the same read, the subject read anew", 50'000, [&] {
    const auto who = Subject::of("acme", "ada", claims);
    Asker fresh(*bound, who);
    (void)fresh.decide(question);
  });
  question.action = "delete";
  report("filter for a list (residual, predicate)", 5'000, [&] { (void)asker.filter(question); });
  report("explain", 2'000, [&] { (void)asker.explain(question); });
  report("compile and bind for a resource", 200, [&] {
    Diagnostics none;
    (void)Bound::bind(directory, {Policy::read(source.root(), none)}, "forms/leave");
  });
}
