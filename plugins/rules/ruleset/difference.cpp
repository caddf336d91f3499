// difference.cpp: see the header.
#include "ruleset/difference.hpp"

#include "socle/json/compare.hpp"
#include "socle/json/document.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::rules {
namespace {

using json::View;

constexpr std::size_t most_differences = 100;
constexpr std::size_t most_changed = 1000;

std::string shown(View view) { return view.exists() ? json::to_text(view) : "nothing"; }

void compare(View before, View after, const std::string& pointer, std::vector<Difference>& out) {
  if (out.size() >= most_differences || json::equal(before, after)) return;
  if (before.is_object() && after.is_object()) {
    const auto inside = [&](std::string_view key) {
      std::string place = pointer + "/";
      json::append_escaped(place, key);
      return place;
    };
    for (const auto [key, value] : before.members()) compare(value, after.find(key), inside(key), out);
    for (const auto [key, value] : after.members())
      if (!before.find(key).exists()) compare({}, value, inside(key), out);
    return;
  }
  if (before.is_array() && after.is_array() && before.size() == after.size()) {
    for (std::size_t i = 0; i < before.size(); ++i)
      compare(before.at(i), after.at(i), pointer + "/" + std::to_string(i), out);
    return;
  }
  out.push_back({pointer, shown(before), shown(after)});
}

std::string result_text(const Outcome& outcome) {
  if (!outcome.fault) return outcome.output;
  std::string text;
  json::Writer(text).begin_object().member("error", std::string_view(outcome.fault->code)).end_object();
  return text;
}

bool was_stopped(const Outcome& outcome) { return outcome.fault && outcome.fault->code == "interrupted"; }

}  // namespace

std::vector<Difference> compare_outcomes(View before, View after) {
  std::vector<Difference> out;
  compare(before, after, "", out);
  return out;
}

DryRun dry_run(const Ruleset& before, const Ruleset& after, View records, Call call) {
  DryRun out;
  cel::Arena arena;
  call.trace = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    // The evaluations themselves look up only after much work: a list of small ones must be stopped too.
    out.stopped = call.limits.interrupt != nullptr && !call.limits.interrupt(call.limits.data);
    if (out.stopped) break;
    call.input = records.at(i);
    const auto first = before.evaluate(call, arena);
    const auto second = after.evaluate(call, arena);
    out.stopped = was_stopped(first) || was_stopped(second);
    if (out.stopped) break;
    ++out.records;
    out.faults_before += first.fault ? 1 : 0;
    out.faults_after += second.fault ? 1 : 0;
    const auto a = json::Document::parse(result_text(first));
    const auto b = json::Document::parse(result_text(second));
    std::vector<Difference> differences;
    if (a && b) differences = compare_outcomes(a->root(), b->root());
    if (differences.empty())
      ++out.same;
    else if (out.changed.size() < most_changed)
      out.changed.push_back({i, std::move(differences)});
  }
  return out;
}

}  // namespace socle::rules
