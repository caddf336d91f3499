// ledger.cpp: see the header.
#include "service/ledger.hpp"

#include <cmath>

#include "socle/json/writer.hpp"

namespace socle::blob {
namespace {

constexpr int most_attempts = 25;
constexpr std::string_view files = "blob:files", refs = "blob:refs", loose = "blob:loose", totals = "blob:usage";

std::string put_text(std::string_view collection, std::string_view id, const std::string& expect,
                     const std::string& doc) {
  std::string out = R"({"op":"put","collection":)";
  json::append_quoted(out, collection);
  out += ",\"id\":";
  json::append_quoted(out, id);
  out.append(",\"expect\":").append(expect).append(",\"doc\":").append(doc).append("}");
  return out;
}

std::string asks_text(std::string_view op, std::string_view collection, std::string_view id,
                      const std::string& expect) {
  std::string out = "{\"op\":";
  json::append_quoted(out, op);
  out += ",\"collection\":";
  json::append_quoted(out, collection);
  out += ",\"id\":";
  json::append_quoted(out, id);
  out.append(",\"expect\":").append(expect).append("}");
  return out;
}

std::string expecting(std::uint64_t version) { return version == 0 ? "\"absent\"" : std::to_string(version); }

std::string doc_text(const File& file) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("name", file.name).member("type", file.type).member("size", file.size);
  writer.member("state", file.partial ? "partial" : "whole").member("created_by", file.created_by);
  if (!file.sha256.empty()) writer.member("sha256", file.sha256);
  writer.end_object();
  return out;
}

std::string get_text(std::string_view collection, std::string_view id) {
  std::string out;
  json::Writer(out).begin_object().member("collection", collection).member("id", id).end_object();
  return out;
}

Error error_of(const Reply& reply) {
  return {reply.error_code() == "storage_quota" ? over_plan : reply.code(), std::string(reply.message())};
}

bool absent(const Reply& reply) { return !reply && reply.code() == Code::not_found; }

}  // namespace

Reply problem_of(const Error& error) {
  if (error.code == over_plan) return Reply::error(Code::exhausted, "files_quota", error.message).with_status(507);
  switch (error.code) {
    case Code::conflict: return Reply::error(error.code, "upload_conflict", error.message).with_status(409);
    case Code::storage_full: return Reply::error(error.code, "storage_full", error.message).with_status(507);
    case Code::not_found: return Reply::error(error.code, "not_found", error.message);
    default: return Reply(error);
  }
}

std::string file_text(const File& file) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("id", file.id).member("name", file.name).member("type", file.type);
  writer.member("size", file.size).member("state", file.partial ? "partial" : "whole");
  if (!file.sha256.empty()) writer.member("sha256", file.sha256);
  if (!file.created_at.empty()) writer.member("created_at", file.created_at);
  writer.member("created_by", file.created_by).member("href", "/v1/files/" + file.id).end_object();
  return out;
}

Ledger::Ledger(Host& host)
    : host_(host),
      get_(host.target("storage/1", "get")),
      query_(host.target("storage/1", "query")),
      write_(host.target("storage/1", "write")),
      declare_(host.target("storage/1", "declare")) {}

Task<Result<std::optional<File>>> Ledger::find(Context context, std::string id) {
  const Reply reply = co_await host_.call(context, get_, Payload::json(get_text(files, id)));
  if (absent(reply)) co_return std::optional<File>();
  if (!reply) co_return error_of(reply);
  const auto item = json::Document::parse(reply.text());
  if (!item) co_return Error{Code::internal, "storage/1 answered no JSON"};
  const auto doc = item->root().find("doc");
  const auto of = [&](std::string_view key) { return std::string(doc.find(key).as_string()); };
  File out{std::move(id), of("name"), of("type"), of("sha256"), of("created_by"), {}, 0, 0, false};
  out.created_at = item->root().find("created_at").as_string();
  out.version = item->root().find("version").as_uint64().value_or(0);
  out.size = doc.find("size").as_uint64().value_or(0);
  out.partial = of("state") == "partial";
  co_return std::optional<File>(std::move(out));
}

Task<Result<Ledger::Usage>> Ledger::usage(Context context) {
  const Reply reply = co_await host_.call(context, get_, Payload::json(get_text(totals, "total")));
  if (absent(reply)) co_return Usage{};
  if (!reply) co_return error_of(reply);
  const auto item = json::Document::parse(reply.text());
  if (!item) co_return Error{Code::internal, "storage/1 answered no JSON"};
  const auto doc = item->root().find("doc");
  co_return Usage{doc.find("bytes").as_uint64().value_or(0), doc.find("files").as_uint64().value_or(0),
                  item->root().find("version").as_uint64().value_or(0)};
}

Task<Status> Ledger::declare(Context context) {
  for (const auto& [name, indexes] :
       {std::pair{files, "[]"}, std::pair{loose, "[]"}, std::pair{totals, "[]"},
        std::pair{refs, R"([{"name":"file","fields":[{"field":"/file","type":"string"}]}])"}}) {
    std::string text = "{\"collection\":";
    json::append_quoted(text, name);
    text.append(",\"indexes\":").append(indexes).append("}");
    const Reply reply = co_await host_.call(context, declare_, Payload::json(text));
    if (!reply) co_return error_of(reply);
  }
  co_return Status{};
}

Task<Status> Ledger::write(Context context, std::vector<std::string> operations, std::int64_t bytes,
                           std::int64_t count) {
  for (int attempt = 1;; ++attempt) {
    auto before = co_await usage(context);
    if (!before) co_return std::move(before).error();
    const auto total = static_cast<std::int64_t>(before->bytes) + bytes;
    const auto number = static_cast<std::int64_t>(before->files) + count;
    const double limit = host_.limit(context, "files.bytes");
    if (bytes > 0 && std::isfinite(limit) && static_cast<double>(total) > limit)
      co_return Error{over_plan, "the tenant's files would take " + std::to_string(total) + " bytes, its plan allows " +
                                     std::to_string(static_cast<std::int64_t>(limit)) +
                                     ": remove files, or ask for a larger plan"};
    std::string text = "{\"operations\":[";
    for (const auto& one : operations) text.append(one).append(",");
    const auto now = "{\"bytes\":" + std::to_string(std::max<std::int64_t>(total, 0)) +
                     ",\"files\":" + std::to_string(std::max<std::int64_t>(number, 0)) + "}";
    text += put_text(totals, "total", expecting(before->version), now) + "]}";
    const Reply reply = co_await host_.call(context, write_, Payload::json(text));
    if (reply) {
      host_.meter_level(context, "files.bytes", static_cast<double>(std::max<std::int64_t>(total, 0)));
      co_return Status{};
    }
    const bool undeclared = reply.error_code() == "unknown_collection";
    if (undeclared)
      if (auto made = co_await declare(context); !made) co_return made;
    // The usage is the last operation: only its clash is somebody else's upload beside ours.
    const std::string mine = "\"/operations/" + std::to_string(operations.size());
    const bool beside = reply.text().find(mine) != std::string_view::npos &&
                        (reply.code() == Code::precondition || reply.code() == Code::conflict);
    if ((undeclared || beside) && attempt < most_attempts) continue;
    if (reply.code() == Code::precondition || reply.code() == Code::conflict || reply.code() == Code::not_found)
      co_return Error{Code::conflict, "the file was changed meanwhile: ask for it again"};
    co_return error_of(reply);
  }
}

Task<Status> Ledger::put(Context context, File& file, std::uint64_t added) {
  std::vector<std::string> operations{put_text(files, file.id, expecting(file.version), doc_text(file)),
                                      put_text(loose, file.id, "\"any\"", "{}")};
  auto done =
      co_await write(context, std::move(operations), static_cast<std::int64_t>(added), file.version == 0 ? 1 : 0);
  if (done) ++file.version;
  co_return done;
}

Task<Status> Ledger::remove(Context context, const File& file, std::uint64_t mark) {
  std::vector<std::string> operations{asks_text("delete", files, file.id, std::to_string(file.version))};
  operations.push_back(asks_text("delete", loose, file.id, std::to_string(mark)));
  co_return co_await write(context, std::move(operations), -static_cast<std::int64_t>(file.size), -1);
}

Task<Result<bool>> Ledger::held(Context context, std::string id) {
  std::string text = R"({"collection":"blob:refs","limit":1,"filter":{"op":"eq","field":"/file","value":)";
  json::append_quoted(text, id);
  text += "}}";
  const Reply reply = co_await host_.call(context, query_, Payload::json(text));
  if (absent(reply) || reply.error_code() == "unknown_collection") co_return false;
  if (!reply) co_return error_of(reply);
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Error{Code::internal, "storage/1 answered no JSON"};
  co_return answer->root().find("items").size() > 0;
}

Task<Result<std::vector<Ledger::Mark>>> Ledger::marks(Context context, std::string& cursor) {
  std::string text = R"({"collection":"blob:loose","limit":200)";
  if (!cursor.empty()) {
    text += ",\"cursor\":";
    json::append_quoted(text, cursor);
  }
  text += "}";
  cursor.clear();
  const Reply reply = co_await host_.call(context, query_, Payload::json(text));
  if (absent(reply)) co_return std::vector<Mark>();
  if (!reply) co_return error_of(reply);
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Error{Code::internal, "storage/1 answered no JSON"};
  cursor = answer->root().find("next").as_string();
  std::vector<Mark> out;
  for (const auto item : answer->root().find("items").elements())
    out.push_back({std::string(item.find("id").as_string()), item.find("version").as_uint64().value_or(0),
                   std::string(item.find("updated_at").as_string())});
  co_return out;
}

Task<Result<std::uint64_t>> Ledger::mark(Context context, std::string id) {
  const Reply reply = co_await host_.call(context, get_, Payload::json(get_text(loose, id)));
  if (absent(reply)) co_return std::uint64_t{0};
  if (!reply) co_return error_of(reply);
  const auto item = json::Document::parse(reply.text());
  if (!item) co_return Error{Code::internal, "storage/1 answered no JSON"};
  co_return item->root().find("version").as_uint64().value_or(0);
}

Task<Status> Ledger::drop_mark(Context context, const Mark& mark) {
  const auto text = "{\"operations\":[" + asks_text("delete", loose, mark.id, std::to_string(mark.version)) + "]}";
  const Reply reply = co_await host_.call(context, write_, Payload::json(text));
  co_return reply ? Status{} : Status(error_of(reply));
}

Task<Result<std::vector<std::string>>> Ledger::known(Context context, const std::vector<std::string>& ids) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", files).key("ids").begin_array();
  for (const auto& id : ids) out.string(id);
  out.end_array().end_object();
  const Reply reply = co_await host_.call(context, get_, Payload::json(text));
  if (absent(reply)) co_return std::vector<std::string>();
  if (!reply) co_return error_of(reply);
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Error{Code::internal, "storage/1 answered no JSON"};
  std::vector<std::string> found;
  for (const auto item : answer->root().find("items").elements())
    if (item.is_object()) found.emplace_back(item.find("id").as_string());
  co_return found;
}

std::vector<std::string> Ledger::hold(std::string_view id, std::string_view holder) {
  std::string doc;
  json::Writer(doc).begin_object().member("file", id).member("holder", holder).end_object();
  return {asks_text("check", files, id, "\"present\""),
          put_text(refs, std::string(id).append("/").append(holder), "\"any\"", doc),
          asks_text("delete", loose, id, "\"any\"")};
}

std::vector<std::string> Ledger::release(std::string_view id, std::string_view holder) {
  return {asks_text("delete", refs, std::string(id).append("/").append(holder), "\"any\""),
          put_text(loose, id, "\"any\"", "{}")};
}

}  // namespace socle::blob
