// uses.hpp: what is done with a compiled form's records, filters and CSV, and what must hold whatever they are.
#pragma once

#include <cstdlib>
#include <string>

#include "logic/verdict.hpp"
#include "records/listing.hpp"
#include "records/mask.hpp"
#include "transfer/csv.hpp"

namespace socle::forms::fuzz {

inline void check(bool holds) {
  if (!holds) std::abort();
}

inline void judge_record(const Form& form, std::string_view text) {
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

inline void ask_list(const Form& form, std::string_view text, const std::vector<std::string>& hidden = {}) {
  const Known known{{}, {}, {}, "read", 1'795'257'600, 0};
  Filter filter(form, known);
  ListParams params;
  params.filter = text;
  params.order = text.substr(0, 40);
  params.hidden = hidden;
  std::vector<FieldError> errors;
  const auto query = list_query(form, filter, params, {}, errors);
  check(query.has_value() == errors.empty());
  if (query) check(json::Document::parse(query->text).has_value());
  (void)cursor_of(text);
}

inline void read_csv(const Form& form, std::string_view text) {
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

}  // namespace socle::forms::fuzz
