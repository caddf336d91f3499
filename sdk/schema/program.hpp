// program.hpp: a compiled schema: nodes (one a subschema) that name runs of instructions, and the tables these index.
// The compiler builds it, the machine runs it, compatibility() and bounds() read it. Immutable once built; any thread.
// Every string_view and View in it points into `documents`, where texts are zero-padded to 8 bytes (json/layout.hpp),
// which is what lets keys and enumerations be compared a word at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "format.hpp"
#include "pattern.hpp"
#include "socle/json/document.hpp"
#include "socle/schema/schema.hpp"

namespace socle::schema {

inline constexpr std::uint32_t no_node = 0xFFFFFFFF;

// Instance types as bits. A number without fractional part has both number bits' meanings: see Node::types.
namespace type_bit {
inline constexpr std::uint8_t null = 1, boolean = 2, integer = 4, fraction = 8, string = 16, array = 32, object = 64;
inline constexpr std::uint8_t number = integer | fraction;
inline constexpr std::uint8_t all = 127;
}  // namespace type_bit

enum class OpCode : std::uint8_t {
  never,        // the false schema
  constant,     // a: enums (of one value)
  enumeration,  // a: enums
  minimum,      // a: numbers; so the next three
  maximum,
  exclusive_minimum,
  exclusive_maximum,
  multiple_of,
  min_length,  // a: count; so max_length, min_items, …
  max_length,
  pattern,             // a: patterns
  format,              // a: Format; b: 1 if it decides validity
  content_encoding,    // a: values; b: 1 if it decides
  content_media_type,  // a: values; b: 1 if it decides; with the encoding's values index + 1 in c
  min_items,
  max_items,
  unique_items,
  min_properties,
  max_properties,
  shape,               // a: shapes
  property_names,      // a: node
  dependent_required,  // a: first of dependencies, b: count
  dependent_schemas,   // a: first of dependencies, b: count
  prefix_items,        // a: first of children, b: count
  items,               // a: node, b: first element it is applied to
  contains,            // a: contains
  reference,           // a: node
  dynamic_reference,   // a: node when no outer resource has the anchor; b: dynamic name
  all_of,              // a: first of children, b: count; so the next two
  any_of,
  one_of,
  negation,           // a: node
  condition,          // a: conditions
  unevaluated_items,  // a: node
  unevaluated_properties,
};

struct Op {
  OpCode code = OpCode::never;
  std::uint8_t types = type_bit::all;  // instances it looks at; others pass
  std::uint16_t keyword = 0;           // Program::keywords: its name in this dialect ("items", "additionalItems")
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};

struct Node {
  static constexpr std::uint8_t tracks = 1;    // has unevaluated*: keeps its own marks
  static constexpr std::uint8_t leaf = 4;      // applies no other node: costs neither depth nor steps
  static constexpr std::uint8_t in_scope = 2;  // evaluation order matters to a $dynamicRef somewhere
  std::uint8_t types = type_bit::all;          // integer without fraction: numbers must be integral
  std::uint8_t flags = 0;
  std::uint16_t op_count = 0;
  std::uint32_t first_op = 0;
  std::uint32_t resource = 0;
  std::uint32_t location = 0;  // Program::locations
  std::uint32_t target = 0;    // the node itself, or where a bare $ref leads; for runs that collect no faults
};

struct Number {
  double value = 0;
  std::int64_t integer = 0;
  bool is_integer = false;
  std::string_view text;
};

struct Property {
  const char* key = nullptr;
  std::uint32_t size = 0;
  std::uint32_t hash = 0;
  std::uint32_t node = no_node;    // none: only required
  std::uint32_t target = no_node;  // Node::target of it
  bool required = false;
  [[nodiscard]] std::string_view name() const { return {key, size}; }
};

struct Shape {                       // properties, patternProperties, additionalProperties and required of one schema
  std::vector<Property> properties;  // in the order of `properties`, then what is only required
  std::vector<std::uint16_t> slots;  // open addressing by hash: property + 1
  struct ByPattern {
    std::uint32_t pattern;
    std::uint32_t node;
  };
  std::vector<ByPattern> patterns;
  std::uint32_t additional = no_node;
  std::uint32_t required = 0;
  bool has_properties = false;
  std::vector<std::uint32_t> large_slots;  // instead of `slots` beyond 65,534 properties
};

struct Enumeration {
  struct Text {
    std::uint64_t head;  // the first 8 bytes, zero-padded
    std::uint32_t size;
    const char* data;
  };
  std::vector<json::View> values;
  std::vector<Text> texts;           // the strings among them
  std::vector<std::uint16_t> slots;  // open addressing by hash: text + 1; empty for a few texts
  bool only_texts = false;
};

struct Dependency {
  std::string_view key;
  std::uint32_t hash = 0;
  std::uint32_t node = no_node;
  std::vector<std::string_view> required;
};

struct Contains {
  std::uint32_t node = no_node;
  std::uint64_t min = 1;
  std::uint64_t max = ~std::uint64_t{0};
  bool marks = true;  // 2020-12: what it found counts as evaluated
};

struct Condition {
  std::uint32_t test = no_node;
  std::uint32_t then = no_node;
  std::uint32_t otherwise = no_node;
};

struct Program {
  std::vector<Node> nodes;
  std::vector<Op> ops;
  std::vector<std::uint32_t> children;
  std::vector<Shape> shapes;
  std::vector<Enumeration> enums;
  std::vector<Number> numbers;
  std::vector<Pattern> patterns;
  std::vector<json::View> values;
  std::vector<std::uint64_t> counts;
  std::vector<Dependency> dependencies;
  std::vector<Contains> contains;
  std::vector<Condition> conditions;
  std::vector<std::string> locations;  // absolute URI with pointer
  std::vector<std::string_view> keywords;
  std::vector<std::vector<std::uint32_t>> dynamic_targets;  // [name][resource] -> node
  std::vector<std::shared_ptr<const json::Document>> documents;
  std::uint32_t root = 0;
  bool has_dynamic = false;
  Draft draft = Draft::draft2020_12;
  Limits limits;
};

}  // namespace socle::schema
