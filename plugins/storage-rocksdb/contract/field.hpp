// field.hpp: typed field values: the seven types, what JSON value each accepts, and one order-preserving encoding per
// type. Index entries, sort keys and comparisons in filters all use these encodings, so an index and a scan cannot
// disagree about order or equality. docs/storage.md, "Types", is the contract. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/problem.hpp"
#include "socle/json/view.hpp"

namespace socle::storage {

enum class FieldType : std::uint8_t { string, integer, number, boolean, date, timestamp, decimal };

[[nodiscard]] std::string_view to_string(FieldType type);
[[nodiscard]] std::optional<FieldType> field_type(std::string_view name);

// What a field can be looked up as: present and of the type, missing (absent or null), or of another type.
enum class Fit : std::uint8_t { fits, missing, other };

// Longest text of an indexed string and of a filter constant.
inline constexpr std::size_t max_field_text = 1024;

// Appends tag and value when it fits, the tag of a missing value when it is missing; nothing for `other`.
Fit encode_field(std::string& out, FieldType type, json::View value);
void encode_missing(std::string& out);
// The tag byte that starts every present value; the tag of missing is smaller.
inline constexpr char missing_tag = '\x01';
inline constexpr char present_tag = '\x02';

// Where a value is: a member path in the document, or a property of the record itself.
struct FieldPath {
  enum class Of : std::uint8_t { doc, id, version, created_at, updated_at };
  Of of = Of::doc;
  std::vector<std::string> tokens;
  std::string text;  // as written

  // "/kind" (JSON Pointer into the document) or id, version, created_at, updated_at.
  static Outcome<FieldPath> parse(std::string_view text, std::string_view pointer);
  bool operator==(const FieldPath& other) const { return text == other.text; }
};

// A record as extraction and filters see it.
struct RecordView {
  std::string_view id;
  std::uint64_t version = 0;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  json::View doc;
};

[[nodiscard]] json::View value_at(const RecordView& record, const FieldPath& path);
Fit encode_path(std::string& out, FieldType type, const FieldPath& path, const RecordView& record);

// "2026-11-21T04:06:24.123Z"
[[nodiscard]] std::string format_timestamp(std::int64_t unix_ms);
// RFC 3339 date-time in nanoseconds since the epoch / full-date in days since the epoch.
[[nodiscard]] std::optional<std::int64_t> parse_timestamp(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace socle::storage
