// text_fuzz.cpp: any bytes as the small languages the rules plugin reads: table cells, ZEN expressions and cells, FEEL
// cells. What is translated must be CEL: a translation that the kit cannot parse is a fault.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dmn/feel.hpp"
#include "socle/cel/environment.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"
#include "table/cell.hpp"
#include "zen/translate.hpp"

using namespace socle;

namespace {

// Longer than a source may be: a translation may say more words than its original.
cel::Options wide() {
  cel::Options options;
  options.max_source = std::size_t{1} << 20;
  options.max_depth = 1000;
  return options;
}

void must_parse(const std::string& expression) {
  static const cel::Environment environment(wide());
  if (!environment.parse(expression)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // Models are JSON or YAML in UTF-8, so their texts are.
  std::string quoted;
  json::append_quoted(quoted, text);
  if (!json::Document::parse(quoted)) return 0;
  rules::CellNode cell;
  rules::CellFault fault;
  (void)rules::parse_cell(text, cell, fault);
  const rules::zen::Scope scope{"input", "value", {}, {}};
  if (const auto expression = rules::zen::to_cel(text, scope)) must_parse(*expression);
  if (const auto shorthand = rules::zen::to_cell(text, scope)) (void)rules::parse_cell(*shorthand, cell, fault);
  if (const auto shorthand = rules::dmn::feel_cell(text, {"x", "Monthly Income"}))
    (void)rules::parse_cell(*shorthand, cell, fault);
  return 0;
}
