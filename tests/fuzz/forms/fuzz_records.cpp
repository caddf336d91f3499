// One form with everything in it, and texts that are asked of it: the first byte says as what. A record is judged; with
// fields withheld it is restored, and nothing of them is left in what is shown; a filter or an order that reads one is
// refused; CSV becomes documents.
#include <cstddef>
#include <cstdint>

#include "uses.hpp"

using namespace socle::forms;
using namespace socle::forms::fuzz;
namespace json = socle::json;

namespace {

constexpr const char* model = R"~({"form":"all","schema":{"type":"object","required":["kind"],"properties":{
"kind":{"enum":["annual","sick"]},"from":{"type":"string","format":"date"},"at":{"type":"string","format":"date-time"},
"n":{"type":"integer"},"x":{"type":"number"},"ok":{"type":"boolean"},"money":{"type":"string","format":"decimal"},
"iban":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},
"address":{"type":"object","properties":{"city":{"type":"string"},"zip":{"type":"string"}}},
"lines":{"type":"array","items":{"type":"object","properties":{"price":{"type":"string","format":"decimal"},
"qty":{"type":"integer"},"total":{"type":"string"}}}},"secret":{"type":"integer"}}},
"logic":{"lines[].total":{"compute":"string(decimal(price) * decimal(qty))"},
"x":{"visible":"kind == 'sick'","clear_on_hide":true},"n":{"required":"ok","options":"[1, 2, 3]"},
"iban":{"validate":{"use":"iban","when":"ok"}}},
"checks":[{"id":"late","when":"from > date('2026-01-01') && address.city == 'Bonn'","message":"late"}],
"index":["kind",{"field":"from","order":"ordered"},"money"]})~";

std::shared_ptr<const Form> compiled() {
  const auto source = json::Document::parse(model);
  Diagnostics diagnostics;
  auto form = Form::compile(source->root(), diagnostics);
  check(form != nullptr);
  return form;
}

const std::vector<std::string>& withheld() {
  static const std::vector<std::string> fields{"/secret", "/address/zip"};
  return fields;
}

void withhold(std::string_view text) {
  const auto stored = json::Document::parse(R"({"secret":7,"address":{"zip":"1"},"kind":"sick"})");
  const auto asked = json::Document::parse(text);
  if (!asked || !asked->root().is_object()) return;
  const auto kept = restored(asked->root(), stored->root(), withheld());
  check(kept.has_value());
  check(kept->root().find("secret").as_int64() == 7);
  const auto shown = without(kept->root(), "", withheld());
  check(shown.has_value() && !shown->root().find("secret").exists());
  check(!shown->root().find("address").find("zip").exists());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto form = compiled();
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: judge_record(*form, text); break;
    case 1: ask_list(*form, text, withheld()); break;
    case 2: read_csv(*form, text); break;
    default: withhold(text);
  }
  return 0;
}
