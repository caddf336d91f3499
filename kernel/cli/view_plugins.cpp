// view_plugins.cpp: generations and what a change did to one.
#include "cli/read.hpp"
#include "cli/table.hpp"
#include "cli/views.hpp"
#include "cli/width.hpp"

namespace socle::cli {
namespace {

Tint tint_of_state(std::string_view state) {
  if (state == "active") return Tint::good;
  if (state == "canary" || state == "draining") return Tint::warn;
  if (state == "retained") return Tint::bad;
  return Tint::faint;
}

Cell alarming(json::View object, std::string_view key) {
  return {count_at(object, key), number_at(object, key) > 0 ? Tint::bad : Tint::plain};
}

// "2026-11-21 05:35:21" of an ISO-8601 text with fraction.
std::string seconds_of(std::string text) {
  if (const size_t dot = text.find('.'); dot != std::string::npos) text.resize(dot);
  if (text.size() > 10 && text[10] == 'T') text[10] = ' ';
  return text;
}

// Of a process of its own what it costs the machine, "-" where that cannot be read; else of its library in the
// kernel's.
std::string memory_text(json::View generation) {
  return bytes_at(generation, text_at(generation, "home") == "cell" ? "pss_bytes" : "resident_bytes");
}

std::string memory_fact(json::View generation) {
  std::string mapped =
      bytes_at(generation, "resident_bytes") + " resident of " + bytes_at(generation, "memory_bytes") + " mapped";
  if (text_at(generation, "home") != "cell") return mapped;
  const std::string own = memory_text(generation);
  return own == "-" ? own : own + " with its part of what it shares; " + mapped;
}

bool any(json::View generations, std::string_view text) {
  for (const json::View g : generations.elements()) {
    if (!g.find(text).as_string().empty()) return true;
  }
  return false;
}

std::string generations_table(json::View generations, bool with_name, bool colour) {
  const bool reasons = any(generations, "reason");
  const bool verdicts = !with_name && any(generations, "verdict");  // history, so not for the list
  std::vector<Column> columns;
  if (with_name) columns.push_back({"PLUGIN"});
  columns.insert(columns.end(), {{"VERSION"},
                                 {"GENERATION", Align::right},
                                 {"STATE"},
                                 {"HOME"},
                                 {"IN FLIGHT", Align::right},
                                 {"CALLS", Align::right},
                                 {"ERRORS", Align::right},
                                 {"CRASHES", Align::right},
                                 {"RESTARTS", Align::right},
                                 {"MEMORY", Align::right},
                                 {"ACTIVE SINCE (UTC)"}});
  if (reasons) columns.push_back({"STILL MAPPED BECAUSE"});
  if (verdicts) columns.push_back({"AS A CANARY"});
  Table table(columns);
  for (const json::View g : generations.elements()) {
    std::vector<Cell> cells;
    if (with_name) cells.emplace_back(text_at(g, "plugin"), Tint::strong);
    const std::string state = text_at(g, "state");
    cells.insert(cells.end(), {text_at(g, "version"),
                               count_at(g, "generation"),
                               {state, tint_of_state(state)},
                               text_at(g, "home"),
                               count_at(g, "in_flight"),
                               count_at(g, "calls"),
                               alarming(g, "kernel_errors"),
                               alarming(g, "crashes"),
                               alarming(g, "restarts"),
                               memory_text(g),
                               seconds_of(text_at(g, "active_since"))});
    if (reasons) cells.emplace_back(text_at(g, "reason"));
    if (verdicts) cells.emplace_back(text_at(g, "verdict"));
    table.row(std::move(cells));
  }
  return table.print(colour);
}

// Its processes: the common one, and those of tenants or plans.
std::string cells_table(json::View generation, bool colour) {
  const json::View all = generation.find("cells");
  if (all.empty()) return {};
  Table table({{"CELL OF"},
               {"STATE"},
               {"PID", Align::right},
               {"MEMORY", Align::right},
               {"IN FLIGHT", Align::right},
               {"IDLE", Align::right},
               {"DEATHS", Align::right},
               {"LAST DEATH"}});
  for (const json::View c : all.elements()) {
    const std::string of(c.find("of").as_string()), state = text_at(c, "state");
    table.row({{of.empty() ? "everybody" : of, Tint::strong},
               {state, state == "serving" ? Tint::good
                       : state == "down"  ? Tint::bad
                                          : Tint::plain},
               count_at(c, "pid"),
               bytes_at(c, "pss_bytes"),
               count_at(c, "in_flight"),
               time_at(c, "idle_ms"),
               alarming(c, "deaths"),
               text_at(c, "last_death")});
  }
  return "\n" + table.print(colour);
}

}  // namespace

std::string view_plugins(json::View answer, bool colour) {
  if (answer.find("plugins").empty()) return "no plugin is loaded; `socle plugin load PATH` loads one\n";
  return generations_table(answer.find("plugins"), true, colour);
}

std::string view_plugin(json::View answer, bool colour) {
  Facts facts;
  facts.add("plugin", {text_at(answer, "plugin"), Tint::strong});
  if (!answer.find("describe").as_string().empty()) facts.add("what", text_at(answer, "describe"));
  facts.add("provides", list_at(answer, "provides"));
  facts.add("requires", list_at(answer, "requires"));
  const json::View generations = answer.find("generations");
  if (const json::View last = generations.at(generations.size() == 0 ? 0 : generations.size() - 1)) {
    facts.add("state", text_at(last, "state_mode"));
    facts.add("path", text_at(last, "path"));
    if (const json::View limit = last.find("cells_limit"))
      facts.add("cells", text_at(last, "cell") + ", " + count_at(last, "cells_limit") + " at most");
    facts.add("sha256", text_at(last, "sha256"));
    facts.add("signed by", last.find("signed_by").as_string().empty() ? "nobody" : text_at(last, "signed_by"));
    facts.add("loaded in", time_at(last, "load_ms"));
    facts.add("memory", memory_fact(last));
    facts.add("holds", count_at(last, "frames") + " frames, " + count_at(last, "timers") + " timers, " +
                           count_at(last, "watches") + " watches, " + count_at(last, "connections") + " connections");
  }
  if (const json::View crash = answer.find("last_crash")) {
    const std::string signal = text_at(crash, "signal");
    facts.add("last crash", {(signal.empty() ? "exit " + count_at(crash, "exit_code") : signal) + " in generation " +
                                 count_at(crash, "generation") + ", " + text_at(crash, "method") + " for tenant '" +
                                 text_at(crash, "tenant") + "', " + text_at(crash, "time"),
                             Tint::bad});
  }
  std::string out = facts.print(colour) + "\n" + generations_table(generations, false, colour);
  if (generations.size() != 0) out += cells_table(generations.at(generations.size() - 1), colour);
  return out;
}

std::string view_report(json::View answer, bool colour) {
  const std::string outcome = text_at(answer, "outcome");
  const bool reverted = outcome.starts_with("reverted");
  const bool over = outcome.starts_with("canary was over already");  // nothing was done: that had been done before
  const std::int64_t from = number_at(answer, "from");
  const std::int64_t to = number_at(answer, "to");
  std::string head = printable(text_at(answer, "plugin") + " " + text_at(answer, "version")) + ": ";
  if (over) {
    head += "generation " + std::to_string(to) + " stays, ";
  } else if (from != 0 && to != 0) {
    head += "generation " + std::to_string(from) + " → " + std::to_string(to) + ", ";
  } else if (from + to != 0) {
    head += "generation " + std::to_string(from + to) + ", ";
  }
  std::string out = head +
                    tinted(printable(outcome),
                           reverted ? Tint::bad
                           : over   ? Tint::warn
                                    : Tint::good,
                           colour) +
                    "\n";
  Facts facts;
  for (const json::View term : answer.find("terms").elements())
    facts.add("  " + text_at(term, "key"), text_at(term, "before") + " → " + text_at(term, "after"));
  const bool canary = outcome.starts_with("canary ");  // what serves was there before
  if (to != 0 && !canary) facts.add("  load", time_at(answer, "load_ms"));
  if (!over) facts.add("  flip", time_at(answer, "flip_ms"));
  if (answer.find("pause_ms").as_double() > 0) facts.add("  pause", time_at(answer, "pause_ms"));
  if (from != 0) {
    const std::int64_t failed = number_at(answer, "failed");
    if (!over) facts.add("  drain", time_at(answer, "drain_ms"));
    facts.add("  failed requests", {count_text(failed), failed > 0 ? Tint::bad : Tint::plain});
    facts.add(reverted || canary ? "  canary generation" : "  old generation", text_at(answer, "old_state"));
  }
  return out + facts.print(colour);
}

}  // namespace socle::cli
