// report.cpp: what workers ask and what operators and tenants are told.
#include <algorithm>

#include "lifecycle/json_text.hpp"
#include "manifest/problems.hpp"
#include "telemetry/clock.hpp"
#include "tenants/registry.hpp"

namespace socle::tenants {

using lifecycle::JsonText;

bus::TenantDirectory::Entry Registry::entry(std::string_view tenant) const {
  const Tenant* t = table_.find(tenant);
  if (t == nullptr) return Entry::unknown;
  switch (t->standing.load(std::memory_order_acquire)) {
    case Standing::active: return Entry::open;
    case Standing::suspended: return Entry::suspended;
    case Standing::deleting: break;
  }
  return Entry::deleting;
}

double Registry::limit(std::string_view tenant, std::string_view name) const {
  const Tenant* t = table_.find(tenant);
  const Terms* terms = t != nullptr ? t->terms.load(std::memory_order_acquire) : nullptr;
  return terms != nullptr ? terms->limit(name) : std::numeric_limits<double>::infinity();
}

std::string_view Registry::plan(std::string_view tenant) const {
  const Tenant* t = table_.find(tenant);
  const Terms* terms = t != nullptr ? t->terms.load(std::memory_order_acquire) : nullptr;
  return terms != nullptr ? std::string_view(terms->plan) : std::string_view();
}

void Registry::meter(std::string_view tenant, std::string_view name, double amount, int64_t now) {
  Tenant* t = table_.find(tenant);
  const uint16_t number = t != nullptr ? names_.number(name) : MeterNames::none;
  if (number != MeterNames::none) t->meters.add(number, amount, now);
}

void Registry::meter_level(std::string_view tenant, std::string_view name, double level) {
  Tenant* t = table_.find(tenant);
  const uint16_t number = t != nullptr ? names_.number(name) : MeterNames::none;
  if (number != MeterNames::none && t->meters.set(number, level))
    levels_changed_.store(true, std::memory_order_relaxed);
}

std::string limits_json(const Terms& terms) {
  JsonText json;
  json.begin_object();
  for (const auto& [name, number] : terms.limits) json.number(name, number);
  return json.end_object().take();
}

namespace {

void write_meters(JsonText& json, const MeterSet& meters, const MeterNames& names, const Terms& terms, int64_t now) {
  json.begin_object("usage");
  for (const MeterReading& m : meters.read(now)) {
    const std::string_view name = names.name(m.name);
    json.begin_object(name).string("kind", m.stock ? "stock" : "flow");
    if (m.stock) {
      json.number("level", m.now);
    } else {
      json.number("last_minute", m.now).number("total", m.total);
    }
    if (const double limit = terms.limit(name); limit != std::numeric_limits<double>::infinity())
      json.number("limit", limit);
    json.end_object();
  }
  json.end_object();
}

}  // namespace

std::string Registry::usage_json(std::string_view tenant, int64_t now) const {
  const Tenant* t = table_.find(tenant);
  const Terms* known = t != nullptr ? t->terms.load(std::memory_order_acquire) : nullptr;
  if (known == nullptr) return {};
  const Terms& terms = *known;
  JsonText json;
  json.begin_object().string("tenant", t->id).string("plan", terms.plan).raw("limits", limits_json(terms));
  write_meters(json, t->meters, names_, terms, now);
  std::string text = json.take();
  if (more_usage) text += more_usage(t->id, terms);
  return text + "}";
}

Result<std::string> Registry::show_json(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const Tenant* t = table_.find(id);
  if (t == nullptr)
    return Error{Code::not_found,
                 "no tenant " + manifest::in_quotes(id) + "; `socle tenant list` names those there are"};
  JsonText json;
  json.begin_object().string("tenant", t->id).string("state", to_string(t->standing.load()));
  json.string("plan", t->kept_terms->plan).boolean("declared", t->declared);
  json.raw("limits", limits_json(*t->kept_terms)).begin_object("own");
  if (t->own && t->own->plan) json.string("plan", *t->own->plan);
  if (t->own) {
    for (const auto& [name, number] : t->own->limits) json.number(name, number);
  }
  json.end_object();
  write_meters(json, t->meters, names_, *t->kept_terms, telemetry::monotonic_now());
  std::string text = json.take();
  if (more_usage) text += more_usage(t->id, *t->kept_terms);
  return text + "}";
}

std::string Registry::list_json() const {
  const std::lock_guard lock(mutex_);
  std::vector<const Tenant*> all;
  all.reserve(table_.size());
  table_.each([&all](const Tenant& t) { all.push_back(&t); });
  std::sort(all.begin(), all.end(), [](const Tenant* a, const Tenant* b) { return a->id < b->id; });
  JsonText json;
  json.begin_object().begin_array("tenants");
  for (const Tenant* t : all) {
    json.begin_object().string("tenant", t->id).string("plan", t->kept_terms->plan);
    json.string("state", to_string(t->standing.load())).boolean("declared", t->declared);
    json.number("own_limits", t->own ? t->own->limits.size() : 0).end_object();
  }
  return json.end_array().number("count", all.size()).end_object().take();
}

size_t Registry::count() const {
  const std::lock_guard lock(mutex_);
  return table_.size();
}

}  // namespace socle::tenants
