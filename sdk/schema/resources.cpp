// resources.cpp: loading documents, following references, and naming places.
#include "resources.hpp"

#include "socle/json/pointer.hpp"

namespace socle::schema {

namespace {
constexpr std::string_view default_base = "https://schema.invalid/";  // RFC 2606: can never be a real place
}  // namespace

std::string Resources::key(std::uint32_t document, std::string_view pointer) {
  return std::to_string(document) + "#" + std::string(pointer);
}

Result<DialectRules> Resources::rules_for(std::string_view schema_uri) {
  if (auto known = standard_dialect(schema_uri)) return *known;
  const std::string uri = Uri::parse(schema_uri).without_fragment();
  const json::View meta = options_.registry != nullptr ? options_.registry->find(uri) : json::View{};
  if (!meta.is_object())
    return Error{Code::unsupported, "$schema '" + std::string(schema_uri) +
                                        "' is neither a draft of JSON Schema this library knows nor in the registry"};
  // What the metaschema is itself written in decides the draft; a metaschema of a metaschema is not followed further.
  auto rules = standard_dialect(meta.find("$schema").as_string()).value_or(dialect_of(Draft::draft2020_12));
  rules.metaschema = uri;
  const json::View vocabularies = meta.find("$vocabulary");
  if (!vocabularies.is_object() || rules.old()) return rules;
  rules.vocabularies = vocabulary::core;
  for (const auto [name, needed] : vocabularies.members()) {
    const std::uint16_t bit = vocabulary_bit(name);
    if (bit == 0 && needed.as_bool())
      return Error{Code::unsupported, "$schema '" + uri + "' needs the unknown vocabulary '" + std::string(name) + "'"};
    rules.vocabularies |= bit;
    // In 2019-09 the applicators include the unevaluated ones.
    if (rules.draft == Draft::draft2019_09 && bit == vocabulary::applicator)
      rules.vocabularies |= vocabulary::unevaluated;
  }
  return rules;
}

Status Resources::add_document(json::View view, const std::string& uri, const DialectRules& fallback) {
  auto rules = fallback;
  if (const auto named = view.find("$schema").as_string(); !named.empty()) {
    auto found = rules_for(named);
    if (!found) return std::move(found).error();
    rules = *found;
  }
  documents_.push_back(std::make_shared<const json::Document>(json::Document::copy_of(view)));
  const auto number = static_cast<std::uint32_t>(documents_.size() - 1);
  const auto resource = static_cast<std::uint32_t>(resources_.size());
  resources_.push_back({uri, number, "", rules, {}});
  by_uri_.emplace(uri, resource);
  return index({number, "", documents_.back()->root(), resource}, Uri::parse(uri), rules, 0);
}

Result<Place> Resources::add_root(json::View document) {
  const std::string base =
      options_.base_uri.empty() ? std::string(default_base) : Uri::parse(options_.base_uri).without_fragment();
  if (auto added = add_document(document, base, dialect_of(options_.draft)); !added) return std::move(added).error();
  return Place{0, "", documents_[0]->root(), resource_at_.find(key(0, ""))->second};
}

Result<std::uint32_t> Resources::load(const std::string& uri) {
  if (const auto known = by_uri_.find(uri); known != by_uri_.end()) return known->second;
  json::View view = options_.registry != nullptr ? options_.registry->find(uri) : json::View{};
  if (!view) view = metaschema(uri);
  if (!view) return Error{Code::not_found, "no schema has the URI '" + uri + "'; add it to the registry"};
  if (auto added = add_document(view, uri, dialect_of(options_.draft)); !added) return std::move(added).error();
  return by_uri_.find(uri)->second;
}

Result<Place> Resources::follow(const Place& from, std::string_view reference) {
  const Uri target = resolve(Uri::parse(resources_[from.resource].uri), reference);
  const std::string whole = target.without_fragment();
  auto found = load(whole);
  if (!found) return std::move(found).error();
  const Resource& resource = resources_[*found];
  const std::string fragment = percent_decode(target.fragment.value_or(""));
  Place place{resource.document, resource.pointer, {}, *found};
  if (!fragment.empty() && fragment[0] != '/') {
    const auto anchor = resource.anchors.find(fragment);
    if (anchor == resource.anchors.end())
      return Error{Code::not_found,
                   "'" + std::string(reference) + "': '" + whole + "' has no anchor '" + fragment + "'"};
    return at_anchor(*found, anchor->second);
  }
  place.pointer += fragment;
  auto view = json::resolve(documents_[place.document]->root(), place.pointer);
  if (!view) return Error{Code::not_found, "'" + std::string(reference) + "': " + view.error().message};
  place.view = *view;
  // A place that is no known schema belongs to the nearest one around it, and is a schema because it is referred to.
  std::string_view prefix = place.pointer;
  for (;;) {
    const auto known = resource_at_.find(key(place.document, prefix));
    if (known != resource_at_.end()) {
      place.resource = known->second;
      break;
    }
    prefix = prefix.substr(0, prefix.rfind('/'));
  }
  if (prefix.size() != place.pointer.size()) {
    const Resource around = resources_[place.resource];
    if (auto indexed = index(place, Uri::parse(around.uri), around.rules, 0); !indexed)
      return std::move(indexed).error();
    place.resource = resource_at_.find(key(place.document, place.pointer))->second;
  }
  return place;
}

Place Resources::at_anchor(std::uint32_t resource, const Resource::Anchor& anchor) const {
  const std::uint32_t document = resources_[resource].document;
  const auto view = json::resolve(documents_[document]->root(), anchor.pointer);
  return {document, anchor.pointer, view ? *view : json::View{}, resource};
}

Place Resources::child(const Place& parent, std::string_view relative, json::View view) const {
  Place place{parent.document, parent.pointer + std::string(relative), view, parent.resource};
  if (const auto known = resource_at_.find(key(place.document, place.pointer)); known != resource_at_.end())
    place.resource = known->second;
  return place;
}

std::string Resources::location(const Place& place) const {
  const Resource& resource = resources_[place.resource];
  const std::string fragment = "#" + place.pointer.substr(resource.pointer.size());
  return resource.uri == default_base ? fragment : resource.uri + fragment;
}

}  // namespace socle::schema
