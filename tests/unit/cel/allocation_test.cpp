// allocation_test.cpp: simple conditions allocate nothing. The whole binary counts its allocations for that; sanitizers
// have an operator new of their own.
#ifndef SOCLE_SANITIZED
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <utility>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("cel: simple conditions allocate nothing", "[cel]") {
  using namespace socle::cel;
  Environment env;
  REQUIRE(env.declare_variable("a", *Type::parse("map(string, dyn)")));
  const auto high = socle::json::Document::parse(R"({"x":101,"y":"vip"})");
  const auto low = socle::json::Document::parse(R"({"x":2,"y":"vip"})");
  REQUIRE(high);
  REQUIRE(low);
  for (const auto& [source, document] :
       {std::pair{"a.x > 100 && a.y == 'vip'", &*high}, std::pair{"has(a.x) && a.x in [1, 2, 3]", &*low}}) {
    INFO(source);
    const auto ast = env.compile(source);
    REQUIRE(ast);
    const auto program = Program::compile(env, *ast);
    REQUIRE(program);
    Activation activation(env);
    activation.set(env.variable("a")->slot, document->root());
    Arena arena;
    std::size_t held = 0;
    const auto before = allocations.load();
    for (int i = 0; i < 1000; ++i) held += program->evaluate(activation, arena).is_true() ? 1 : 0;
    CHECK(allocations.load() - before == 0);
    CHECK(held == 1000);
    CHECK(arena.held() == 0);
  }
}
#endif
