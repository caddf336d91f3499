// schema_pattern_fuzz: a pattern, a line break, a text; and the text as every format. The engines must agree: where a
// pattern is regular, what our tables say must be what a look-ahead around the same pattern (PCRE2's turn) says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "format.hpp"
#include "pattern.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"
#include "uri.hpp"

using socle::schema::Format;
using socle::schema::Pattern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  // Both halves must be UTF-8, as all texts of documents are: let the JSON parser judge.
  if (line == std::string_view::npos || size > 400) return 0;
  std::string quoted = "[";
  socle::json::append_quoted(quoted, text.substr(0, line));
  quoted += ',';
  socle::json::append_quoted(quoted, text.substr(line + 1));
  const auto document = socle::json::Document::parse(quoted + "]");
  if (!document) return 0;
  const std::string_view source = document->root().at(0).as_string();
  const std::string_view subject = document->root().at(1).as_string();
  for (int i = 0; i <= static_cast<int>(Format::regex); ++i) (void)matches_format(static_cast<Format>(i), subject);
  (void)resolve(socle::schema::Uri::parse(source), subject).text();
  const auto own = Pattern::compile(source);
  if (!own || own->engine() == Pattern::Engine::pcre2) return 0;
  const auto other = Pattern::compile("(?=" + std::string(source) + ")");
  if (!other) return 0;
  const auto theirs = other->match(subject);
  if (theirs != Pattern::Match::limit && own->match(subject) != theirs) std::abort();
  return 0;
}
