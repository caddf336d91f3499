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

// Which fields and whose objection: the words may be improved without another outcome.
void write(json::Writer& out, const std::vector<FieldError>& errors) {
  out.begin_array();
  for (const auto& one : errors)
    out.begin_object()
        .member("pointer", std::string_view(one.pointer))
        .member("code", std::string_view(one.code))
        .end_object();
  out.end_array();
}

std::string result_text(const Outcome& outcome) {
  if (!outcome.fault) return outcome.output;
  std::string text;
  json::Writer out(text);
  out.begin_object().member("error", std::string_view(outcome.fault->code));
  if (!outcome.fault->pointer.empty()) out.member("at", std::string_view(outcome.fault->pointer));
  if (!outcome.errors.empty()) {
    out.key("errors");
    write(out, outcome.errors);
  }
  out.end_object();
  return text;
}
std::string warnings_text(const Outcome& outcome) {
  std::string text;
  json::Writer out(text);
  write(out, outcome.warnings);
  return text;
}

bool ended_with(const Outcome& outcome, std::string_view code) { return outcome.fault && outcome.fault->code == code; }

}  // namespace

std::vector<Difference> compare_outcomes(View before, View after) {
  std::vector<Difference> out;
  compare(before, after, "", out);
  return out;
}

namespace {
std::vector<Difference> differences_of(const Outcome& first, const Outcome& second) {
  const auto before = result_text(first);
  const auto after = result_text(second);
  const auto a = json::Document::parse(before);
  const auto b = json::Document::parse(after);
  // What is no JSON cannot be compared, so nobody may take it for the same.
  if (!a || !b) return {{"", a ? before : "\"no JSON\"", b ? after : "\"no JSON\""}};
  auto out = compare_outcomes(a->root(), b->root());
  const auto warned = warnings_text(first);
  const auto warns = warnings_text(second);
  if (warned != warns) out.push_back({"warnings", warned, warns});
  return out;
}
}  // namespace

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
    out.stopped = ended_with(first, "interrupted") || ended_with(second, "interrupted");
    if (out.stopped) break;
    out.out_of_fuel = out.out_of_fuel || ended_with(first, "out_of_fuel") || ended_with(second, "out_of_fuel");
    ++out.records;
    out.faults_before += first.fault ? 1 : 0;
    out.faults_after += second.fault ? 1 : 0;
    auto differences = differences_of(first, second);
    if (differences.empty())
      ++out.same;
    else if (out.changed.size() < most_changed)
      out.changed.push_back({i, std::move(differences)});
  }
  return out;
}

}  // namespace socle::rules
