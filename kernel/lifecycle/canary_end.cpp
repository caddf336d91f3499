// canary_end.cpp: a canary that an operator wants gone. `rollback` is typed while one runs, while it is being judged,
// or just after; in none of these may it take what serves one generation further back than was meant:
//
//   runs                  the word is left (GenerationRecord::abandoned) and the judge's verdict awaited: end_canary()
//   is being judged       it is out of the routes, the verdict comes with the change lock: sent_back_since()
//   was just sent back    refused for a while, with the verdict: check_rest()
//   promoted meanwhile    it is taken back like any generation: an ordinary rollback
#include <fmt/format.h>

#include "lifecycle/lifecycle.hpp"

namespace socle::lifecycle {

RecordPtr Lifecycle::canary_of(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto it = members_.find(name);
  return it != members_.end() ? it->second.canary : nullptr;
}

// The operator's word, where a canary of `name` runs, until its judge has carried it out. Nothing: none ran, or it was
// promoted before the word came, so there is a generation before it to go back to.
std::optional<SwapReport> Lifecycle::end_canary(const std::string& name) {
  RecordPtr canary, primary;
  {
    std::unique_lock lock(mutex_);
    const auto it = members_.find(name);
    if (it == members_.end() || it->second.canary == nullptr) return std::nullopt;
    canary = it->second.canary;
    primary = it->second.primary;
    canary->abandoned = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !canary->judged.verdict.empty(); });
    if (canary->judged.verdict == Judged::as_promoted) return std::nullopt;
  }
  return over(canary, primary);
}

// The generation of the plugin's canary that was sent back last, 0 when none was.
uint64_t Lifecycle::last_sent_back(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto it = sent_back_.find(name);
  return it != sent_back_.end() ? it->second.canary->seq : 0;
}

// The plugin's canary that was sent back last, if that is a later one than generation `known`; else nullptr.
RecordPtr Lifecycle::sent_back_since(const std::string& name, uint64_t known) const {
  const std::lock_guard lock(mutex_);
  const auto it = sent_back_.find(name);
  return it != sent_back_.end() && it->second.canary->seq > known ? it->second.canary : nullptr;
}

// What an operator hears who wanted `canary` gone, which it is: `primary` serves on. Waits for the canary's end.
SwapReport Lifecycle::over(const RecordPtr& canary, const RecordPtr& primary) {
  Judged judged;
  {
    const std::lock_guard lock(mutex_);
    judged = canary->judged;
  }
  Outcome times;
  times.errors_before[canary.get()] = judged.errors;
  if (judged.by_hand) times.flip_ms = judged.flip_ms;
  SwapReport report = finish({primary->name(), primary, canary, {}}, times,
                             judged.by_hand ? "canary ended" : "canary was over already, " + judged.verdict);
  report.load_ms = 0;  // what serves was there before
  if (!judged.by_hand) report.terms.clear();
  return report;
}

// Whether what serves may be taken back: not right after a canary beside it was sent back. Anything that was put in its
// place since then may.
Status Lifecycle::check_rest(const std::string& name) const {
  using std::chrono::ceil, std::chrono::floor, std::chrono::seconds;
  const std::lock_guard lock(mutex_);
  const auto last = sent_back_.find(name);
  const auto member = members_.find(name);
  if (last == sent_back_.end() || member == members_.end() || member->second.primary->seq != last->second.beside)
    return {};
  const auto past = std::chrono::steady_clock::now() - last->second.at;
  if (past >= rest_after_canary) return {};
  const GenerationRecord& canary = *last->second.canary;
  const std::string serves = member->second.primary->runtime->version;
  return Error{
      Code::conflict,
      fmt::format("the canary {} of plugin '{}' (generation {}) was sent back {} s ago ({}), and {} (generation {}) "
                  "serves on; to take {} itself back, repeat the command in {} s",
                  canary.runtime->version, name, canary.seq, floor<seconds>(past).count(),
                  canary.judged.verdict.substr(Judged::as_reverted.size()), serves, last->second.beside, serves,
                  ceil<seconds>(rest_after_canary - past).count())};
}

}  // namespace socle::lifecycle
