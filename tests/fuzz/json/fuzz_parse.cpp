// Any text: the parser and the independent fault finder agree; what is accepted verifies, and its text parses again to
// an equal document with the same text. With duplicates refused nothing else is accepted.
#include <string>

#include "check.hpp"
#include "socle/json.hpp"
#include "src/locate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace json = socle::json;
  // Never destroyed: it lives as long as the fuzzer.
  static json::Parser& parser = *new json::Parser;  // reused, so that nothing of one text may leak into the next
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const json::ParseOptions options;
  const auto bytes = parser.flatten(text, options);
  CHECK(bytes.has_value() != json::locate_fault(text, options.max_depth).has_value());
  if (!bytes) {
    CHECK(bytes.error().code != socle::Code::internal);
    return 0;
  }
  CHECK(json::verify(*bytes).has_value());
  const auto document = json::Document::adopt(*bytes);
  CHECK(document.has_value());
  const std::string printed = json::to_text(document->root());
  const auto again = json::Document::parse(printed);
  CHECK(again.has_value());
  CHECK(json::to_text(again->root()) == printed);
  CHECK(json::equal(again->root(), document->root()));
  CHECK(json::hash(again->root()) == json::hash(document->root()));
  CHECK(again->bytes() == document->bytes());
  const auto pretty = json::Document::parse(json::to_pretty_text(document->root()));
  CHECK(pretty.has_value() && pretty->bytes() == document->bytes());
  return 0;
}
