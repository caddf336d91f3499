// import_overlaps.cpp: see the header. The table is compiled once more, with its own hit policy, and thrown away.
#include "dmn/import_overlaps.hpp"

#include <charconv>
#include <utility>

#include "socle/cel/environment.hpp"
#include "socle/json/document.hpp"
#include "table/codes.hpp"
#include "table/definition.hpp"
#include "table/table.hpp"
#include "zen/functions.hpp"

namespace socle::rules::dmn {
namespace {

constexpr std::string_view rows = "/rows/";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

void Overlaps::tell(std::string_view table, Diagnostics& diagnostics) const {
  const auto document = json::Document::parse(table);
  if (!document) return;
  cel::Environment environment(zen_environment());
  if (!environment.declare_variable("input", *cel::Type::parse("map(string, dyn)")) ||
      !environment.declare_variable(std::string(cell_variable), cel::Type()))
    return;
  Diagnostics found;
  // What is wrong beside this is told when the ruleset is compiled.
  if (const auto definition = read_table(document->root(), "", found))
    (void)rules::Table::compile(*definition, environment, found);
  for (const auto& one : found.all()) {
    if (one.code != codes::rows_overlap && one.code != codes::rows_contradict) continue;
    std::size_t row = 0;
    const auto* begin = one.pointer.data() + rows.size();
    if (!one.pointer.starts_with(rows) ||
        std::from_chars(begin, one.pointer.data() + one.pointer.size(), row).ec != std::errc() || row >= places.size())
      continue;
    auto message = one.message;
    for (const auto& column : columns) message = replaced(std::move(message), column.cel, column.feel);
    diagnostics.warning(places[row], one.code, message + "; DMN's result is null there");
  }
}

}  // namespace socle::rules::dmn
