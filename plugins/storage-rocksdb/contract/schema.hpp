// schema.hpp: what a tenant has declared: collections with their typed indexes, as values. One immutable TenantSchema
// is shared by the lane and the readers; a change makes a new one. Also the difference between a collection as it is
// and as it is wanted, which `plan` shows and `migrate` executes. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contract/field.hpp"
#include "socle/json/writer.hpp"

namespace socle::storage {

struct IndexField {
  FieldPath path;
  FieldType type = FieldType::string;
  bool descending = false;
  bool operator==(const IndexField&) const = default;
};

// building: entries are written for new versions, but old documents may lack theirs; not used by queries.
// failed: a backfill met documents that cannot be indexed; it says which, and stays until dropped.
enum class IndexState : std::uint8_t { building, ready, failed };
[[nodiscard]] std::string_view to_string(IndexState state);

struct Index {
  std::string name;
  std::vector<IndexField> fields;
  bool unique = false;

  std::uint64_t number = 0;  // never reused within the collection
  IndexState state = IndexState::ready;
  std::string progress;  // building: the last document's id that is done
  std::string failure;   // failed: JSON array of the first offenders (building: its elements so far)
  std::uint64_t offenders = 0;
  [[nodiscard]] bool same_definition(const Index& other) const {
    return name == other.name && fields == other.fields && unique == other.unique;
  }
};

struct Collection {
  std::string name;
  std::vector<Index> indexes;
  std::uint64_t number = 0;  // never reused within the tenant
  std::uint64_t next_index = 1;
  [[nodiscard]] const Index* find(std::string_view index) const;
};

struct TenantSchema {
  std::uint64_t tenant = 0;
  std::uint64_t next_collection = 1;
  std::vector<Collection> collections;  // by name
  void add(Collection collection);      // whose name is new
  [[nodiscard]] const Collection* find(std::string_view name) const;
  [[nodiscard]] const Collection* find(std::uint64_t number) const;
  Collection* find(std::string_view name);

  [[nodiscard]] std::size_t bytes() const;  // memory it holds, about

  [[nodiscard]] std::string encode() const;
  static Result<TenantSchema> decode(std::string_view bytes);
};
using SchemaPtr = std::shared_ptr<const TenantSchema>;

inline constexpr std::size_t max_collections = 4000;
inline constexpr std::size_t max_indexes = 64;
inline constexpr std::size_t max_index_fields = 16;
inline constexpr std::size_t max_name = 64;

// A collection name: 1 to 64 of a-z A-Z 0-9 _ - . :
Verdict check_name(std::string_view name, std::string_view what, std::string_view pointer);
// One index of a request. `pointer` is where it stands there.
Outcome<Index> parse_index(json::View value, const std::string& pointer);
// {"collection": NAME, "indexes": [...]}
Outcome<Collection> parse_collection(json::View request);

struct Step {
  enum class Op : std::uint8_t { create_collection, drop_collection, add_index, drop_index };
  Op op = Op::create_collection;
  Index index;  // add_index: all of it; drop_index: its name
};
struct Plan {
  std::vector<Step> up, down;
  bool destroys_data = false;  // of `down`: undoing a creation drops documents
};
// `now` is nullptr when the collection does not exist.
[[nodiscard]] Plan plan_change(const Collection* now, const Collection& wanted);
Outcome<std::vector<Step>> parse_steps(json::View steps);

void write_definition(json::Writer& out, const Index& index);
void write_steps(json::Writer& out, const std::vector<Step>& steps);

}  // namespace socle::storage
