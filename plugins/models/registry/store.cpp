#include "registry/store.hpp"

#include <cstdio>
#include <ctime>

namespace socle::models {
namespace {

constexpr std::string_view declaration =
    R"({"collection":"models","indexes":[{"name":"of","fields":[{"field":"/of","type":"string"}]}]})";

Reply damaged() {
  return Reply::error(Code::internal, "storage_answer", "storage/1 answered with what is no answer of its contract");
}

Got<json::Document> parsed(const Reply& reply) {
  auto document = json::Document::parse(reply.text());
  if (!document) return damaged();
  return std::move(*document);
}

bool is_clash(std::string_view code) {
  return code == "version_mismatch" || code == "already_exists" || code == "not_found";
}

}  // namespace

std::string model_key(std::string_view kind, std::string_view name) {
  return std::string(kind).append("/").append(name);
}
std::string draft_id(std::string_view key) { return std::string(key).append("~draft"); }
std::string version_id(std::string_view key, std::string_view version) {
  return std::string(key).append("@").append(version);
}

std::string timestamp(Duration since_1970) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[96];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(ms % 1000));
  return text;
}

Batch::Batch() { out_.begin_object().key("operations").begin_array(); }

Batch& Batch::operation(std::string_view op, std::string_view id) {
  out_.begin_object().member("op", op).member("collection", "models").member("id", id);
  return *this;
}
Batch& Batch::expecting(std::uint64_t revision) {
  if (revision == 0) {
    out_.member("expect", "absent");
  } else {
    out_.member("expect", revision);
  }
  return *this;
}
Batch& Batch::put(std::string_view id, std::uint64_t expect, std::string_view document) {
  operation("put", id).expecting(expect);
  if (auto parsed_document = json::Document::parse(document)) out_.member("doc", parsed_document->root());
  out_.end_object();
  return *this;
}
Batch& Batch::put_any(std::string_view id, std::string_view document) {
  operation("put", id);
  if (auto parsed_document = json::Document::parse(document)) out_.member("doc", parsed_document->root());
  out_.end_object();
  return *this;
}
Batch& Batch::remove(std::string_view id, std::uint64_t expect) {
  operation("delete", id).expecting(expect);
  out_.end_object();
  return *this;
}
Batch& Batch::note(std::string_view operation, std::string_view target) {
  operation_ = operation;
  target_ = target;
  return *this;
}
std::string Batch::take() {
  out_.end_array();
  if (!operation_.empty())
    out_.key("audit").begin_object().member("operation", operation_).member("target", target_).end_object();
  out_.end_object();
  return std::move(text_);
}

Store::Store(Host& host)
    : host_(host),
      get_(host.target("storage/1", "get")),
      write_(host.target("storage/1", "write")),
      query_(host.target("storage/1", "query")),
      declare_(host.target("storage/1", "declare")) {}

Task<Reply> Store::ask(Context context, const Target& target, std::string body) {
  co_return co_await host_.call(context, target, Payload::json(body));
}

Task<Got<std::vector<Stored>>> Store::get(Context context, std::vector<std::string> ids) {
  std::vector<Stored> found(ids.size());
  for (std::size_t done = 0; done < ids.size();) {  // a page of storage ends at 8 MiB
    std::string body;
    json::Writer out(body);
    out.begin_object().member("collection", "models").key("ids").begin_array();
    for (std::size_t i = done; i < ids.size(); ++i) out.string(ids[i]);
    out.end_array().end_object();
    const Reply reply = co_await ask(context, get_, std::move(body));
    if (!reply && reply.error_code() == "unknown_collection") co_return found;
    if (!reply) co_return reply;
    auto document = parsed(reply);
    if (!document) co_return std::move(document).problem();
    const json::View items = document->root().find("items");
    const json::View next = document->root().find("next");
    const std::size_t answered = next ? next.as_uint64().value_or(0) : ids.size() - done;
    if (answered == 0 || answered > ids.size() - done || items.size() != answered) co_return damaged();
    for (std::size_t i = 0; i < answered; ++i) {
      const json::View record = items.at(i);
      if (!record.is_object()) continue;
      found[done + i].revision = record.find("version").as_uint64().value_or(0);
      found[done + i].document = json::Document::copy_of(record);
    }
    done += answered;
  }
  co_return found;
}

Task<Got<std::vector<std::uint64_t>>> Store::write(Context context, std::string body) {
  Reply reply = co_await ask(context, write_, body);
  if (!reply && reply.error_code() == "unknown_collection") {
    Reply declared = co_await ask(context, declare_, std::string(declaration));
    if (!declared) co_return declared;
    reply = co_await ask(context, write_, body);
  }
  if (!reply && is_clash(reply.error_code()))
    co_return Reply::error(Code::conflict, "changed_meanwhile",
                           "somebody else changed this model at the same time; read it again and repeat");
  if (!reply) co_return reply;
  auto document = parsed(reply);
  if (!document) co_return std::move(document).problem();
  std::vector<std::uint64_t> revisions;
  for (const json::View result : document->root().find("results").elements())
    revisions.push_back(result.find("version").as_uint64().value_or(0));
  co_return revisions;
}

Task<Got<Store::Page>> Store::list(Context context, const Query& query) {
  std::string body;
  json::Writer out(body);
  out.begin_object().member("collection", "models").key("filter").begin_object();
  out.member("op", query.prefix ? "prefix" : "eq").member("field", "/of").member("value", query.of).end_object();
  out.key("order").begin_array();
  if (query.prefix) out.begin_object().member("field", "/of").member("type", "string").end_object();
  out.begin_object().member("field", "id").member("desc", query.newest_first).end_object().end_array();
  out.member("limit", query.limit);
  if (!query.cursor.empty()) out.member("cursor", query.cursor);
  if (query.names_only) out.key("fields").begin_array().string("/kind").string("/name").end_array();
  out.end_object();
  const Reply reply = co_await ask(context, query_, std::move(body));
  if (!reply && reply.error_code() == "unknown_collection") co_return Page{};
  if (!reply) co_return reply;
  auto document = parsed(reply);
  if (!document) co_return std::move(document).problem();
  co_return Page{std::move(*document)};
}

void Store::add_history(Batch& batch, Head& head, const HistoryEntry& entry) {
  const std::string key = model_key(head.kind, head.name);
  char number[24];
  std::snprintf(number, sizeof number, "#%010llu", static_cast<unsigned long long>(++head.events));
  std::string text;
  json::Writer out(text);
  out.begin_object().member("of", "history:" + key).member("event", head.events).member("action", entry.action);
  out.member("version", entry.version);
  if (!entry.from.empty()) out.member("from", entry.from);
  if (!entry.hash.empty()) out.member("hash", entry.hash);
  out.member("by", entry.by).member("at", entry.at);
  if (!entry.reason.empty()) out.member("reason", entry.reason);
  out.end_object();
  batch.put(key + number, 0, text);
}

}  // namespace socle::models
