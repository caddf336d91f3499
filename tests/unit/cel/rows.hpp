// rows.hpp: what the language means as rows of an expression and its value, or of one and what is wrong with it.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "unit/cel/evaluating.hpp"

namespace cel_test {

struct Row {
  std::string source;
  std::string value;
};
inline void all_are(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    const auto out = evaluate(row.source);
    INFO(row.source << "  " << out.refusal << out.error);
    CHECK(out.text == row.value);
  }
}
// Refused or failing, with this in the message.
inline void all_fail(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    const auto out = evaluate(row.source);
    INFO(row.source << "  " << out.text << out.refusal << out.error);
    CHECK((out.refusal + out.error).find(row.value) != std::string::npos);
  }
}

}  // namespace cel_test
