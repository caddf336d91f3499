// saver_write.cpp: the write of a save: one batch with the rows, the sequences' counters, that references are there,
// and the Idempotency-Key; and what storage's refusals mean to whoever sent the record.
#include <algorithm>
#include <set>

#include "logic/messages.hpp"
#include "records/named.hpp"
#include "records/texts.hpp"
#include "service/batch.hpp"
#include "service/saver.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

constexpr Duration leave_for_the_answer = std::chrono::milliseconds(20);
constexpr std::size_t most_operations = 1000;

// One operation that only asks, by what it stands for.
struct Presence {
  std::size_t row;
  std::string form, id, pointer;
};

// What many places name is asked once, for the first of them. `seen`: form and id of what is asked already.
using Seen = std::set<std::pair<std::string, std::string>>;
void presences(const Form& form, std::size_t number, json::View doc, Seen& seen, std::vector<Presence>& out) {
  for (const auto& logic : form.logic()) {
    if (logic.reference.empty()) continue;
    for (auto& one : named_in(form.fields(), logic.field, doc)) {
      std::string id(one.id);
      if (seen.emplace(logic.reference, id).second)
        out.push_back({number, logic.reference, std::move(id), std::move(one.pointer)});
    }
  }
}

std::uint64_t fnv(std::string_view text, std::uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

std::string fingerprint_of(Request request) {
  const auto of = [&](std::uint64_t seed) {
    auto hash = fnv(request.http_method(), seed);
    hash = fnv(request.http_path(), hash);
    hash = fnv(request.header("if-match"), hash);
    return std::to_string(fnv(request.text(), hash));
  };
  return of(14695981039346656037u) + "-" + of(88172645463325252u) + "-" + std::to_string(request.text().size());
}

std::string Saver::key_of(Request request, const Served& served) {
  const auto key = request.context().idempotency_key();
  if (key.empty()) return {};
  return "forms/" + served.form->name() + "/" + std::string(request.principal()) + "/" + std::string(key);
}

Task<std::optional<Written>> Saver::replay(Request request, const std::string& key) {
  if (key.empty()) co_return std::nullopt;
  // A write that cannot happen uses no key up, and one whose key is known answers before it is looked at.
  std::string text = R"({"operations":[{"op":"check","collection":"forms:none","id":"none","expect":"present"}],)"
                     R"("idempotency":{"key":)";
  json::append_quoted(text, key);
  text += ",\"fingerprint\":";
  json::append_quoted(text, fingerprint_of(request));
  text += "}}";
  const Reply reply = co_await host_.call(request, write_, Payload::json(text));
  if (!reply || reply.meta("replayed") != "true") co_return std::nullopt;
  auto answer = json::Document::parse(reply.text());
  if (!answer) co_return std::nullopt;
  co_return Written{std::move(*answer), true};
}

Task<Got<Written>> Saver::save(Request request, const Asking& asking, const Served& served, std::vector<Row>& rows,
                               const std::string& key, bool many) {
  while (true) {
    Batch batch;
    batch.many = many;
    const bool creates =
        std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.kind == Row::Kind::create; });
    if (creates) {
      auto read = co_await read_counters(request, asking, *served.form, batch);
      if (!read) co_return std::move(read).problem();
    }
    std::vector<FieldError> errors;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto done = co_await prepare_row(request, asking, served, rows[i], batch);
      if (!done) co_return std::move(done).problem();
      for (auto& error : rows[i].errors) {
        if (many) error.pointer.insert(0, below("", i) + "/doc");
        errors.push_back(std::move(error));
      }
      if (!many) continue;
      if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
    }
    if (!errors.empty()) {
      // The first answer holds, whatever the form demands by now.
      if (!key.empty())
        if (auto first = co_await replay(request, key)) co_return std::move(*first);
      co_return invalid_record(errors, asking.language());
    }
    auto written = co_await write(request, asking, served, rows, key, batch);
    if (written) co_return written;
    Reply problem = std::move(written).problem();
    const bool overtaken = problem.error_code() == "sequence_taken" || problem.error_code() == "attachment_gone";
    // Of those that write at once one takes the next number each time; the others go on as long as the request may.
    if (!overtaken || host_.now() + leave_for_the_answer > request.context().deadline()) co_return problem;
  }
}

Task<Got<Written>> Saver::write(Request request, const Asking& asking, const Served& served,
                                const std::vector<Row>& rows, const std::string& key, const Batch& batch) {
  const Form& form = *served.form;
  std::string text = "{\"operations\":[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const auto facts = facts_of(row.stored);
    if (i > 0) text += ',';
    if (row.kind == Row::Kind::remove) {
      append_delete(text, form.name(), row.id, std::to_string(facts.version));
      continue;
    }
    const bool create = row.kind == Row::Kind::create;
    append_put(text, {form.name(), row.id, create ? "\"absent\"" : std::to_string(facts.version),
                      create ? request.principal() : facts.created_by, request.principal(), served.version, row.text,
                      row.rules});
  }
  std::vector<Presence> wanted;
  Seen seen;
  if (form.has_references())
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].kind == Row::Kind::remove) continue;
      const auto doc = json::Document::parse(rows[i].text);
      if (doc) presences(form, i, doc->root(), seen, wanted);
    }
  std::vector<std::string> references;
  for (const auto& one : wanted) {
    text += ',';
    append_present(text, one.form, one.id);
    references.push_back((batch.many ? below("", one.row) + "/doc" : std::string()) + one.pointer + "\n" + one.form);
  }
  text += batch.attached;
  if (batch.created > 0)
    for (const auto& counter : batch.counters) {
      text += ',';
      append_counter(text, counter.id, counter.number + batch.created, counter.version);
    }
  std::size_t drafts = 0;
  for (const auto& row : rows) {
    if (row.draft.empty()) continue;
    text += ',';
    append_draft_end(text, row.draft);
    ++drafts;
  }
  const auto operations = drafts + rows.size() + wanted.size() + batch.attachments + batch.counters.size();
  if (operations > most_operations)
    co_return Reply::error(Code::too_large, "batch_too_large",
                           "found " + std::to_string(operations) +
                               " records, drafts, different references, files and sequences; one write holds at most "
                               "1000: send fewer at a time");
  text += R"(],"audit":{"operation":"records.write"})";
  if (!key.empty()) {
    text += ",\"idempotency\":{\"key\":";
    json::append_quoted(text, key);
    text += ",\"fingerprint\":";
    json::append_quoted(text, fingerprint_of(request));
    text += '}';
  }
  text += '}';
  const Reply reply = co_await host_.call(request, write_, Payload::json(text));
  if (!reply) co_return told(reply, asking, rows.size(), references, batch, form);
  auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  co_return Written{std::move(*answer), reply.meta("replayed") == "true"};
}

// Storage speaks about its own request: "/operations/3/doc/doc/kind".
Reply Saver::told(const Reply& refused, const Asking& asking, std::size_t rows,
                  const std::vector<std::string>& references, const Batch& batch, const Form& form) const {
  const auto fields = json::Document::parse(refused.text().empty() ? "[]" : refused.text());
  const auto first = fields ? fields->root().at(0) : json::View();
  const auto pointer = first.find("pointer").as_string();
  constexpr std::string_view start = "/operations/";
  if (!pointer.starts_with(start)) return refused;
  const auto rest = pointer.substr(start.size());
  const auto slash = rest.find('/');
  const auto operation = json::array_index(rest.substr(0, slash));
  if (operation == json::View::none) return refused;
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
