// faults.cpp: which call of a host function goes wrong, and how; and what counts as misuse of the table.
#include <cstdlib>

#include "state.hpp"

namespace socle::testing {

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
  tell(inbound.size(), "calls never answered");
  for (const std::string& text : misuses) out.append("misuse: ").append(text).append("\n");
  return out;
}

}  // namespace socle::testing
