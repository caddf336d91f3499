// Any bytes as a model's text, YAML or JSON by the first byte: refused with a place inside the text, or read; what is
// read means the same when its canonical text is read again, and every place asked of it lies in the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "socle/json/pointer.hpp"
#include "source/kinds.hpp"
#include "version/canonical.hpp"

using namespace socle::models;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

std::size_t lines_of(const std::string& text) {
  std::size_t lines = 1;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  return lines;
}

void ask_places(const Source& source, std::size_t lines) {
  std::vector<Diagnostic> asked{
      {"", "x", ""}, {"/a/0/b~1", "unknown_key", ""}, {"/" + std::string(3000, '/'), "x", ""}};
  for (const auto& member : source.root().members()) {
    std::string pointer = "/";
    socle::json::append_escaped(pointer, member.key);
    for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{1} << 40U})
      asked.push_back({pointer, "x", "", true, offset});
    asked.push_back({pointer, "unknown_key", ""});
    asked.push_back({pointer + "/0", "x", ""});
    if (asked.size() > 60) break;
  }
  source.find_places(asked);
  for (const Diagnostic& d : asked) check(d.at.line >= 1 && d.at.line <= lines && d.at.column >= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Media media = data[0] % 2 == 0 ? Media::yaml : Media::json;
  std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t lines = lines_of(text);
  std::vector<Diagnostic> problems;
  const auto source = Source::read(text, media, problems);
  check(source.has_value() || has_errors(problems));
  for (const Diagnostic& d : problems) check(d.at.line >= 1 && d.at.line <= lines + 1 && !d.message.empty());
  if (!source) return 0;
  const std::string canonical = canonical_text(source->root());
  const auto again = Source::read(canonical, Media::json, problems);
  // A canonical text may be longer than the limit, or name a character that JSON escapes.
  if (again) check(canonical_text(again->root()) == canonical);
  for (const Kind& kind : kinds()) check_frame(kind, "name", *source, problems);
  source->find_places(problems);
  put_in_order(problems);
  ask_places(*source, lines);
  return 0;
}
