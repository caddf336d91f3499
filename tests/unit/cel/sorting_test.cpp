// sorting_test.cpp: sorting and searching long lists and texts: stable, interruptible, paid for by what is looked at.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "socle/cel/merge_sort.hpp"
#include "socle/json/document.hpp"
#include "unit/cel/evaluating.hpp"

using namespace socle::cel;

namespace {
// What happens between two looks at the interrupt.
struct Steps {
  std::uint64_t now = 0;
  std::uint64_t most = 0;
  std::uint64_t asked = 0;
  std::uint64_t allowed = 0;  // how often it may be asked; 0: always
};
bool look(void* data) {
  auto& steps = *static_cast<Steps*>(data);
  steps.most = std::max(steps.most, steps.now);
  steps.now = 0;
  return ++steps.asked != steps.allowed;
}
}  // namespace

TEST_CASE("cel: sorting is stable and compares no more between two looks at the interrupt than their fuel", "[cel]") {
  struct Item {
    std::uint32_t key;
    std::uint32_t place;
  };
  for (const std::uint32_t most : {3u, 1'000'000u}) {
    Steps steps;
    Arena arena;
    Context context(arena, 100'000'000, 5'000, look, &steps);
    std::vector<Item> items;
    std::uint64_t state = 88172645463325252u;
    for (std::uint32_t i = 0; i < 170'000; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      items.push_back({static_cast<std::uint32_t>(state >> 33) % most, i});
    }
    auto wanted = items;
    std::stable_sort(wanted.begin(), wanted.end(), [](const Item& x, const Item& y) { return x.key < y.key; });
    const auto before = [&steps](const Item& x, const Item& y) {
      ++steps.now;
      return x.key < y.key;
    };
    REQUIRE(merge_sort(context, items, before));
    CHECK(std::equal(items.begin(), items.end(), wanted.begin(),
                     [](const Item& x, const Item& y) { return x.place == y.place; }));
    CHECK(steps.asked > 300);
    CHECK(steps.most <= 5'000);
  }
}

TEST_CASE("cel: sorting the longest list that there is room for ends where it is told to", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("list", *Type::parse("list(int)")));
  std::string numbers = "0";
  for (int i = 1; i < 174'000; ++i) numbers += "," + std::to_string(i * 7919 % 174'000);
  const auto list = socle::json::Document::parse("[" + numbers + "]");
  REQUIRE(list);
  Activation activation(env);
  activation.set(env.variable("list")->slot, list->root());
  constexpr std::uint64_t fuel = 1'000'000'000;
  for (const auto* source : {"list.sort().size() > 0", "list.sort()[0] == 0"}) {
    const auto program = Program::compile(env, *env.compile(source));
    REQUIRE(program);
    for (const std::uint64_t allowed : {1u, 10u, 40u, 300u, 0u}) {
      INFO(source << " allowed " << allowed);
      Steps steps;
      steps.allowed = allowed;
      Limits limits{.fuel = fuel, .memory = std::size_t{8} << 20, .interval = 5'000, .interrupt = look, .data = &steps};
      Arena arena;
      std::uint64_t left = 0;
      const auto value = program->evaluate(activation, arena, limits, &left);
      if (allowed == 0) {
        CHECK(value.is_true());
        CHECK(fuel - left > 2'000'000);
        continue;
      }
      REQUIRE(value.is_error());
      CHECK(value.error_info().code == ErrorCode::interrupted);
      CHECK(steps.asked == allowed);
    }
  }
}

TEST_CASE("cel: comparing long texts in a sort or a search is paid for by what is looked at", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("text", TypeKind::string));
  const std::string text(100'000, 'a');
  Activation activation(env);
  activation.set(env.variable("text")->slot, Value::string(text));
  const auto taken = [&](const std::string& source) {
    const auto program = Program::compile(env, *env.compile(source), {false});
    Arena arena;
    std::uint64_t left = 0;
    const auto value = program->evaluate(activation, arena, {.fuel = 1'000'000'000}, &left);
    INFO(source << " " << (value.is_error() ? program->describe(value) : to_text(value)));
    CHECK(value.is_true());
    return 1'000'000'000 - left;
  };
  // One comparison of two texts that are alike, and of two that differ at once.
  CHECK(taken("[text + 'b', text + 'a'].sort()[0] == text + 'a'") >
        taken("['b' + text, 'a' + text].sort()[0] == 'a' + text") + 5'000);
  const std::string search = "cel.bind(l, lists.range(100).map(i, text), !((text.substring(1) + 'b') in l))";
  CHECK(taken(search) > 100 * 100'000 / 16);
  CHECK(taken("cel.bind(l, lists.range(100).map(i, text), !('b' in l))") < 20'000);
  CHECK(taken("cel.bind(m, {'a': 1}, !((text + 'b') in m))") > 2 * 100'000 / 16);
}
