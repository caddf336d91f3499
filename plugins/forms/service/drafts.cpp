// drafts.cpp: see the header. A draft is {owner, form, doc} in the collection of all drafts of the tenant.
#include "service/drafts.hpp"

#include "records/texts.hpp"

namespace socle::forms {
namespace {

Reply no_draft(std::string_view id) {
  return Reply::error(Code::not_found, "not_found",
                      "you have no draft '" + std::string(id.substr(0, 64)) + "' of this form");
}

void write_draft(json::Writer& out, json::View item) {
  const auto kept = item.find("doc");
  out.begin_object();
  for (const auto* key : {"id", "version", "created_at", "updated_at"}) out.member(key, item.find(key));
  out.member("form", kept.find("form")).member("doc", kept.find("doc")).end_object();
}

std::string etag_of(json::View item) { return "\"" + json::to_text(item.find("version")) + "\""; }

}  // namespace

Drafts::Drafts(Host& host, Models& models, const Warden& warden)
    : host_(host),
      models_(models),
      warden_(warden),
      get_(host.target("storage/1", "get")),
      query_(host.target("storage/1", "query")),
      write_(host.target("storage/1", "write")) {}

Task<Got<std::string>> Drafts::open(Request request) {
  auto served = co_await models_.find(request, std::string(request.param("form")));
  if (!served) co_return std::move(served).problem();
  auto reach = co_await warden_.reach(request, *served->form, "create");
  if (!reach) co_return std::move(reach).problem();
  if (reach->nothing && !reach->certain) co_return forbidden("create", served->form->name());
  co_return std::string(served->form->name());
}

void Drafts::write_fields(json::Writer& out, Part part) {
  if (part == Part::facts) out.key("fields").begin_array().string("/owner").string("/form").end_array();
}

Task<Got<json::Document>> Drafts::own(Request request, const std::string& form, const std::string& id, Part part) {
  if (!is_record_id(id)) co_return no_draft(id);
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", draft_collection).member("id", id);
  write_fields(out, part);
  out.end_object();
  const Reply reply = co_await host_.call(request, get_, Payload::json(text));
  if (!reply && reply.code() == Code::not_found) co_return no_draft(id);
  if (!reply) co_return reply;
  auto item = json::Document::parse(reply.text());
  if (!item) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  const auto kept = item->root().find("doc");
  if (kept.find("owner").as_string() != request.principal() || kept.find("form").as_string() != form)
    co_return no_draft(id);
  co_return std::move(*item);
}

Task<Got<bool>> Drafts::is_own(Request request, const std::string& form, const std::string& id) {
  auto item = co_await own(request, form, id, Part::facts);
  if (item) co_return true;
  Reply problem = std::move(item).problem();
  if (problem.code() == Code::not_found) co_return false;
  co_return problem;
}

Task<Got<json::Document>> Drafts::all(Request request, const std::string& form, Part part) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", draft_collection).key("filter").begin_object().member("op", "and");
  out.key("args").begin_array();
  out.begin_object().member("op", "eq").member("field", "/owner").member("value", request.principal()).end_object();
  out.begin_object().member("op", "eq").member("field", "/form").member("value", form).end_object();
  out.end_array().end_object().member("limit", most);
  write_fields(out, part);
  out.end_object();
  const Reply reply = co_await host_.call(request, query_, Payload::json(text));
  if (!reply) co_return reply;
  auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  co_return std::move(*answer);
}

Task<Reply> Drafts::list(Request request) {
  auto form = co_await open(request);
  if (!form) co_return std::move(form).problem();
  auto found = co_await all(request, *form, Part::whole);
  if (!found) co_return std::move(found).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const auto item : found->root().find("items").elements()) write_draft(out, item);
  out.end_array().end_object();
  co_return Reply::json(text);
}

Task<Reply> Drafts::write(Request request, const std::string& form, const std::string& id, std::uint64_t version) {
  const auto doc = json::Document::parse(request.text());
  if (!doc) co_return malformed(doc.error());
  if (!doc->root().is_object())
    co_return Reply::error(Code::invalid, "bad_draft", "a draft is a JSON object, as far as it is filled in")
        .with_status(400);
  std::string text;
  json::Writer out(text);
  out.begin_object().key("operations").begin_array().begin_object();
  out.member("op", "put").member("collection", draft_collection);
  if (!id.empty()) out.member("id", id);
  if (version > 0)
    out.member("expect", version);
  else
    out.member("expect", "absent");
  out.key("doc").begin_object().member("owner", request.principal()).member("form", form);
  out.member("doc", doc->root()).end_object().end_object().end_array();
  out.key("audit").begin_object().member("operation", "drafts.write").end_object().end_object();
  const Reply reply = co_await host_.call(request, write_, Payload::json(text));
  if (!reply && reply.code() == Code::precondition)
    co_return Reply::error(Code::precondition, "version_mismatch", "the draft was changed meanwhile: read it again");
  if (!reply) co_return reply;
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  const auto result = answer->root().find("results").at(0);
  std::string made;
  json::Writer shown(made);
  shown.begin_object();
  for (const auto* key : {"id", "version", "created_at", "updated_at"}) shown.member(key, result.find(key));
  shown.member("form", form).member("doc", doc->root()).end_object();
  Reply out_reply = Reply::json(made).with_etag(etag_of(result));
  if (version > 0) co_return out_reply;
  co_return std::move(out_reply).with_status(201).with_location("/v1/forms/" + form + "/drafts/" +
                                                                std::string(result.find("id").as_string()));
}

Task<Reply> Drafts::create(Request request) {
  auto form = co_await open(request);
  if (!form) co_return std::move(form).problem();
  auto found = co_await all(request, *form, Part::facts);
  if (!found) co_return std::move(found).problem();
  if (found->root().find("items").size() >= most)
    co_return Reply::error(
        Code::conflict, "too_many_drafts",
        "you keep " + std::to_string(most) + " drafts of this form, which is the most; save or delete one of them");
  const std::string none;
  co_return co_await write(request, *form, none, 0);
}

Task<Reply> Drafts::read(Request request) {
  auto form = co_await open(request);
  if (!form) co_return std::move(form).problem();
  const std::string id(request.param("id"));
  auto item = co_await own(request, *form, id, Part::whole);
  if (!item) co_return std::move(item).problem();
  std::string text;
  json::Writer out(text);
  write_draft(out, item->root());
  co_return Reply::json(text).with_etag(etag_of(item->root()));
}

Task<Reply> Drafts::replace(Request request) {
  auto form = co_await open(request);
  if (!form) co_return std::move(form).problem();
  const std::string id(request.param("id"));
  auto item = co_await own(request, *form, id, Part::facts);
  if (!item) co_return std::move(item).problem();
  const auto version = item->root().find("version").as_uint64().value_or(0);
  if (!matches(request.header("if-match"), version))
    co_return Reply::error(Code::precondition, "version_mismatch", "the draft was changed meanwhile: read it again");
  co_return co_await write(request, *form, id, version);
}

Task<Reply> Drafts::remove(Request request) {
  auto form = co_await open(request);
  if (!form) co_return std::move(form).problem();
  const std::string id(request.param("id"));
  auto item = co_await own(request, *form, id, Part::facts);
  if (!item) co_return std::move(item).problem();
  std::string text = "{\"operations\":[";
  append_draft_end(text, id);
  text += R"(],"audit":{"operation":"drafts.delete"}})";
  const Reply reply = co_await host_.call(request, write_, Payload::json(text));
  if (!reply) co_return reply;
  co_return Reply().with_status(204);
}

}  // namespace socle::forms
