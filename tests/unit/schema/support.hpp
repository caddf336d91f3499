// support.hpp: schemas and instances from literals, for the tests of this folder.
#pragma once

#include <catch2/catch.hpp>
#include <string_view>

#include "socle/schema/schema.hpp"

namespace schema_test {

inline socle::json::Document parse(std::string_view text) {
  auto document = socle::json::Document::parse(text);
  INFO(text);
  REQUIRE(document);
  return std::move(*document);
}

inline socle::schema::Schema make(std::string_view text, const socle::schema::Options& options = {}) {
  auto schema = socle::schema::compile_text(text, options);
  INFO(text << ": " << (schema ? "" : schema.error().message));
  REQUIRE(schema);
  return std::move(*schema);
}

inline bool accepts(const socle::schema::Schema& schema, std::string_view instance) {
  const auto document = parse(instance);
  const bool valid = schema.valid(document.root());
  CHECK(schema.check(document.root()).valid() == valid);
  return valid;
}

}  // namespace schema_test
