// Three parts, divided by NUL: a model, a record, and a filter (or lines of CSV). Any model is refused with diagnostics
// or compiled; any record is judged; what is kept is judged the same again; a filter becomes a query that is JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "logic/verdict.hpp"
#include "records/listing.hpp"
#include "transfer/csv.hpp"

using namespace socle::forms;
namespace json = socle::json;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void judge_record(const Form& form, std::string_view text) {
  const auto doc = json::Document::parse(text);
  if (!doc || !doc->root().is_object()) return;
  Call call;
  call.doc = doc->root();
  call.limits.fuel = 50'000;
  call.limits.memory = 1 << 20;
  socle::cel::Arena arena(1 << 20);
  const auto verdict = judge(form, call, Language::zh, arena);
  check(json::Document::parse(errors_text(verdict.errors)).has_value());
  check(verdict.text.empty() || verdict.document.has_value() || !verdict.errors.empty());
}

void ask_list(const Form& form, std::string_view text) {
  const Known known{{}, {}, {}, "read", 1'795'257'600, 0};
  Filter filter(form, known);
  ListParams params;
  params.filter = text;
  params.order = text.substr(0, 40);
  std::vector<FieldError> errors;
  const auto query = list_query(form, filter, params, {}, errors);
  check(query.has_value() == errors.empty());
  if (query) check(json::Document::parse(query->text).has_value());
  (void)cursor_of(text);
}

void read_csv(const Form& form, std::string_view text) {
  CsvReader reader(text);
  const auto head = reader.next();
  if (!head || !*head) return;
  const auto columns = columns_of(form.fields(), (*head)->cells, {});
  for (int i = 0; i < 100; ++i) {
    const auto line = reader.next();
    if (!line || !*line) return;
    if (columns) check(json::Document::parse(document_of(form.fields(), *columns, (*line)->cells)).has_value());
  }
}

}  // namespace

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
