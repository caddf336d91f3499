// Three parts, divided by NUL: a model, a record, and a filter (or lines of CSV). Any model is refused with diagnostics
// or compiled; any record is judged; what is kept is judged the same again; a filter becomes a query that is JSON.
#include <cstddef>
#include <cstdint>

#include "uses.hpp"

using namespace socle::forms;
using namespace socle::forms::fuzz;
namespace json = socle::json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto first = text.find('\0');
  const auto second = first == std::string::npos ? first : text.find('\0', first + 1);
  const auto model = json::Document::parse(text.substr(0, first));
  if (!model) return 0;
  Diagnostics diagnostics;
  const auto form = Form::compile(model->root(), diagnostics);
  check((form == nullptr) == diagnostics.failed());
  for (const auto& one : diagnostics.all()) check(!one.message.empty() && !one.code.empty());
  if (form == nullptr || first == std::string::npos) return 0;
  check(json::Document::parse(form->collections()).has_value());
  judge_record(*form, text.substr(first + 1, second == std::string::npos ? second : second - first - 1));
  if (second == std::string::npos) return 0;
  ask_list(*form, std::string_view(text).substr(second + 1));
  read_csv(*form, std::string_view(text).substr(second + 1));
  return 0;
}
