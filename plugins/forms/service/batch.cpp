// batch.cpp: records:batch: many changes, all or none.
#include <set>

#include "records/texts.hpp"
#include "service/records.hpp"
#include "socle/json/patch.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t most_rows = 500;
constexpr std::size_t most_stored = std::size_t{16} << 20;  // bytes of the records that one batch reads

// As a result calls it: `update` is another word for put.
std::string_view result_of(json::View item) {
  const auto op = item.find("op").as_string();
  return op == "update" ? "put" : op;
}

Reply bad(std::size_t row, std::string_view member, std::string_view code, std::string message) {
  const auto pointer = member.empty() ? below("", row) : below(below("", row), member);
  const auto fields = errors_text({{pointer, std::string(code), message, {}}});
  return Reply::error(Code::invalid, "bad_batch", message, fields).with_status(400);
}

}  // namespace

// Rows of the body's operations, and what their views point into.
struct Records::Changes {
  std::vector<Row> rows;
  std::vector<json::Document> documents;
  std::optional<Removal> removal;  // when there is something to remove
  std::size_t stored = 0;          // bytes of storage's answers
};

// The items of `ids`, in order, null where there is none. An answer of storage's ends where a page does.
Task<Got<bool>> Records::read_stored(Request request, const std::string& form, const std::vector<std::string>& ids,
                                     std::string_view fields, std::vector<json::View>& found, Changes& out) {
  while (found.size() < ids.size()) {
    const auto rest = std::span(ids).subspan(found.size());
    const Reply reply = co_await saver_.get_many(request, form, rest, fields);
    if (!reply) co_return reply;
    out.stored += reply.text().size();
    if (out.stored > most_stored)
      co_return Reply::error(Code::too_large, "batch_too_large",
                             "the records that the batch changes are more than 16 MiB together: send fewer at a time");
    auto answer = json::Document::parse(reply.text());
    const auto items = answer ? answer->root().find("items") : json::View();
    if (items.empty()) co_return Reply::error(Code::internal, "internal", "storage/1 answered no items");
    for (const auto item : items.elements()) found.push_back(item);
    out.documents.push_back(std::move(*answer));
  }
  co_return true;
}

Task<Got<bool>> Records::rows_of(Request request, const Asking& asking, const Served& served, json::View items,
                                 Changes& out) {
  auto& rows = out.rows;
  std::vector<std::string> removed, changed;  // ids
  std::set<std::string, std::less<>> seen;
  std::size_t i = 0;
  for (const auto item : items.elements()) {
    const auto op = item.find("op").as_string();
    const bool create = op == "create";
    if (!create && op != "put" && op != "update" && op != "patch" && op != "delete")
      co_return bad(i, "op", "bad_value",
                    "op is create, put (or update), patch or delete; found " + shown(item.find("op")));
    const auto id = item.find("id").as_string();
    if (create != !item.find("id").exists() || (!create && !is_record_id(id)))
      co_return bad(i, "id", create ? "bad_value" : "required",
                    create ? "a new record gets its id from the server; remove it" : "the id of a record is wanted");
    if (!create && !seen.insert(std::string(id)).second)
      co_return bad(i, "id", "duplicate", "one batch changes a record once");
    if (op != "delete" && !item.find("doc").exists())
      co_return bad(i, "doc", "required", "the document of the record is wanted");
    rows.emplace_back();
    rows.back().id = id;
    if (!create) (op == "delete" ? removed : changed).emplace_back(id);
    ++i;
  }
  std::vector<json::View> goes, stays;
  if (!removed.empty()) {
    auto removal = co_await saver_.removal(request, *served.form);
    if (!removal) co_return std::move(removal).problem();
    out.removal = std::move(*removal);
    auto read = co_await read_stored(request, served.form->name(), removed, out.removal->fields, goes, out);
    if (!read) co_return read;
  }
  if (auto read = co_await read_stored(request, served.form->name(), changed, {}, stays, out); !read) co_return read;
  std::size_t went = 0, stayed = 0;
  for (i = 0; i < rows.size(); ++i) {
    auto& row = rows[i];
    const auto item = items.at(i);
    const auto op = item.find("op").as_string();
    row.doc = item.find("doc");
    if (op == "create") continue;
    row.kind = op == "delete" ? Row::Kind::remove : Row::Kind::replace;
    row.stored = op == "delete" ? goes[went++] : stays[stayed++];
    if (!row.stored.is_object())
      co_return Reply::error(Code::not_found, "not_found", "there is no record '" + row.id + "'",
                             errors_text({{below(below("", i), "id"), "not_found", "there is no such record", {}}}));
    if (!matches(item.find("if_match").as_string(), row.stored.find("version").as_uint64().value_or(0)))
      co_return Reply::error(Code::precondition, "version_mismatch", "a record has another version than if_match names",
                             errors_text({{below(below("", i), "if_match"),
                                           "version_mismatch",
                                           "found \"" + json::to_text(row.stored.find("version")) + "\"",
                                           {}}}));
    if (op != "patch") continue;
    // A patch is of what its sender sees.
    auto shown = co_await shown_item(request, asking, *served.form, row.stored);
    if (!shown) co_return std::move(shown).problem();
    auto made = json::merge_patch(doc_of(shown->root()), row.doc);
    if (!made) co_return bad(i, "doc", "bad_patch", made.error().message);
    row.doc = made->root();
    out.documents.push_back(std::move(*made));
  }
  co_return true;
}

// What a batch did when it was sent before: the results of then, with the records as they are if they are the same.
Task<Reply> Records::batch_again(Request request, const Asking& asking, const Served& served, json::View items,
                                 json::View results) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < items.size(); ++i) ids.emplace_back(results.at(i).find("id").as_string());
  const Reply reply = co_await saver_.get_many(request, served.form->name(), ids);
  if (!reply) co_return reply;
  const auto now = json::Document::parse(reply.text());
  if (!now) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  std::string text;
  json::Writer out(text);
  out.begin_object().key("results").begin_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto result = results.at(i), item = now->root().find("items").at(i);
    out.begin_object().member("op", result_of(items.at(i)));
    out.member("id", result.find("id")).member("version", result.find("version"));
    if (item.is_object() && json::to_text(item.find("version")) == json::to_text(result.find("version"))) {
      auto shown = co_await shown_item(request, asking, *served.form, item);
      if (shown) out.member("doc", doc_of(shown->root()));
    }
    out.end_object();
  }
  out.end_array().end_object();
  co_return Reply::json(text);
}

Task<Reply> Records::batch_in(Request request, const Served& served) {
  const auto body = json::Document::parse(request.text());
  if (!body) co_return malformed(body.error());
  const auto items = body->root();
  if (!items.is_array() || items.empty() || items.size() > most_rows)
    co_return Reply::error(Code::invalid, "bad_batch", "a batch is an array of 1 to 500 {op, id?, doc?, if_match?}")
        .with_status(400);
  const Asking asking(host_, request);
  const std::string key = Saver::key_of(request, served);
  if (auto before = co_await saver_.replay(request, key))
    co_return co_await batch_again(request, asking, served, items, before->reply.root().find("results"));
  Changes changes;
  auto read = co_await rows_of(request, asking, served, items, changes);
  if (!read) co_return std::move(read).problem();
  auto& rows = changes.rows;
  const Removal* removal = changes.removal ? &*changes.removal : nullptr;
  auto written = co_await saver_.save(request, asking, served, rows, key, Refusal::batch, removal);
  if (!written) co_return std::move(written).problem();
  const auto results = written->reply.root().find("results");
  std::string text;
  json::Writer out(text);
  out.begin_object().key("results").begin_array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto result = results.at(i);
    const bool removed = rows[i].kind == Row::Kind::remove;
    out.begin_object().member("op", result_of(items.at(i)));
    out.member("id", result.find("id")).member("version", result.find("version"));
    if (!removed && !rows[i].text.empty())
      if (const auto doc = json::Document::parse(shown_text(rows[i]))) out.member("doc", doc->root());
    out.end_object();
  }
  out.end_array().end_object();
  co_return Reply::json(text);
}

}  // namespace socle::forms
