// saver_write.cpp: the write of a save: one batch with the rows, the sequences' counters, that references are there,
// what a deletion changes besides, and the Idempotency-Key. What storage's refusals mean is in saver_told.cpp.
#include <algorithm>

#include "records/texts.hpp"
#include "service/followers.hpp"
#include "service/presences.hpp"
#include "service/saver.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

constexpr Duration leave_for_the_answer = std::chrono::milliseconds(20);
constexpr std::size_t most_write_bytes = std::size_t{4} << 20;
constexpr int most_overtaken = 20;  // by those who refer to what is deleted

// The record's put or delete, in the version in which it was read.
void append_row(std::string& text, std::string_view principal, const Served& served, const Row& row) {
  const auto facts = facts_of(row.stored);
  const auto& form = served.form->name();
  if (row.kind == Row::Kind::remove) return append_delete(text, form, row.id, std::to_string(facts.version));
  const bool create = row.kind == Row::Kind::create;
  append_put(text, {form, row.id, create ? "\"absent\"" : std::to_string(facts.version),
                    create ? principal : facts.created_by, principal, served.version, row.text, row.rules});
}

std::size_t append_guards(std::string& text, const std::vector<Presence>& wanted) {
  std::size_t count = 0;
  for (const auto& one : wanted) {
    if (!one.guarded) continue;
    text += ',';
    append_guard(text, one.form, one.id);
    ++count;
  }
  return count;
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
                               const std::string& key, Refusal refusal, const Removal* removal) {
  const bool many = refusal != Refusal::one;
  for (int overtaken_by = 0;;) {
    Batch batch;
    batch.refusal = refusal;
    if (removal != nullptr) batch.reach[static_cast<std::size_t>(Row::Kind::remove)] = removal->reach;
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
      co_return co_await refused(request, asking, *served.form, rows, refusal, operations_of(rows, batch), errors);
    }
    Followers followers;
    followers.many = many;
    followers.language = asking.language();
    if (std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.kind == Row::Kind::remove; })) {
      auto followed = co_await follow(request, asking, served, rows, followers);
      if (!followed) co_return std::move(followed).problem();
    }
    auto written = co_await write(request, asking, served, rows, key, batch, followers);
    if (written) co_return written;
    Reply problem = std::move(written).problem();
    const bool overtaken = problem.error_code() == "sequence_taken" || problem.error_code() == "attachment_gone" ||
                           (problem.error_code() == "referrers_changed" && ++overtaken_by < most_overtaken);
    // Of those that write at once one takes the next number each time; the others go on as long as the request may.
    if (!overtaken || host_.now() + leave_for_the_answer > request.context().deadline()) co_return problem;
  }
}

std::size_t Saver::operations_of(const std::vector<Row>& rows, const Batch& batch) {
  const auto drafts = std::count_if(rows.begin(), rows.end(), [](const Row& row) { return !row.draft.empty(); });
  return rows.size() + static_cast<std::size_t>(drafts) + batch.attachments + batch.counters.size();
}

Task<Got<Written>> Saver::write(Request request, const Asking& asking, const Served& served,
                                const std::vector<Row>& rows, const std::string& key, const Batch& batch,
                                const Followers& followers) {
  const Form& form = *served.form;
  std::size_t size = 1024;
  for (const auto& row : rows) size += row.text.size() + row.rules.size() + 512;
  std::string text;
  text.reserve(size);
  text = "{\"operations\":[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) text += ',';
    append_row(text, request.principal(), served, rows[i]);
  }
  Presences wanted;
  if (form.has_references())
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].kind == Row::Kind::remove) continue;
      const auto doc = json::Document::parse(rows[i].text);
      if (doc) wanted.add(form, i, doc->root(), doc_of(rows[i].stored), false);
    }
  std::vector<std::string> references;
  for (const auto& one : wanted.all()) {
    text += ',';
    append_present(text, one.form, one.id);
    references.push_back((batch.many() ? below("", one.row) + "/doc" : std::string()) + one.pointer + "\n" + one.form);
  }
  text += batch.attached;
  if (batch.created > 0)
    for (const auto& counter : batch.counters) {
      text += ',';
      append_counter(text, counter.id, counter.number + batch.created, counter.version);
    }
  for (const auto& row : rows) {
    if (row.draft.empty()) continue;
    text += ',';
    append_draft_end(text, row.draft);
  }
  const auto own = operations_of(rows, batch) + wanted.all().size();
  auto operations = own;
  operations += append_guards(text, wanted.all());
  operations += append_followers(text, request.principal(), followers);
  if (!followers.empty() && !wanted.full() && (operations > most_operations || text.size() > most_write_bytes))
    co_return Reply::error(Code::conflict, "too_many_referrers",
                           "found " + std::to_string(operations) + " changes of together " +
                               std::to_string(text.size()) +
                               " bytes that belong to this deletion; one write holds at most 1000 of together 4 MiB: "
                               "delete or change some of the records that refer to it first")
        .with_status(409);
  if (operations > most_operations)
    co_return Reply::error(Code::too_large, "batch_too_large",
                           too_large_message(operations, wanted.full(), Language::en));
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
  if (!reply) {
    std::vector<FieldError> faults;
    const Reply problem = told(reply, asking, rows.size(), references, batch, form, own, faults);
    if (faults.empty()) co_return problem;
    co_return co_await refused(request, asking, form, rows, batch.refusal, operations_of(rows, batch), faults);
  }
  auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  co_return Written{std::move(*answer), reply.meta("replayed") == "true"};
}

std::size_t Saver::append_followers(std::string& text, std::string_view principal, const Followers& followers) {
  std::size_t count = followers.guards.size();
  for (const auto& [form, of] : followers.forms) {
    Presences wanted;
    for (const auto& row : of.rows) {
      text += ',';
      append_row(text, principal, of.served, row);
      const auto doc = json::Document::parse(row.kind == Row::Kind::remove ? std::string_view("{}") : row.text);
      if (doc) wanted.add(*of.served.form, 0, doc->root(), doc_of(row.stored), true);
    }
    for (const auto& one : wanted.all()) {
      text += ',';
      append_present(text, one.form, one.id);
    }
    text += of.batch.attached;
    count += of.rows.size() + wanted.all().size() + of.batch.attachments;
    count += append_guards(text, wanted.all());
  }
  for (const auto& guard : followers.guards) {
    text += ',';
    append_guard_end(text, guard.of.first, guard.of.second, guard.version);
  }
  return count;
}

}  // namespace socle::forms
