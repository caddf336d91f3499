// referrers.cpp: see the header. A hint is a document {target, form} with the id TARGET/FORM.
#include "service/referrers.hpp"

#include <set>

#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

std::set<std::string> targets_of(const Form& form) {
  std::set<std::string> out;
  for (const auto& logic : form.logic())
    if (logic.on_delete != OnDelete::keep) out.insert(logic.reference);
  return out;
}

std::string question_of(const Form& form, const std::set<std::string>& targets) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", referrer_collection).key("ids").begin_array();
  for (const auto& target : targets) out.string(target + "/" + form.name());
  out.end_array().end_object();
  return text;
}

std::string declaration_of_referrers() {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", referrer_collection).key("indexes").begin_array().begin_object();
  out.member("name", "target").key("fields").begin_array().begin_object();
  out.member("field", "/target").member("type", "string").end_object().end_array();
  out.end_object().end_array().end_object();
  return text;
}

}  // namespace

Referrers::Referrers(Host& host)
    : host_(host),
      declare_(host.target("storage/1", "declare")),
      get_(host.target("storage/1", "get")),
      query_(host.target("storage/1", "query")),
      write_(host.target("storage/1", "write")) {}

Task<Got<bool>> Referrers::note(Context context, const Form& form) {
  const auto targets = targets_of(form);
  if (targets.empty()) co_return true;
  const std::string question = question_of(form, targets);
  const Reply known = co_await host_.call(context, get_, Payload::json(question));
  if (!known && known.error_code() != "unknown_collection") co_return known;
  const auto answer = json::Document::parse(known ? known.text() : std::string_view("{}"));
  if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  std::string text;
  json::Writer out(text);
  out.begin_object().key("operations").begin_array();
  std::size_t i = 0, missing = 0;
  for (const auto& target : targets) {
    if (answer->root().find("items").at(i++).is_object()) continue;
    ++missing;
    out.begin_object().member("op", "put").member("collection", referrer_collection);
    out.member("id", target + "/" + form.name()).key("doc").begin_object();
    out.member("target", target).member("form", form.name()).end_object().end_object();
  }
  out.end_array().key("audit").begin_object().member("operation", "forms.referrers").end_object().end_object();
  if (missing == 0) co_return true;
  if (!known) {
    const std::string declaration = declaration_of_referrers();
    const Reply declared = co_await host_.call(context, declare_, Payload::json(declaration));
    if (!declared) co_return declared;
  }
  const Reply written = co_await host_.call(context, write_, Payload::json(text));
  if (!written) co_return written;
  co_return true;
}

Task<Got<std::vector<std::string>>> Referrers::of(Context context, const std::string& form) {
  std::vector<std::string> out;
  std::string cursor;
  do {
    std::string text;
    json::Writer ask(text);
    ask.begin_object().member("collection", referrer_collection).key("filter").begin_object();
    ask.member("op", "eq").member("field", "/target").member("type", "string").member("value", form).end_object();
    ask.member("limit", 1000);
    if (!cursor.empty()) ask.member("cursor", cursor);
    ask.end_object();
    const Reply reply = co_await host_.call(context, query_, Payload::json(text));
    if (!reply && reply.error_code() == "unknown_collection") co_return out;
    if (!reply) co_return reply;
    const auto answer = json::Document::parse(reply.text());
    if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
    for (const auto item : answer->root().find("items").elements())
      out.emplace_back(item.find("doc").find("form").as_string());
    cursor = answer->root().find("next").as_string();
  } while (!cursor.empty());
  co_return out;
}

}  // namespace socle::forms
