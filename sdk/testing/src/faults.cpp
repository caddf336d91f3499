// faults.cpp: which call of a host function goes wrong, and how; and what counts as misuse of the table.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "state.hpp"

namespace socle::testing {
namespace {

enum Obeys : unsigned { nothing = 0, failing = 1, stalling = 2 };

struct Slot {
  std::string_view name;
  unsigned obeys;
};

// Every slot that calls judge(), and which verdicts it acts on; docs/plugin-guide.md says how. Not in here: the clock,
// the workers' numbers and catalog_version, which no test may disturb, and post_for, whose rule is post's.
constexpr Slot slots[] = {
    {"admit", failing | stalling},
    {"arena_alloc", failing},
    {"call", failing | stalling},
    {"catalog", failing},
    {"charge", nothing},
    {"complete", nothing},
    {"connection_charge", nothing},
    {"connection_closed", nothing},
    {"connection_return", nothing},
    {"context_act_as", failing},
    {"context_cancel", nothing},
    {"context_open", failing},
    {"context_release", nothing},
    {"context_retain", nothing},
    {"defer", failing | stalling},
    {"fault_point", failing},
    {"frame_alloc", failing},
    {"frame_free", nothing},
    {"limit", nothing},
    {"log", nothing},
    {"memory_hold", failing},
    {"memory_refused", nothing},
    {"memory_release", nothing},
    {"meter", nothing},
    {"meter_level", nothing},
    {"metric", failing},
    {"observe", nothing},
    {"offload", failing | stalling},
    {"payer", nothing},
    {"payload_alloc", failing},
    {"payload_new", failing},
    {"payload_release", nothing},
    {"payload_retain", nothing},
    {"payload_seal", nothing},
    {"payload_set_doc", failing},
    {"payload_share", nothing},
    {"payload_slice", failing},
    {"post", failing | stalling},
    {"pressure", nothing},
    {"publish", failing | stalling},
    {"rate", nothing},
    {"resident_put", failing},
    {"resident_take", failing},
    {"resolve", failing},
    {"slice_left_for", nothing},
    {"span_begin", nothing},
    {"span_end", nothing},
    {"timer_cancel", nothing},
    {"timer_start", failing | stalling},
    {"watch_close", nothing},
    {"watch_open", failing},
    {"watch_wait", failing | stalling},
};

[[noreturn]] void wrong_test(std::string_view text) {
  std::fprintf(stderr, "Socle::testing: %.*s\n", static_cast<int>(text.size()), text.data());
  std::abort();
}

}  // namespace

// A rule that cannot come true would let its test pass without having tested anything.
void State::add_rule(Rule rule, std::string_view verb) {
  const auto slot =
      std::find_if(std::begin(slots), std::end(slots), [&](const Slot& s) { return s.name == rule.function; });
  const std::string said = std::string(verb) + "(\"" + rule.function + "\"): ";
  if (slot == std::end(slots))
    wrong_test(said + "no function of socle_host of that name has faults; docs/plugin-guide.md lists them");
  if (rule.verdict == Verdict::fail && (slot->obeys & failing) == 0) wrong_test(said + "this function cannot fail");
  if (rule.verdict == Verdict::stall && (slot->obeys & stalling) == 0)
    wrong_test(said + "this function answers at once, so nothing of it can be held back");
  rules.push_back(std::move(rule));
}

Verdict State::judge(std::string_view function, Code& code) {
  const auto counted = counts.find(function);
  if (counted == counts.end()) {
    counts.emplace(function, 1);
  } else {
    ++counted->second;
  }
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    if (rule->function != function) continue;
    if (rule->nth > 1) {
      --rule->nth;
      continue;
    }
    if (rule->crash && !in_cell) std::abort();
    cell_dies = cell_dies || rule->crash;
    const Verdict verdict = rule->verdict;
    code = rule->code;
    if (rule->nth == 1) rules.erase(rule);
    return verdict;
  }
  return Verdict::go;
}

bool State::refuses(std::string_view function) {
  Code code{};
  if (judge(function, code) != Verdict::fail) return false;
  memory_refused = code == Code::too_large ? FakeHost::call_memory : 0;
  return true;
}

Verdict State::judge_pending(std::string_view function, Code& code) {
  const Verdict verdict = judge(function, code);
  if (verdict == Verdict::fail) return verdict;
  return ++await_points == cancel_at ? Verdict::cancel : verdict;
}

void State::misuse(std::string text) { misuses.push_back(std::move(text)); }

void State::worker_only(std::string_view function) {
  if (offloading) misuse(std::string(function) + ": called from offloaded work, but it is for workers only");
}

std::string State::alive() const {
  std::string out;
  const auto tell = [&out](std::size_t count, std::string_view what) {
    if (count > 0) out.append(std::to_string(count)).append(" ").append(what).append("\n");
  };
  tell(frames.size(), "coroutine frames alive");
  tell(payloads.size(), "payloads alive");
  tell(contexts.size(), "contexts alive");
  tell(timers.size(), "timers armed");
  tell(watches.size(), "watches open");
  tell(ready.size() + stalled.size(), "callbacks waiting to run");
  tell(connections.size(), "connections neither closed nor given back");
  tell(open_spans.size(), "spans not ended");
  tell(held.size(), "pieces of tenants' memory held");
  tell(inbound.size(), "calls never answered");
  for (const std::string& text : misuses) out.append("misuse: ").append(text).append("\n");
  return out;
}

}  // namespace socle::testing
