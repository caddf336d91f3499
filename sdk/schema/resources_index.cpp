// resources_index.cpp: walks a document's subschemas, keyword by keyword, and registers what has a name.
#include <array>

#include "resources.hpp"
#include "socle/json/pointer.hpp"

namespace socle::schema {

namespace {

constexpr int max_depth = 300;

constexpr std::array<std::string_view, 12> single{"additionalItems",
                                                  "additionalProperties",
                                                  "contains",
                                                  "contentSchema",
                                                  "else",
                                                  "if",
                                                  "items",
                                                  "not",
                                                  "propertyNames",
                                                  "then",
                                                  "unevaluatedItems",
                                                  "unevaluatedProperties"};
constexpr std::array<std::string_view, 5> lists{"allOf", "anyOf", "items", "oneOf", "prefixItems"};
constexpr std::array<std::string_view, 6> maps{
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"};

bool is_schema(json::View view) { return view.is_object() || view.is_boolean(); }

}  // namespace

Status Resources::index(const Place& place, const Uri& base, const DialectRules& rules, int depth) {
  if (depth > max_depth) return Error{Code::too_large, place.pointer.substr(0, 200) + ": schemas nest deeper than 300"};
  Place here = place;
  Uri own = base;
  DialectRules own_rules = rules;
  bool is_root = here.pointer == resources_[here.resource].pointer;
  const bool hidden = rules.old() && here.view.find("$ref").is_string();
  const std::string_view id = hidden ? std::string_view{} : here.view.find(rules.id_keyword()).as_string();
  if (!id.empty() && !(rules.old() && id[0] == '#')) {
    own = resolve(base, id);
    if (own.fragment && !own.fragment->empty() && !rules.old())
      return Error{Code::invalid,
                   here.pointer + "/$id: an identifier must not have a fragment, found '" + std::string(id) + "'"};
    const std::string uri = own.without_fragment();
    own = Uri::parse(uri);
    if (!is_root && here.view.find("$schema").is_string()) {
      auto found = rules_for(here.view.find("$schema").as_string());
      if (!found) return std::move(found).error();
      own_rules = *found;
    }
    if (is_root && resources_[here.resource].uri != uri) {
      resources_[here.resource].uri = uri;  // it stays known by the URI it was loaded from
      by_uri_.emplace(uri, here.resource);
    } else if (!is_root) {
      const auto known = by_uri_.find(uri);
      if (known != by_uri_.end() && (resources_[known->second].document == here.document) &&
          resources_[known->second].pointer != here.pointer)
        return Error{Code::conflict,
                     here.pointer + "/$id: '" + uri + "' is already the identifier of another schema here"};
      here.resource = static_cast<std::uint32_t>(resources_.size());
      resources_.push_back({uri, here.document, here.pointer, own_rules, {}});
      by_uri_.emplace(uri, here.resource);
      is_root = true;
    }
  }
  resource_at_.insert_or_assign(key(here.document, here.pointer), here.resource);
  if (!here.view.is_object()) return {};
  if (auto anchors = index_anchors(here, is_root); !anchors) return anchors;
  return index_children(here, own, own_rules, depth);
}

Status Resources::index_anchors(const Place& place, bool is_root) {
  Resource& resource = resources_[place.resource];
  const auto add = [&](std::string_view name, bool dynamic) -> Status {
    const auto [known, added] =
        resource.anchors.try_emplace(std::string(name), Resource::Anchor{place.pointer, dynamic});
    if (!added && known->second.pointer != place.pointer)
      return Error{Code::conflict, place.pointer + ": the anchor '" + std::string(name) + "' is defined twice"};
    known->second.dynamic |= dynamic;
    return {};
  };
  if (resource.rules.old()) {
    const std::string_view id = place.view.find(resource.rules.id_keyword()).as_string();
    if (id.size() > 1 && id[0] == '#' && !place.view.find("$ref").is_string()) return add(id.substr(1), false);
    return {};
  }
  if (const auto name = place.view.find("$anchor").as_string(); !name.empty())
    if (auto added = add(name, false); !added) return added;
  if (resource.rules.draft == Draft::draft2019_09) {
    // $recursiveAnchor is the dynamic anchor with no name.
    if (is_root && place.view.find("$recursiveAnchor").as_bool()) return add("", true);
    return {};
  }
  const auto name = place.view.find("$dynamicAnchor").as_string();
  return name.empty() ? Status{} : add(name, true);
}

Status Resources::index_children(const Place& place, const Uri& base, const DialectRules& rules, int depth) {
  const auto visit = [&](const std::string& relative, json::View view) -> Status {
    if (!is_schema(view)) return {};
    return index({place.document, place.pointer + relative, view, place.resource}, base, rules, depth + 1);
  };
  for (const auto keyword : single)
    if (auto done = visit("/" + std::string(keyword), place.view.find(keyword)); !done) return done;
  for (const auto keyword : lists) {
    const json::View list = place.view.find(keyword);
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i)
      if (auto done = visit("/" + std::string(keyword) + "/" + std::to_string(i), list.at(i)); !done) return done;
  }
  for (const auto keyword : maps) {
    for (const auto [name, view] : place.view.find(keyword).members()) {
      std::string relative = "/" + std::string(keyword) + "/";
      json::append_escaped(relative, name);
      if (auto done = visit(relative, view); !done) return done;
    }
  }
  return {};
}

}  // namespace socle::schema
