// records.cpp: creating, reading, changing and deleting one record; validate. See the header.
#include "service/records.hpp"

#include "records/mask.hpp"
#include "records/raw.hpp"
#include "records/texts.hpp"
#include "socle/json/patch.hpp"

namespace socle::forms {
namespace {

constexpr int most_attempts = 5;

// A record as it was just written: storage's result and the row it came from.
std::string written_text(const Row& row, const Served& served, json::View result, std::string_view principal) {
  const auto facts = facts_of(row.stored);
  const bool create = row.kind == Row::Kind::create;
  std::string text;
  text.reserve(row.text.size() + row.rules.size() + 512);
  json::Writer out(text);
  out.begin_object().member("id", result.find("id")).member("version", result.find("version"));
  out.member("model_version", served.version).member("created_at", result.find("created_at"));
  out.member("created_by", create ? principal : facts.created_by);
  out.member("updated_at", result.find("updated_at")).member("updated_by", principal).end_object();
  text.pop_back();
  text.append(",\"doc\":");
  if (row.hidden.empty())
    text.append(row.text);
  else
    text.append(shown_text(row));
  if (!row.rules.empty()) text.append(",\"rules\":").append(row.rules);
  text += '}';
  return text;
}

std::string etag_of(json::View item) { return "\"" + json::to_text(item.find("version")) + "\""; }

// Text and meta in one payload: meta that comes later costs a copy of the text.
Reply answered(std::string_view text, const socle::Meta& meta) {
  Payload body = Payload::json(text, meta);
  if (!body.empty()) return Reply(std::move(body));
  return Reply::json(text);  // says that the budget refuses it
}

// The result of applying a PATCH's body, by its media type.
Got<json::Document> patched(Request request, json::View doc) {
  auto patch = json::Document::parse(request.text());
  if (!patch) return malformed(patch.error());
  const bool operations = request.header("content-type").find("json-patch") != std::string_view::npos;
  auto made = operations ? json::apply_patch(doc, patch->root()) : json::merge_patch(doc, patch->root());
  if (made) return std::move(*made);
  const auto code = made.error().code;
  if (code == Code::conflict)
    return Reply::error(Code::invalid, "patch_conflict", made.error().message).with_status(422);
  return Reply::error(Code::invalid, "bad_patch", made.error().message).with_status(400);
}

}  // namespace

std::string shown_text(const Row& row) {
  if (row.hidden.empty()) return row.text;
  const auto doc = json::Document::parse(row.text);
  if (!doc) return "{}";
  const auto shown = without(doc->root(), "", row.hidden);
  return shown ? json::to_text(shown->root()) : "{}";
}

bool Records::readable(const Form& form, const Asking& asking, json::View item) {
  const auto* rule = form.access(Action::read);
  return rule == nullptr || allows(form, rule->rule, asking.known("read"), doc_of(item), {}, facts_of(item));
}

Task<Got<Records::Shown>> Records::shown_item(Request request, const Asking& asking, const Form& form, json::View item,
                                              const Reach* known) const {
  auto hidden = co_await warden_.sight(request, asking, form, item, known);
  if (!hidden) co_return std::move(hidden).problem();
  if (hidden->empty()) co_return Shown(item);
  auto masked = without(item, "/doc/doc", *hidden);
  if (!masked) co_return Reply(std::move(masked).error());
  co_return Shown(std::move(*masked));
}

// The form that is served, the work, and while a canary runs how it went: only what is the model's own fault counts.
Task<Reply> Records::with_form(Request request, Handler handler) {
  const auto begun = host_.now();
  auto served = co_await models_.find(request, std::string(request.param("form")));
  if (!served) co_return std::move(served).problem();
  Reply reply = co_await (this->*handler)(request, *served);
  if (served->canary) {
    const bool failed = !reply && (reply.code() == Code::internal || reply.error_code().starts_with("out_of_"));
    co_await models_.report(request, *served, failed, host_.now() - begun);
  }
  co_return reply;
}

Task<Reply> Records::create(Request request) { return with_form(request, &Records::create_in); }
Task<Reply> Records::read(Request request) { return with_form(request, &Records::read_in); }
Task<Reply> Records::replace(Request request) { return with_form(request, &Records::replace_in); }
Task<Reply> Records::change(Request request) { return with_form(request, &Records::change_in); }
Task<Reply> Records::remove(Request request) { return with_form(request, &Records::remove_in); }
Task<Reply> Records::validate(Request request) { return with_form(request, &Records::validate_in); }
Task<Reply> Records::batch(Request request) { return with_form(request, &Records::batch_in); }
Task<Reply> Records::list(Request request) { return with_form(request, &Records::list_in); }
Task<Reply> Records::import_all(Request request) { return with_form(request, &Records::import_in); }

Task<Reply> Records::create_in(Request request, const Served& served) {
  const auto doc = json::Document::parse(request.text());
  if (!doc) co_return malformed(doc.error());
  const Asking asking(host_, request);
  Row row;
  row.doc = doc->root();
  if (const std::string draft(request.param("draft")); !draft.empty()) {
    const std::string name = served.form->name();
    auto own = co_await drafts_.is_own(request, name, draft);
    if (!own) co_return std::move(own).problem();
    if (*own) row.draft = draft;  // one that is gone was saved or deleted before
  }
  co_return co_await save_one(request, asking, served, row, 201);
}

Task<Reply> Records::save_one(Request request, const Asking& asking, const Served& served, Row& row, int status) {
  const std::string key = Saver::key_of(request, served);
  std::vector<Row> rows;
  rows.push_back(std::move(row));
  auto written = co_await saver_.save(request, asking, served, rows, key, Refusal::one);
  row = std::move(rows.front());
  if (!written) co_return std::move(written).problem();
  const auto result = written->reply.root().find("results").at(0);
  const std::string id(result.find("id").as_string());
  const std::string location = "/v1/forms/" + served.form->name() + "/records/" + id;
  std::string text;
  if (written->replayed) {
    // The record as it was written then, if nobody has changed it since.
    const Reply stored = co_await saver_.get(request, served.form->name(), id);
    const auto item = json::Document::parse(stored ? stored.text() : std::string_view("null"));
    if (item && json::to_text(item->root().find("version")) == json::to_text(result.find("version"))) {
      json::Writer out(text);
      out.begin_object();
      const auto shown = without(item->root(), "/doc/doc", row.hidden);
      if (!shown) co_return Reply(shown.error());
      write_members(out, shown->root());
      out.end_object();
    } else if (row.text.empty()) {
      row.text = "{}";
    }
  }
  if (text.empty()) text = written_text(row, served, result, request.principal());
  const std::string tag = etag_of(result);
  socle::Meta meta{{"etag", tag}};
  if (status == 201) {
    meta.set("http.status", "201");
    meta.set("location", location);
  }
  co_return answered(text, meta);
}

// A change that was made before under the same key: the record as it is now. Asked first, because what made it possible
// then (If-Match, a patch's test) does not hold any more. Nothing: it was not made yet.
Task<std::optional<Reply>> Records::made_before(Request request, const Asking& asking, const Served& served,
                                                const std::string& id) {
  const std::string key = Saver::key_of(request, served);
  auto first = co_await saver_.replay(request, key);
  if (!first) co_return std::nullopt;
  const Reply stored = co_await saver_.get(request, served.form->name(), id);
  if (!stored && stored.code() == Code::not_found) co_return not_found(served.form->name(), id);
  if (!stored) co_return stored;
  const auto item = json::Document::parse(stored.text());
  if (!item) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  auto shown = co_await shown_item(request, asking, *served.form, item->root());
  if (!shown) co_return std::move(shown).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object();
  write_members(out, shown->root());
  out.end_object();
  co_return Reply::json(text).with_etag(etag_of(item->root()));
}

Task<Reply> Records::read_in(Request request, const Served& served) {
  const Form& form = *served.form;
  const std::string id(request.param("id"));
  if (!is_record_id(id)) co_return not_found(form.name(), id);
  const Reply stored = co_await saver_.get(request, form.name(), id);
  if (!stored && stored.code() == Code::not_found) co_return not_found(form.name(), id);
  if (!stored) co_return stored;
  const std::string names(request.param("expand"));
  std::optional<Reach> reach;
  if (names.empty() && form.access(Action::read) == nullptr) {
    // Nothing of the record has to be looked at: what the caller may see whole leaves as it is stored.
    auto asked = co_await warden_.reach(request, form, "read");
    if (!asked) co_return std::move(asked).problem();
    reach = std::move(*asked);
    if (reach->certain)
      if (const auto raw = raw_record(stored.text())) {
        const std::string tag = "\"" + raw->version + "\"";
        const socle::Meta meta{{"etag", tag}};
        co_return answered(raw->text, meta);
      }
  }
  const auto item = json::Document::parse(stored.text());
  if (!item) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  const Asking asking(host_, request);
  if (!readable(form, asking, item->root())) co_return forbidden("read", form.name());
  auto shown = co_await shown_item(request, asking, form, item->root(), reach ? &*reach : nullptr);
  if (!shown) co_return std::move(shown).problem();
  std::string text;
  text.reserve(stored.text().size() + 64);
  json::Writer out(text);
  out.begin_object();
  write_members(out, shown->root());
  out.end_object();
  if (!names.empty()) {
    std::vector<std::string> expanded;
    const std::vector<json::View> items{shown->root()};
    auto done = co_await expand(request, asking, form, names, items, expanded);
    if (!done) co_return std::move(done).problem();
    text.pop_back();
    text.append(",\"expand\":").append(expanded[0]).append("}");
  }
  co_return Reply::json(text).with_etag(etag_of(item->root()));
}

Task<Reply> Records::replace_in(Request request, const Served& served) { return change_stored(request, served, false); }
Task<Reply> Records::change_in(Request request, const Served& served) { return change_stored(request, served, true); }

// Without If-Match a clash with somebody else's change is tried again on the new version.
Task<Reply> Records::change_stored(Request request, const Served& served, bool patch) {
  const Form& form = *served.form;
  const std::string id(request.param("id"));
  if (!is_record_id(id)) co_return not_found(form.name(), id);
  const Asking asking(host_, request);
  if (auto before = co_await made_before(request, asking, served, id)) co_return std::move(*before);
  for (int attempt = 1;; ++attempt) {
    const Reply stored = co_await saver_.get(request, form.name(), id);
    if (!stored && stored.code() == Code::not_found) co_return not_found(form.name(), id);
    if (!stored) co_return stored;
    const auto item = json::Document::parse(stored.text());
    if (!item) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
    if (!matches(request.header("if-match"), item->root().find("version").as_uint64().value_or(0)))
      co_return Reply::error(Code::precondition, "version_mismatch",
                             "the record has version " + etag_of(item->root()) +
                                 ", which If-Match does not name: read it again and send its new ETag");
    json::Document given;
    if (patch) {
      // A patch is of what the sender sees: it must not copy or test what is withheld from him.
      auto shown = co_await shown_item(request, asking, form, item->root());
      if (!shown) co_return std::move(shown).problem();
      auto made = patched(request, doc_of(shown->root()));
      if (!made) co_return std::move(made).problem();
      given = std::move(*made);
    } else {
      auto parsed = json::Document::parse(request.text());
      if (!parsed) co_return malformed(parsed.error());
      given = std::move(*parsed);
    }
    Row row;
    row.kind = Row::Kind::replace;
    row.id = id;
    row.doc = given.root();
    row.stored = item->root();
    Reply saved = co_await save_one(request, asking, served, row, 200);
    const bool again = !saved && saved.code() == Code::precondition && request.header("if-match").empty();
    if (!again || attempt == most_attempts) co_return saved;
  }
}

Task<Reply> Records::remove_in(Request request, const Served& served) {
  const Form& form = *served.form;
  const std::string id(request.param("id"));
  if (!is_record_id(id)) co_return not_found(form.name(), id);
  const Asking asking(host_, request);
  const std::string key = Saver::key_of(request, served);
  if (co_await saver_.replay(request, key)) co_return Reply().with_status(204);
  for (int attempt = 1;; ++attempt) {
    // Who makes room must be able to: no more of the record is read than its deletion needs.
    auto removal = co_await saver_.removal(request, form);
    if (!removal) co_return std::move(removal).problem();
    const Reply stored = co_await saver_.get(request, form.name(), id, removal->fields);
    if (!stored && stored.code() == Code::not_found) co_return not_found(form.name(), id);
    if (!stored) co_return stored;
    const auto item = json::Document::parse(stored.text());
    if (!item) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
    if (!matches(request.header("if-match"), item->root().find("version").as_uint64().value_or(0)))
      co_return Reply::error(Code::precondition, "version_mismatch",
                             "the record has another version than If-Match names: read it again");
    std::vector<Row> rows(1);
    rows[0].kind = Row::Kind::remove;
    rows[0].id = id;
    rows[0].stored = item->root();
    auto gone = co_await saver_.save(request, asking, served, rows, key, Refusal::one, &*removal);
    if (gone) co_return Reply().with_status(204);
    Reply problem = std::move(gone).problem();
    const bool again = problem.code() == Code::precondition && request.header("if-match").empty();
    if (!again || attempt == most_attempts) co_return problem;
  }
}

Task<Reply> Records::masks(Request request) {
  auto served = co_await models_.find(request, std::string(request.param("form")));
  if (!served) co_return std::move(served).problem();
  const Form& form = *served->form;
  const std::string id(request.param("id"));
  json::Document item;
  if (!id.empty()) {
    if (!is_record_id(id)) co_return not_found(form.name(), id);
    const Reply stored = co_await saver_.get(request, form.name(), id);
    if (!stored) co_return stored;
    auto parsed = json::Document::parse(stored.text());
    if (!parsed) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
    item = std::move(*parsed);
  }
  const Asking asking(host_, request);
  const bool stored = item.root().is_object();
  auto reach = co_await warden_.reach(request, form, stored ? "update" : "create");
  if (!reach) co_return std::move(reach).problem();
  const auto empty = json::Document::parse("{}");
  const json::View old = stored ? item.root() : json::View(), doc = empty->root();
  auto masks = co_await warden_.masks(request, asking, form, *reach, old, doc);
  if (!masks) co_return std::move(masks).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object();
  for (const auto& [name, fields] : {std::pair("hidden", &masks->hidden), std::pair("read_only", &masks->read_only)}) {
    out.key(name).begin_array();
    for (const auto& field : *fields) out.string(field);
    out.end_array();
  }
  out.end_object();
  co_return Reply::json(text);
}

Task<Reply> Records::validate_in(Request request, const Served& served) {
  const auto doc = json::Document::parse(request.text());
  if (!doc) co_return malformed(doc.error());
  const Asking asking(host_, request);
  std::vector<Row> rows(1);
  rows[0].doc = doc->root();
  auto done = co_await saver_.prepare(request, asking, served, rows, true);
  if (!done) co_return std::move(done).problem();
  const bool valid = rows[0].errors.empty();
  std::string text = std::string("{\"valid\":") + (valid ? "true" : "false");
  text += ",\"errors\":" + errors_text(rows[0].errors);
  if (valid) text += ",\"doc\":" + shown_text(rows[0]);
  if (valid && !rows[0].rules.empty()) text += ",\"rules\":" + rows[0].rules;
  text += ",\"model_version\":\"" + served.version + "\"}";
  co_return Reply::json(text);
}

}  // namespace socle::forms
