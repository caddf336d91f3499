// compile_values.cpp: type, enum, const, numbers, strings and counts.
#include <algorithm>
#include <array>
#include <bit>

#include "compiler.hpp"
#include "socle/json/decimal.hpp"
#include "socle/json/pointer.hpp"

namespace socle::schema {

namespace {

bool is_number(json::View view) { return view.is_number(); }
bool is_text(json::View view) { return view.is_string(); }
bool is_list(json::View view) { return view.is_array(); }
bool is_flag(json::View view) { return view.is_boolean(); }
bool is_count(json::View view) { return view.is_integral() && view.number_text().front() != '-'; }
bool is_type(json::View view) { return view.is_string() || view.is_array(); }

std::uint8_t type_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> types{{{"null", type_bit::null},
                                                                                   {"boolean", type_bit::boolean},
                                                                                   {"integer", type_bit::integer},
                                                                                   {"number", type_bit::number},
                                                                                   {"string", type_bit::string},
                                                                                   {"array", type_bit::array},
                                                                                   {"object", type_bit::object}}};
  for (const auto& [known, bits] : types)
    if (known == name) return bits;
  return 0;
}

}  // namespace

void Compiler::compile_type(Frame& frame) {
  const json::View type = expect(frame, "type", is_type, "a type name or a list of them");
  if (!type) return;
  std::uint8_t types = 0;
  const auto take = [&](json::View name) {
    const std::uint8_t bits = type_named(name.as_string());
    if (bits == 0)
      fail(Code::invalid, frame.place, "/type", "'" + std::string(name.as_string()) + "' is no type of JSON Schema");
    types |= bits;
  };
  if (type.is_string()) take(type);
  for (const json::View name : type.elements()) take(name);
  frame.node.types = types;
}

void Compiler::compile_enums(Frame& frame) {
  if (const json::View values = expect(frame, "enum", is_list, "an array"))
    add(frame, OpCode::enumeration, "enum", type_bit::all,
        add_enumeration({values.elements().begin(), values.elements().end()}));
  if (frame.rules->draft == Draft::draft4) return;
  if (const json::View value = frame.place.view.find("const"))
    add(frame, OpCode::constant, "const", type_bit::all, add_enumeration({value}));
}

std::uint32_t Compiler::add_enumeration(const std::vector<json::View>& values) {
  Enumeration made{values, {}, {}, true};
  for (const json::View value : values) {
    if (!value.is_string()) {
      made.only_texts = false;
      continue;
    }
    const std::string_view text = value.as_string();
    made.texts.push_back(
        {text.empty() ? 0 : json::layout::load64(text.data()), static_cast<std::uint32_t>(text.size()), text.data()});
  }
  if (made.texts.size() > 12 && made.texts.size() < 30000) {
    made.slots.assign(std::bit_ceil(made.texts.size() * 2), 0);
    for (std::size_t i = 0; i < made.texts.size(); ++i) {
      std::size_t slot = json::layout::hash_padded(made.texts[i].data, made.texts[i].size) & (made.slots.size() - 1);
      while (made.slots[slot] != 0) slot = (slot + 1) & (made.slots.size() - 1);
      made.slots[slot] = static_cast<std::uint16_t>(i + 1);
    }
  }
  program_.enums.push_back(std::move(made));
  return static_cast<std::uint32_t>(program_.enums.size() - 1);
}

std::uint32_t Compiler::add_number(Frame& frame, std::string_view keyword, json::View value) {
  if (keyword == "multipleOf" && json::decimal::compare(value.number_text(), "0") <= 0)
    fail(Code::invalid, frame.place, "/multipleOf",
         "multipleOf must be greater than 0, found " + std::string(value.number_text()));
  Number number{value.as_double(), 0, false, value.number_text()};
  if (const auto exact = value.as_int64()) number.integer = *exact, number.is_integer = true;
  program_.numbers.push_back(number);
  return static_cast<std::uint32_t>(program_.numbers.size() - 1);
}

void Compiler::compile_numbers(Frame& frame) {
  const auto bound = [&](std::string_view keyword, OpCode code) {
    if (const json::View value = expect(frame, keyword, is_number, "a number"))
      add(frame, code, keyword, type_bit::number, add_number(frame, keyword, value));
  };
  bound("multipleOf", OpCode::multiple_of);
  if (frame.rules->draft != Draft::draft4) {
    bound("minimum", OpCode::minimum);
    bound("maximum", OpCode::maximum);
    bound("exclusiveMinimum", OpCode::exclusive_minimum);
    bound("exclusiveMaximum", OpCode::exclusive_maximum);
    return;
  }
  // Draft 4: the exclusive keywords are flags beside the bound.
  const bool above = expect(frame, "exclusiveMinimum", is_flag, "a boolean").as_bool();
  const bool below = expect(frame, "exclusiveMaximum", is_flag, "a boolean").as_bool();
  bound("minimum", above ? OpCode::exclusive_minimum : OpCode::minimum);
  bound("maximum", below ? OpCode::exclusive_maximum : OpCode::maximum);
}

std::uint32_t Compiler::add_pattern(Frame& frame, const std::string& relative, std::string_view source) {
  const auto [known, fresh] =
      pattern_numbers_.try_emplace(std::string(source), static_cast<std::uint32_t>(program_.patterns.size()));
  if (!fresh) return known->second;
  auto pattern = Pattern::compile(source);
  if (!pattern) {
    fail(pattern.error().code, frame.place, relative,
         "'" + std::string(source) + "' is no regular expression of ECMA-262: " + pattern.error().message);
    return 0;
  }
  program_.patterns.push_back(std::move(*pattern));
  return known->second;
}

void Compiler::compile_strings(Frame& frame) {
  const auto& rules = *frame.rules;
  if (rules.has(vocabulary::validation)) {
    for (const auto& [keyword, code] :
         {std::pair{"minLength", OpCode::min_length}, std::pair{"maxLength", OpCode::max_length}}) {
      if (const json::View value = expect(frame, keyword, is_count, "a non-negative integer")) {
        program_.counts.push_back(value.as_uint64().value_or(~std::uint64_t{0}));
        add(frame, code, keyword, type_bit::string, static_cast<std::uint32_t>(program_.counts.size() - 1));
      }
    }
    if (const json::View value = expect(frame, "pattern", is_text, "a string"))
      add(frame, OpCode::pattern, "pattern", type_bit::string, add_pattern(frame, "/pattern", value.as_string()));
  }
  const bool asserts = options_.formats == Formats::assert_all ||
                       (options_.formats == Formats::by_dialect && rules.has(vocabulary::format_assertion));
  if (rules.has(vocabulary::format_annotation | vocabulary::format_assertion))
    if (const json::View value = expect(frame, "format", is_text, "a string"))
      if (const auto format = find_format(value.as_string()))
        add(frame, OpCode::format, "format", type_bit::string, static_cast<std::uint32_t>(*format), asserts ? 1 : 0);
  if (!rules.has(vocabulary::content) || rules.draft < Draft::draft7) return;
  const json::View encoding = expect(frame, "contentEncoding", is_text, "a string");
  const json::View media = expect(frame, "contentMediaType", is_text, "a string");
  const std::uint32_t decides = options_.assert_content ? 1 : 0;
  if (encoding) {
    program_.values.push_back(encoding);
    add(frame, OpCode::content_encoding, "contentEncoding", type_bit::string,
        static_cast<std::uint32_t>(program_.values.size() - 1), decides);
  }
  if (media) {
    const auto after = encoding ? static_cast<std::uint32_t>(program_.values.size()) : 0;
    program_.values.push_back(media);
    add(frame, OpCode::content_media_type, "contentMediaType", type_bit::string,
        static_cast<std::uint32_t>(program_.values.size() - 1), decides)
        .c = after;
  }
}

void Compiler::compile_counts(Frame& frame) {
  struct Entry {
    const char* keyword;
    OpCode code;
    std::uint8_t types;
  };
  static constexpr std::array<Entry, 4> entries{{{"minItems", OpCode::min_items, type_bit::array},
                                                 {"maxItems", OpCode::max_items, type_bit::array},
                                                 {"minProperties", OpCode::min_properties, type_bit::object},
                                                 {"maxProperties", OpCode::max_properties, type_bit::object}}};
  for (const Entry& entry : entries) {
    if (const json::View value = expect(frame, entry.keyword, is_count, "a non-negative integer")) {
      program_.counts.push_back(value.as_uint64().value_or(~std::uint64_t{0}));
      add(frame, entry.code, entry.keyword, entry.types, static_cast<std::uint32_t>(program_.counts.size() - 1));
    }
  }
  if (expect(frame, "uniqueItems", is_flag, "a boolean").as_bool())
    add(frame, OpCode::unique_items, "uniqueItems", type_bit::array);
}

}  // namespace socle::schema
