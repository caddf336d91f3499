// view_tenants.cpp: tenants, and what one may use and uses.
#include "cli/read.hpp"
#include "cli/table.hpp"
#include "cli/views.hpp"
#include "cli/width.hpp"

namespace socle::cli {
namespace {

Cell state_cell(const std::string& state) {
  return {state, state == "active" ? Tint::good : state == "suspended" ? Tint::warn : Tint::bad};
}

// A number of a plan or meter: bytes where the name says so, else as it is.
std::string amount(std::string_view name, json::View value) {
  if (!value.is_number()) return "-";
  const bool bytes = name.ends_with(".bytes") || name == "memory" || name.starts_with("memory.");
  if (const auto n = value.as_uint64(); n && bytes) return bytes_text(*n);
  if (const auto n = value.as_int64()) return count_text(*n);
  return std::string(value.number_text());
}

}  // namespace

std::string view_tenants(json::View answer, bool colour) {
  Table table({{"TENANT"}, {"PLAN"}, {"STATE"}, {"FROM"}, {"OWN LIMITS", Align::right}});
  for (const json::View t : answer.find("tenants").elements()) {
    table.row({{text_at(t, "tenant"), Tint::strong},
               text_at(t, "plan"),
               state_cell(text_at(t, "state")),
               t.find("declared").as_bool() ? "system file" : "socle tenant",
               count_at(t, "own_limits")});
  }
  return table.empty() ? "no tenants; `socle tenant create ID` makes one\n" : table.print(colour);
}

std::string view_tenant(json::View answer, bool colour) {
  Facts facts;
  facts.add("tenant", {text_at(answer, "tenant"), Tint::strong});
  facts.add("state", state_cell(text_at(answer, "state")));
  facts.add("plan", text_at(answer, "plan"));
  facts.add("from", answer.find("declared").as_bool() ? "system file" : "socle tenant");
  const json::View own = answer.find("own");
  for (const auto [name, value] : answer.find("limits").members())
    facts.add("limit " + std::string(name), amount(name, value) + (own.find(name).exists() ? " (its own)" : ""));
  for (const auto [name, meter] : answer.find("usage").members()) {
    const bool stock = meter.find("kind").as_string() == "stock";
    std::string used = stock ? amount(name, meter.find("level"))
                             : amount(name, meter.find("last_minute")) + " in the last minute, " +
                                   amount(name, meter.find("total")) + " since the start";
    if (const json::View limit = meter.find("limit"); limit.exists()) used += " of " + amount(name, limit);
    facts.add("used " + std::string(name), used);
  }
  if (answer.find("memory_pressure").exists()) {
    const std::int64_t level = number_at(answer, "memory_pressure");
    facts.add("in flight", count_at(answer, "in_flight"));
    facts.add("waiting", count_at(answer, "queued"));
    facts.add("memory", {bytes_at(answer, "memory_bytes") + ", pressure " + count_text(level) + " of 2",
                         level == 0 ? Tint::plain : Tint::warn});
  }
  return facts.print(colour);
}

}  // namespace socle::cli
