// functions.hpp: the functions zen.*: what GoRules' ZEN means by its operators and functions, for imported graphs.
// Pure, any thread; texts and lists are paid for by size like everything else.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "socle/cel/environment.hpp"
#include "socle/cel/function.hpp"

namespace socle::rules {

void declare_zen_functions(cel::Environment& environment);
// What every ruleset's environment stands on: mixed numbers and these functions, made once. Any thread.
[[nodiscard]] std::shared_ptr<const cel::Environment> zen_environment();

namespace zen {

struct Row {
  std::string_view name;
  std::string_view signature;
  cel::Function function;
};
[[nodiscard]] std::span<const Row> operator_rows();
[[nodiscard]] std::span<const Row> object_rows();
[[nodiscard]] std::span<const Row> text_rows();
[[nodiscard]] std::span<const Row> number_rows();
[[nodiscard]] std::span<const Row> date_rows();
[[nodiscard]] std::span<const Row> moment_rows();

// What ZEN refuses.
[[nodiscard]] cel::Value refuse(cel::Context& c, std::string_view message);
// Equality as ZEN has it: numbers by value, texts, booleans, null; lists and objects are never equal.
[[nodiscard]] bool same(const cel::Value& a, const cel::Value& b);
// Whether one of a list's elements is the same as the item; each is paid for.
[[nodiscard]] cel::Value holds(cel::Context& c, const cel::Value& list, const cel::Value& item);

}  // namespace zen
}  // namespace socle::rules
