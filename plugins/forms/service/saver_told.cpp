// saver_told.cpp: what storage's refusals of a save mean to whoever sent the record.
#include <algorithm>

#include "logic/cells.hpp"
#include "logic/messages.hpp"
#include "records/texts.hpp"
#include "service/batch.hpp"
#include "service/saver.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

// A value that its field's index cannot hold, as the form's own judgement tells it, which comes first: this is for an
// index that the form does not know of, such as one of another version of it.
FieldError not_indexed(const Form& form, std::string_view pointer, std::string place, bool too_long,
                       Language language) {
  const auto& rules = form.cells();
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const CellRule& one) {
    return !one.each && form.fields()[one.field].pointer == pointer;
  });
  if (!too_long && rule == rules.end())
    return {std::move(place),
            "format",
            language == Language::zh ? "不符合该字段索引的类型" : "is not of the type of an index over it",
            {}};
  std::string params;
  json::Writer out(params);
  if (too_long)
    out.begin_object().member("limit", most_indexed_text).end_object();
  else
    out.begin_object().member("format", to_string(rule->type)).end_object();
  const auto type = too_long ? FieldType::string : rule->type;
  return {std::move(place), too_long ? "too_long" : "format", cell_message(type, too_long, language),
          std::move(params)};
}

// Of a unique conflict: which fields it is about, as the record calls them. Not whose record has their values.
std::string fields_of(json::View params) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("fields").begin_array();
  for (const auto one : params.find("fields").elements()) {
    auto field = one.as_string();
    if (field.starts_with("/doc/"))
      field.remove_prefix(4);
    else if (field.starts_with('/'))
      field.remove_prefix(1);  // created_by and the like
    out.string(field);
  }
  out.end_array().end_object();
  return text;
}

// Of an operation of a follower or a guard.
Reply told_of_followers(const Reply& refused) {
  const auto code = refused.error_code();
  if (code == "unique_violation")
    return Reply::error(Code::conflict, "unique_conflict",
                        "a record that names what is to be deleted cannot be cleared: another one of its form has the "
                        "same values then")
        .with_status(409);
  if (code == "version_mismatch" || code == "not_found" || code == "already_exists")
    return Reply::error(Code::conflict, "referrers_changed",
                        "records that refer to what is to be deleted changed again and again; try again")
        .with_status(409);
  if (refused.code() == Code::invalid)
    return Reply::error(Code::conflict, "referrer_refused",
                        "a record that names what is to be deleted cannot be cleared: one of its values does not fit "
                        "an index of its form")
        .with_status(409);
  return refused;
}

}  // namespace

// Storage speaks about its own request: "/operations/3/doc/doc/kind".
Reply Saver::told(const Reply& refused, const Asking& asking, std::size_t rows,
                  const std::vector<std::string>& references, const Batch& batch, const Form& form, std::size_t own,
                  std::vector<FieldError>& faults) const {
  const auto fields = json::Document::parse(refused.text().empty() ? "[]" : refused.text());
  const auto first = fields ? fields->root().at(0) : json::View();
  const auto pointer = first.find("pointer").as_string();
  constexpr std::string_view start = "/operations/";
  if (!pointer.starts_with(start)) return refused;
  const auto rest = pointer.substr(start.size());
  const auto slash = rest.find('/');
  const auto operation = json::array_index(rest.substr(0, slash));
  if (operation == json::View::none) return refused;
  if (operation >= own) return told_of_followers(refused);
  if (operation >= rows + references.size() && operation < rows + references.size() + batch.attachments)
    return Reply::error(Code::conflict, "attachment_gone", "a file was removed while the record was saved; try again");
  if (operation >= rows + references.size())
    return Reply::error(Code::conflict, "sequence_taken",
                        "other writers took the next numbers of the sequence again and again; try again");
  const bool zh = asking.language() == Language::zh;
  if (operation >= rows) {
    const auto& reference = references[operation - rows];
    const auto line = reference.find('\n');
    faults.push_back(
        {reference.substr(0, line), "reference", reference_message(reference.substr(line + 1), asking.language()), {}});
    return Reply();
  }
  std::string place = batch.many() ? below("", operation) : std::string();
  const auto path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  const auto field = path.starts_with("/doc/doc/") ? path.substr(8) : std::string_view();
  if (!field.empty()) place += std::string(batch.many() ? "/doc" : "") + std::string(field);
  const auto code = refused.error_code();
  if (code == "unknown_collection") return refused;
  const auto given = first.find("params");
  if (code == "unique_violation") {
    const std::string params = given.exists() ? fields_of(given) : std::string();
    const std::string message =
        zh ? "已有记录使用了相同的值" : "another record of form '" + form.name() + "' has the same value";
    return Reply::error(Code::conflict, "unique_conflict", message, errors_text({{place, "unique", message, params}}))
        .with_status(409);
  }
  const std::string params = given.exists() ? json::to_text(given) : std::string();
  if (code == "version_mismatch")
    return Reply::error(Code::precondition, "version_mismatch",
                        "the record was changed meanwhile: read it again and send its new ETag",
                        batch.many() ? errors_text({{place, "version_mismatch", "changed meanwhile", params}}) : "");
  if (refused.code() == Code::not_found)
    return Reply::error(
        Code::not_found, "not_found", "there is no such record any more",
        batch.many() ? errors_text({{place, "not_found", "there is no such record any more", {}}}) : "");
  if (refused.code() != Code::invalid) return refused;
  if (code == "index_type" || code == "index_value_too_long")
    faults.push_back(not_indexed(form, field, std::move(place), code == "index_value_too_long", asking.language()));
  else
    faults.push_back({std::move(place), std::string(code), std::string(first.find("message").as_string()), params});
  return Reply();
}

}  // namespace socle::forms
