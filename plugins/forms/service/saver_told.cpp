// saver_told.cpp: what storage's refusals of a save mean to whoever sent the record.
#include "logic/messages.hpp"
#include "records/texts.hpp"
#include "service/batch.hpp"
#include "service/saver.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

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
  return refused;
}

}  // namespace

// Storage speaks about its own request: "/operations/3/doc/doc/kind".
Reply Saver::told(const Reply& refused, const Asking& asking, std::size_t rows,
                  const std::vector<std::string>& references, const Batch& batch, const Form& form,
                  std::size_t own) const {
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
    return invalid_record({{reference.substr(0, line),
                            "reference",
                            reference_message(reference.substr(line + 1), asking.language()),
                            {}}},
                          asking.language());
  }
  std::string place = batch.many ? below("", operation) : std::string();
  const auto path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (path.starts_with("/doc/doc/")) place += std::string(batch.many ? "/doc" : "") + std::string(path.substr(8));
  const auto code = refused.error_code();
  if (code == "unknown_collection") return refused;
  std::string params;
  if (const auto given = first.find("params"); given.exists()) params = json::to_text(given);
  if (code == "unique_violation") {
    const std::string message =
        zh ? "已有记录使用了相同的值" : "another record of form '" + form.name() + "' has the same value";
    return Reply::error(Code::conflict, "unique_conflict", message, errors_text({{place, "unique", message, params}}))
        .with_status(409);
  }
  if (code == "version_mismatch")
    return Reply::error(Code::precondition, "version_mismatch",
                        "the record was changed meanwhile: read it again and send its new ETag",
                        batch.many ? errors_text({{place, "version_mismatch", "changed meanwhile", params}}) : "");
  if (refused.code() == Code::not_found)
    return Reply::error(Code::not_found, "not_found", "there is no such record any more",
                        batch.many ? errors_text({{place, "not_found", "there is no such record any more", {}}}) : "");
  if (refused.code() == Code::invalid)
    return invalid_record({{place, std::string(code), std::string(first.find("message").as_string()), params}},
                          asking.language());
  return refused;
}

}  // namespace socle::forms
