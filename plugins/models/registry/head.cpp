#include "registry/head.hpp"

#include <algorithm>

namespace socle::models {
namespace {

std::string text(json::View object, std::string_view key) { return std::string(object.find(key).as_string()); }

void write_or_null(json::Writer& out, std::string_view key, const std::string& value) {
  out.key(key);
  if (value.empty()) {
    out.null();
  } else {
    out.string(value);
  }
}

}  // namespace

const VersionFacts* Head::find(std::string_view version) const {
  const auto at = std::find_if(versions.begin(), versions.end(), [&](const auto& f) { return f.version == version; });
  return at == versions.end() ? nullptr : &*at;
}

VersionFacts* Head::find(std::string_view version) {
  return const_cast<VersionFacts*>(static_cast<const Head*>(this)->find(version));
}

const VersionFacts* Head::newest(const Selector& selector) const {
  const VersionFacts* best = nullptr;
  Version highest;
  if (const auto now = parse_version(active); now && selector.matches(*now)) return find(active);
  for (const VersionFacts& facts : versions) {
    const auto number = parse_version(facts.version);
    if (!number || !selector.matches(*number) || (best != nullptr && *number < highest)) continue;
    const bool pending =
        (canary && canary->version == facts.version) || (building && building->version == facts.version);
    if ((pending || facts.withdrawn) && !selector.exact()) continue;
    best = &facts;
    highest = *number;
  }
  return best;
}

std::vector<Version> Head::numbers() const {
  std::vector<Version> out;
  for (const VersionFacts& facts : versions)
    if (const auto number = parse_version(facts.version)) out.push_back(*number);
  return out;
}

std::string_view Head::state_of(const VersionFacts& facts) const {
  if (facts.version == active) return "active";
  if (canary && canary->version == facts.version) return "canary";
  if (building && building->version == facts.version) return "building";
  if (facts.serving) return "serving";
  return facts.withdrawn ? "withdrawn" : "old";
}

void Head::add(VersionFacts facts) {
  versions.push_back(std::move(facts));
  if (versions.size() <= max_versions) return;
  const auto unneeded = std::find_if(versions.begin(), versions.end() - 1, [this](const VersionFacts& f) {
    const std::string_view state = state_of(f);
    return f.version != previous && (state == "old" || state == "withdrawn");
  });
  if (unneeded != versions.end() - 1) versions.erase(unneeded);
}

void write(json::Writer& out, const Head& head) {
  out.begin_object().member("of", "head:" + head.kind).member("kind", head.kind).member("name", head.name);
  write_or_null(out, "active", head.active);
  write_or_null(out, "previous", head.previous);
  if (head.canary) {
    const CanaryFacts& c = *head.canary;
    out.key("canary").begin_object().member("version", c.version).member("hash", c.hash).member("by", c.by);
    out.member("weight", c.weight).member("started", c.started_ms).member("until", c.until_ms).end_object();
  }
  if (head.building) {
    const BuildingFacts& b = *head.building;
    out.key("building").begin_object().member("version", b.version).member("hash", b.hash).member("by", b.by);
    out.end_object();
  }
  out.key("versions").begin_array();
  for (const VersionFacts& f : head.versions) {
    out.begin_object().member("version", f.version).member("hash", f.hash).member("at", f.at).member("by", f.by);
    out.member("level", f.level).member("relation", f.relation).member("compatibility", f.promise);
    if (f.serving) out.member("serving", true);
    if (f.withdrawn) out.member("withdrawn", true);
    out.end_object();
  }
  out.end_array().member("events", head.events).end_object();
}

Head read_head(json::View document) {
  Head head;
  head.kind = text(document, "kind");
  head.name = text(document, "name");
  head.active = text(document, "active");
  head.previous = text(document, "previous");
  if (const auto c = document.find("canary"); c.is_object())
    head.canary = CanaryFacts{text(c, "version"),
                              text(c, "hash"),
                              text(c, "by"),
                              static_cast<std::uint32_t>(c.find("weight").as_uint64().value_or(0)),
                              c.find("started").as_int64().value_or(0),
                              c.find("until").as_int64().value_or(0)};
  if (const auto b = document.find("building"); b.is_object())
    head.building = BuildingFacts{text(b, "version"), text(b, "hash"), text(b, "by")};
  for (const json::View f : document.find("versions").elements())
    head.versions.push_back({text(f, "version"), text(f, "hash"), text(f, "at"), text(f, "by"), text(f, "level"),
                             text(f, "relation"), text(f, "compatibility"), f.find("serving").as_bool(),
                             f.find("withdrawn").as_bool()});
  head.events = document.find("events").as_uint64().value_or(0);
  return head;
}

void write_facts(json::Writer& out, const Head& head, const VersionFacts& f) {
  out.begin_object().member("version", f.version).member("hash", f.hash).member("state", head.state_of(f));
  out.member("at", f.at).member("by", f.by).member("level", f.level).member("relation", f.relation);
  out.member("compatibility", f.promise).end_object();
}

}  // namespace socle::models
