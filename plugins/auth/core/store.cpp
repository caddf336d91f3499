#include "core/store.hpp"

#include <array>

namespace socle::auth {
namespace {

constexpr std::uint32_t swept_at_once = 32;

constexpr std::array<std::string_view, 11> declarations = {
    R"({"collection":"auth.users","indexes":[{"name":"username","fields":[{"field":"/username","type":"string"}],"unique":true}]})",
    R"({"collection":"auth.credentials","indexes":[]})",
    R"({"collection":"auth.links","indexes":[{"name":"user","fields":[{"field":"/user","type":"string"}]},{"name":"ends_at","fields":[{"field":"/ends_at","type":"timestamp"}]}]})",
    R"({"collection":"auth.sessions","indexes":[{"name":"user","fields":[{"field":"/user","type":"string"}]},{"name":"ends_at","fields":[{"field":"/ends_at","type":"timestamp"}]}]})",
    R"({"collection":"auth.keys","indexes":[{"name":"user","fields":[{"field":"/user","type":"string"}]}]})",
    R"({"collection":"auth.directory","indexes":[]})",
    R"({"collection":"auth.families","indexes":[{"name":"ends","fields":[{"field":"/ends","type":"integer"}]}]})",
    R"({"collection":"auth.token_keys","indexes":[]})",
    R"({"collection":"auth.providers","indexes":[]})",
    R"({"collection":"auth.identities","indexes":[{"name":"user","fields":[{"field":"/user","type":"string"}]}]})",
    R"({"collection":"auth.pending","indexes":[{"name":"ends_at","fields":[{"field":"/ends_at","type":"timestamp"}]}]})",
};

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

Batch::Batch() { out_.begin_object().key("operations").begin_array(); }

json::Writer& Batch::operation(std::string_view op, std::string_view of, std::string_view id) {
  return out_.begin_object().member("op", op).member("collection", of).member("id", id);
}
void Batch::expecting(std::uint64_t revision) {
  if (revision == 0) {
    out_.member("expect", "absent");
  } else {
    out_.member("expect", revision);
  }
}
Batch& Batch::put(std::string_view of, std::string_view id, std::uint64_t expect, std::string_view document) {
  operation("put", of, id);
  expecting(expect);
  if (auto parsed_document = json::Document::parse(document)) out_.member("doc", parsed_document->root());
  out_.end_object();
  return *this;
}
Batch& Batch::remove(std::string_view of, std::string_view id, std::uint64_t expect) {
  operation("delete", of, id);
  expecting(expect);
  out_.end_object();
  return *this;
}
Batch& Batch::remove_any(std::string_view of, std::string_view id) {
  operation("delete", of, id).end_object();
  return *this;
}
Batch& Batch::check(std::string_view of, std::string_view id, std::uint64_t revision) {
  operation("check", of, id);
  expecting(revision);
  out_.end_object();
  return *this;
}
Batch& Batch::soon() {
  soon_ = true;
  return *this;
}
std::string Batch::take() {
  out_.end_array();
  if (soon_) out_.member("durability", "async");
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

Task<Got<Stored>> Store::get(Context context, std::string_view of, std::string_view id) {
  std::string body;
  json::Writer(body).begin_object().member("collection", of).member("id", id).end_object();
  const Reply reply = co_await ask(context, get_, std::move(body));
  if (!reply && (reply.error_code() == "unknown_collection" || reply.error_code() == "not_found")) co_return Stored{};
  if (!reply) co_return reply;
  auto document = parsed(reply);
  if (!document) co_return std::move(document).problem();
  Stored found;
  found.revision = document->root().find("version").as_uint64().value_or(0);
  found.document = std::move(*document);
  co_return found;
}

Task<Status> Store::declare(Context context) {
  for (const std::string_view declaration : declarations) {
    const Reply declared = co_await ask(context, declare_, std::string(declaration));
    if (!declared) co_return declared.error();
  }
  co_return Status();
}

Task<Got<bool>> Store::write(Context context, std::string body) {
  Reply reply = co_await ask(context, write_, body);
  if (!reply && reply.error_code() == "unknown_collection") {
    if (auto declared = co_await declare(context); !declared) co_return std::move(declared).error();
    reply = co_await ask(context, write_, body);
  }
  if (!reply && is_clash(reply.error_code()))
    co_return Reply::error(Code::conflict, "changed_meanwhile",
                           "somebody else changed this at the same time; read it again and repeat");
  if (!reply) co_return reply;
  co_return true;
}

Task<Got<Store::Page>> Store::find(Context context, const Query& query) {
  std::string body;
  json::Writer out(body);
  out.begin_object().member("collection", query.of);
  if (!query.field.empty()) {
    out.key("filter").begin_object().member("op", query.op).member("field", query.field).member("type", query.type);
    query.type == "integer" ? out.member("value", query.number) : out.member("value", query.value);
    out.end_object();
    out.key("order").begin_array().begin_object().member("field", query.field).member("type", query.type);
    out.end_object().end_array();
  }
  out.member("limit", query.limit);
  if (!query.cursor.empty()) out.member("cursor", query.cursor);
  out.end_object();
  const Reply reply = co_await ask(context, query_, std::move(body));
  if (!reply && reply.error_code() == "unknown_collection") co_return Page{};
  if (!reply) co_return reply;
  auto document = parsed(reply);
  if (!document) co_return std::move(document).problem();
  co_return Page{std::move(*document)};
}

Task<void> Store::sweep(Context context, Query query) {
  query.limit = swept_at_once;
  auto page = co_await find(context, query);
  if (!page || page->items().empty()) co_return;
  Batch batch;
  for (const json::View item : page->items().elements()) batch.remove_any(query.of, item.find("id").as_string());
  batch.soon();
  static_cast<void>(co_await write(context, batch.take()));
}

}  // namespace socle::auth
