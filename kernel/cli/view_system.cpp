// view_system.cpp: status, doctor, top.
#include <algorithm>
#include <cmath>

#include "cli/read.hpp"
#include "cli/table.hpp"
#include "cli/views.hpp"
#include "cli/width.hpp"

namespace socle::cli {

std::string view_status(json::View answer, bool colour) {
  const std::string status = text_at(answer, "status");
  const std::int64_t retained = number_at(answer, "retained");
  Facts facts;
  facts.add("status", {status, status == "ok" ? Tint::good : Tint::warn});
  facts.add("plugins", {count_at(answer, "plugins") + " active, " + count_at(answer, "draining") + " draining, " +
                            count_at(answer, "retained") + " retained",
                        retained > 0 ? Tint::warn : Tint::plain});
  facts.add("tenants", count_at(answer, "tenants"));
  facts.add("workers", count_at(answer, "workers"));
  if (number_at(answer, "cells") > 0) facts.add("cells", count_at(answer, "cells"));
  for (const auto [name, address] : answer.find("listeners").members())
    facts.add("listener " + std::string(name), std::string(address.as_string()));
  facts.add("late replies", count_at(answer, "late_replies"));
  if (const std::int64_t lost = number_at(answer, "lost_threads"); lost > 0)
    facts.add("lost threads", {count_text(lost) + "; they hang in a plugin's code", Tint::bad});
  facts.add("payloads", count_at(answer, "payloads"));
  facts.add("routes version", count_at(answer, "routes_version"));
  facts.add("pid", answer.find("pid").is_number() ? std::to_string(number_at(answer, "pid")) : "-");
  facts.add("manifest", text_at(answer, "file"));
  facts.add("data", text_at(answer, "data"));
  facts.add("control", text_at(answer, "control"));
  return facts.print(colour);
}

std::string view_doctor(json::View answer, bool colour) {
  std::string out;
  size_t width = 0;
  std::int64_t failed = 0, warned = 0;
  for (const json::View check : answer.find("checks").elements())
    width = std::max(width, display_width(printable(text_at(check, "check"))));
  for (const json::View check : answer.find("checks").elements()) {
    const bool ok = check.find("ok").as_bool();
    const bool warning = ok && check.find("warning").as_bool();
    const std::string name = printable(text_at(check, "check"));
    failed += ok ? 0 : 1;
    warned += warning ? 1 : 0;
    const Tint tint = warning ? Tint::warn : ok ? Tint::good : Tint::bad;
    out += tinted(warning ? "!"
                  : ok    ? "✓"
                          : "✗",
                  tint, colour) +
           " " + name + std::string(width - display_width(name) + 2, ' ') + printable(text_at(check, "found")) + "\n";
    if (!ok || warning)
      out +=
          std::string(width + 4, ' ') + tinted("→ " + printable(text_at(check, "advice")), Tint::warn, colour) + "\n";
  }
  std::string verdict =
      failed == 0 ? "all is well" : count_text(failed) + (failed == 1 ? " check fails" : " checks fail");
  if (warned > 0) verdict += ", " + count_text(warned) + (warned == 1 ? " warning" : " warnings");
  return out + tinted(verdict, failed > 0 ? Tint::bad : warned > 0 ? Tint::warn : Tint::good, colour) + "\n";
}

namespace {

std::string percent_text(double percent) { return std::to_string(std::lround(percent)) + " %"; }

Tint pressure_tint(std::int64_t level) { return level == 0 ? Tint::plain : level == 1 ? Tint::warn : Tint::bad; }

}  // namespace

TopSample sample_of(json::View answer, std::chrono::steady_clock::time_point now) {
  TopSample sample;
  sample.at = now;
  for (const json::View p : answer.find("plugins").elements())
    sample.calls[number_at(p, "generation")] = number_at(p, "calls");
  return sample;
}

std::string view_top(json::View answer, const TopSample* before, const TopSample& now, bool colour) {
  std::vector<Column> columns{{"PLUGIN"}, {"GENERATION", Align::right}, {"STATE"}, {"CALLS", Align::right}};
  if (before != nullptr) columns.push_back({"CALLS/S", Align::right});
  columns.insert(columns.end(), {{"P99", Align::right}, {"IN FLIGHT", Align::right}, {"ERRORS", Align::right}});
  bool in_cells = false;
  for (const json::View p : answer.find("plugins").elements()) in_cells = in_cells || p.find("cells").exists();
  if (in_cells) columns.push_back({"CELLS", Align::right});
  Table plugins(columns);
  for (const json::View p : answer.find("plugins").elements()) {
    const std::int64_t errors = number_at(p, "kernel_errors");
    const json::View p99 = p.find("p99_us");
    std::vector<Cell> cells{
        {text_at(p, "plugin"), Tint::strong}, count_at(p, "generation"), text_at(p, "state"), count_at(p, "calls")};
    if (before != nullptr) {
      const std::chrono::duration<double> span = now.at - before->at;
      const auto earlier = before->calls.find(number_at(p, "generation"));
      const bool known = earlier != before->calls.end() && span.count() > 0;
      cells.emplace_back(known ? count_text(static_cast<std::int64_t>(
                                     static_cast<double>(number_at(p, "calls") - earlier->second) / span.count()))
                               : "-");
    }
    cells.insert(cells.end(), {p99.as_double() > 0 ? time_text(p99.as_double() / 1e3) : "-",
                               count_at(p, "in_flight"),
                               {count_at(p, "kernel_errors"), errors > 0 ? Tint::bad : Tint::plain}});
    if (in_cells) cells.emplace_back(p.find("cells").exists() ? count_at(p, "cells") : "-");
    plugins.row(std::move(cells));
  }
  Table tenants({{"TENANT"},
                 {"CPU", Align::right},
                 {"IN"},
                 {"REQUESTS/S", Align::right},
                 {"P99", Align::right},
                 {"IN FLIGHT", Align::right},
                 {"WAITING", Align::right},
                 {"REFUSED", Align::right},
                 {"MEMORY", Align::right},
                 {"PRESSURE", Align::right}});
  for (const json::View t : answer.find("tenants").elements()) {
    std::string in;
    for (const json::View p : t.find("plugins").elements())
      in.append(in.empty() ? "" : ", ")
          .append(text_at(p, "plugin") + " " + percent_text(p.find("cpu_percent").as_double()));
    const double p99 = t.find("p99_us").as_double();
    tenants.row({{text_at(t, "tenant"), Tint::strong},
                 percent_text(t.find("cpu_percent").as_double()),
                 in,
                 count_text(static_cast<std::int64_t>(t.find("rate").as_double())),
                 p99 > 0 ? time_text(p99 / 1e3) : "-",
                 count_at(t, "in_flight"),
                 count_at(t, "queued"),
                 count_text(number_at(t, "refused") + number_at(t, "shed")),
                 bytes_at(t, "memory_bytes"),
                 {count_at(t, "memory_pressure"), pressure_tint(number_at(t, "memory_pressure"))}});
  }
  Table workers({{"WORKER", Align::right}, {"DOES"}, {"CONNECTIONS", Align::right}, {"TURNS", Align::right}});
  for (const json::View w : answer.find("workers").elements()) {
    const bool idle = w.find("idle").as_bool();
    const std::string running = text_at(w, "running");
    workers.row({count_at(w, "worker"),
                 {running != "-" ? "runs " + running
                  : idle         ? "waits"
                                 : "turns",
                  idle ? Tint::faint : Tint::plain},
                 count_at(w, "connections"),
                 count_at(w, "turns")});
  }
  return (plugins.empty() ? "no plugin is loaded\n" : plugins.print(colour)) + "\n" +
         (tenants.empty() ? "" : tenants.print(colour) + "\n") + workers.print(colour);
}

}  // namespace socle::cli
