// schema_fuzz: a schema, a line break, an instance. Nothing may crash, hang or read beyond; limits hold; valid() and
// check() agree; compatibility never claims what the instance refutes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "socle/schema/bounds.hpp"
#include "socle/schema/compatibility.hpp"
#include "socle/schema/schema.hpp"

namespace schema = socle::schema;
namespace json = socle::json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  schema::Options options;
  options.limits.steps = 20000;
  options.limits.depth = 100;
  options.limits.schema_nodes = 2000;
  options.formats = size % 2 == 0 ? schema::Formats::assert_all : schema::Formats::by_dialect;
  options.check_metaschema = size % 3 != 0;
  const auto first = schema::compile_text(text.substr(0, line), options);
  if (!first) return 0;
  const auto instance = json::Document::parse(text.substr(line + 1));
  if (!instance) return 0;
  const bool valid = first->valid(instance->root());
  const schema::Report report = first->check(instance->root());
  if (!report.limited && report.valid() != valid) std::abort();
  for (const auto format : {schema::OutputFormat::basic, schema::OutputFormat::detailed})
    if (!json::Document::parse(schema::to_output(report, format))) std::abort();
  (void)schema::bounds(*first, "/a/0/*");
  // The instance is often a schema too: compare the two.
  const auto second = schema::compile(instance->root(), options);
  if (second) (void)schema::compatibility(*first, *second);
  return 0;
}
