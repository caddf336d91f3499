// difference_fuzz.cpp: bytes choose an expression, a document and the world both are read in: the optimised program,
// the plain program, the checked program and the reference walk must agree, and so must the expression printed and
// parsed again. A difference aborts and prints the expression and the document.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "support/cel_reference/agreement.hpp"

using cel_reference::World;

namespace {

// The bytes as choices; when they are used up, always the first.
struct Choices {
  const std::uint8_t* next;
  const std::uint8_t* end;
  unsigned operator()(unsigned n) { return next == end ? 0 : *next++ % n; }
};

const socle::cel::Environment& environment(World world) {
  static const std::array<std::unique_ptr<socle::cel::Environment>, 4> all{
      cel_reference::environment_of(World::strict), cel_reference::environment_of(World::mixed),
      cel_reference::environment_of(World::moments), cel_reference::environment_of(World::declared)};
  return *all[static_cast<std::size_t>(world)];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto world = static_cast<World>(data[0] / 5 % 4);
  cel_reference::Generator generator(Choices{data + 1, data + size}, cel_reference::words_of(world));
  const auto source = generator.expression(1 + data[0] % 5);
  const auto text = generator.document();
  const auto document = socle::json::Document::parse(text);
  if (!document) std::abort();
  cel_reference::Agreement agreement(world, environment(world), socle::cel::Value::json(document->root()));
  (void)agreement.of(source);
  if (agreement.stopped || agreement.difference.empty()) return 0;
  std::fprintf(stderr, "%s of %s:%s\n", source.c_str(), text.c_str(), agreement.difference.c_str());
  std::abort();
}
