// resources.hpp: where every URI of a compilation leads: the documents, the schema resources inside them ($id), and
// their anchors. One lives for one compile(); the compiler asks it for dialects, bases and reference targets.
// Only places that a dialect says are schemas are searched for $id: one inside `enum` or an unknown keyword is none.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect.hpp"
#include "socle/json/document.hpp"
#include "socle/result.hpp"
#include "uri.hpp"

namespace socle::schema {

struct Resource {
  std::string uri;  // absolute, no fragment
  std::uint32_t document = 0;
  std::string pointer;  // of its root in the document
  DialectRules rules;
  struct Anchor {
    std::string pointer;  // in the document
    bool dynamic = false;
  };
  std::map<std::string, Anchor, std::less<>> anchors;
};

// A place in a document, and the resource it belongs to.
struct Place {
  std::uint32_t document = 0;
  std::string pointer;
  json::View view;
  std::uint32_t resource = 0;
};

class Resources {
 public:
  explicit Resources(const Options& options) : options_(options) {}

  // The schema to compile.
  Result<Place> add_root(json::View document);
  // `reference` as written in `from`'s resource. Loads documents of the registry and the standard's metaschemas.
  Result<Place> follow(const Place& from, std::string_view reference);
  // A child of `parent` by JSON pointer tokens already escaped ("/properties/a").
  [[nodiscard]] Place child(const Place& parent, std::string_view relative, json::View view) const;
  // A resource's anchor as a place.
  [[nodiscard]] Place at_anchor(std::uint32_t resource, const Resource::Anchor& anchor) const;

  [[nodiscard]] const std::vector<Resource>& all() const { return resources_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const json::Document>>& documents() const { return documents_; }
  // "https://x/y.json#/$defs/a"; only the fragment when the document has no URI of its own.
  [[nodiscard]] std::string location(const Place& place) const;
  Result<DialectRules> rules_for(std::string_view schema_uri);

 private:
  Result<std::uint32_t> load(const std::string& uri);
  Status add_document(json::View view, const std::string& uri, const DialectRules& rules);
  Status index(const Place& place, const Uri& base, const DialectRules& rules, int depth);
  Status index_children(const Place& place, const Uri& base, const DialectRules& rules, int depth);
  Status index_anchors(const Place& place, bool is_root);
  [[nodiscard]] static std::string key(std::uint32_t document, std::string_view pointer);

  const Options& options_;
  std::vector<std::shared_ptr<const json::Document>> documents_;
  std::vector<Resource> resources_;
  std::map<std::string, std::uint32_t, std::less<>> by_uri_;
  std::map<std::string, std::uint32_t, std::less<>> resource_at_;  // key(document, pointer) of every indexed schema
};

}  // namespace socle::schema
