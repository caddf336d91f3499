// Two JSON texts with a newline between them, a document and a patch: both kinds of patch end in time with an error or
// a valid document and leave their input alone; and the diff of the two documents turns the one into the other.
#include <string>

#include "check.hpp"
#include "socle/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace json = socle::json;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t split = input.find('\n');
  if (split == std::string_view::npos) return 0;
  const auto document = json::Document::parse(input.substr(0, split));
  const auto patch = json::Document::parse(input.substr(split + 1));
  if (!document || !patch) return 0;
  const std::string before = json::to_text(document->root());
  const auto patched = json::apply_patch(document->root(), patch->root(), {.max_work = 100'000});
  CHECK(!patched || json::verify(patched->bytes()));
  const auto merged = json::merge_patch(document->root(), patch->root());
  CHECK(!merged || json::verify(merged->bytes()));
  const json::Document changes = json::diff(document->root(), patch->root());
  const auto turned = json::apply_patch(document->root(), changes.root());
  CHECK(turned.has_value() && json::equal(turned->root(), patch->root()));
  CHECK(json::to_text(document->root()) == before);
  return 0;
}
