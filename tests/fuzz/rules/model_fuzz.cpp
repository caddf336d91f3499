// model_fuzz.cpp: any bytes as a ruleset, a JDM graph or DMN XML: read, imported, compiled with its tests, evaluated
// within small limits with a trace. A ruleset that an import gives must be one that compiles or says why not.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dmn/import.hpp"
#include "jdm/import.hpp"
#include "ruleset/ruleset.hpp"
#include "socle/json/document.hpp"

using namespace socle;

namespace {

void run(json::View source) {
  cel::Limits limits;
  limits.fuel = 20'000;
  limits.memory = std::size_t{1} << 20;
  rules::Diagnostics diagnostics;
  rules::TestReport tests;
  const auto ruleset = rules::Ruleset::compile(source, diagnostics, rules::CompileMode::full, &tests, limits);
  if (!ruleset) {
    if (!diagnostics.failed()) std::abort();
    return;
  }
  static const auto input =
      json::Document::parse(R"({"income":6000,"kind":"vip","items":[{"p":1},{"p":null}],"n":3,"d":"2024-05-01"})");
  cel::Arena arena;
  rules::Call call;
  call.input = input->root();
  call.trace = true;
  call.limits = limits;
  const auto outcome = ruleset->evaluate(call, arena);
  if (outcome.fault.has_value() == !outcome.output.empty()) std::abort();
  if (!outcome.fault && !json::Document::parse(outcome.output)) std::abort();
  if (!json::Document::parse(outcome.trace)) std::abort();
}

void run_import(const std::optional<std::string>& source, const rules::Diagnostics& diagnostics) {
  if (!source) {
    if (!diagnostics.failed()) std::abort();
    return;
  }
  const auto document = json::Document::parse(*source);
  if (!document) std::abort();
  run(document->root());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16384) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto document = json::Document::parse(text)) {
    run(document->root());
    rules::Diagnostics diagnostics;
    run_import(rules::import_jdm(document->root(), "graph", diagnostics), diagnostics);
    return 0;
  }
  rules::Diagnostics diagnostics;
  run_import(rules::import_dmn(text, "", diagnostics), diagnostics);
  return 0;
}
