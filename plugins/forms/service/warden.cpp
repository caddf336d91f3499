// warden.cpp: see the header.
#include "service/warden.hpp"

#include "records/texts.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t most_types = 256;  // that auth/1 takes

bool is_listeners_own(Request request) { return request.context().claims().empty() && !request.principal().empty(); }

// Fields that CEL would otherwise take for texts, by their CEL types.
std::string types_of(const Form& form) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  std::size_t count = 0;
  for (const auto index : form.fields().top()) {
    const auto& field = form.fields()[index];
    const bool typed =
        field.type == FieldType::date || field.type == FieldType::timestamp || field.type == FieldType::decimal;
    if (typed && ++count <= most_types) out.member(field.name, storage_type(field.type));
  }
  out.end_object();
  return text;
}

json::Writer& question(json::Writer& out, const Form& form, std::string_view action, const std::string& types) {
  out.begin_object().member("resource", "forms/" + form.name()).member("action", action);
  if (const auto given = json::Document::parse(types); given) out.member("types", given->root());
  return out;
}

std::vector<std::string> pointers(json::View list) {
  std::vector<std::string> out;
  for (const auto one : list.elements()) out.emplace_back(one.as_string());
  return out;
}
Masks masks_of(json::View masks) { return {pointers(masks.find("hidden")), pointers(masks.find("read_only"))}; }

Reply unheard(const Reply& reply) {
  if (reply.code() != Code::unavailable && reply.code() != Code::denied) return reply;
  return Reply::error(Code::unavailable, "auth_unavailable",
                      "what you may do cannot be decided, because auth/1 does not answer plugin forms: load it and "
                      "grant forms \"call:auth/1\"")
      .with_status(503);
}

Reply refused(json::View decision, std::string_view action, const Form& form, Language language) {
  const auto reason = decision.find("reason");
  auto words = reason.find(language == Language::zh ? "zh" : "en");
  if (!words.is_string()) words = reason.find(language == Language::zh ? "en" : "zh");
  if (words.is_string()) return Reply::error(Code::denied, "forbidden", words.as_string()).with_status(403);
  const std::string of = "form '" + form.name() + "'";
  if (decision.find("by").as_string() == "rule")
    return Reply::error(Code::denied, "forbidden",
                        "rule '" + std::string(decision.find("rule").as_string()) + "' of policy '" +
                            std::string(decision.find("policy").as_string()) + "' does not let you " +
                            std::string(action) + " this record of " + of)
        .with_status(403);
  return Reply::error(Code::denied, "forbidden",
                      "none of your roles lets you " + std::string(action) + " this record of " + of +
                          "; POST /v1/auth/explain says more")
      .with_status(403);
}

}  // namespace

Warden::Warden(Host& host)
    : host_(host), filter_(host.target("auth/1", "filter")), decide_(host.target("auth/1", "decide")) {}

Task<Got<Reach>> Warden::reach(Request request, const Form& form, std::string_view action) const {
  Reach out;
  out.certain = is_listeners_own(request);
  if (out.certain) co_return std::move(out);
  out.types = types_of(form);
  std::string text;
  json::Writer body(text);
  question(body, form, action, out.types).member("record", form.shape().fields_at).key("indexes").begin_object();
  for (const auto& index : form.shape().indexes) body.member(index.field, std::string_view(index.type));
  body.end_object().end_object();
  const Reply reply = co_await host_.call(request, filter_, Payload::json(text));
  if (!reply) co_return unheard(reply);
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "auth/1 answered no JSON");
  const auto root = answer->root();
  out.certain = root.find("unconditional").as_bool();
  out.nothing = root.find("effect").as_string() == "none";
  if (const auto predicate = root.find("predicate"); predicate.exists()) out.predicate = json::to_text(predicate);
  out.remainder = root.find("remainder").as_string();
  out.masks = masks_of(root.find("masks"));
  out.exact_masks = root.find("exact_masks").as_bool();
  co_return std::move(out);
}

Task<Got<Masks>> Warden::decide(Request request, const Asking& asking, const Form& form, std::string_view action,
                                const std::string& record, const std::string& old) const {
  std::string text;
  json::Writer body(text);
  question(body, form, action, types_of(form)).end_object();
  text.pop_back();
  text.append(",\"record\":").append(record);
  if (!old.empty()) text.append(",\"old\":").append(old);
  text += '}';
  const Reply reply = co_await host_.call(request, decide_, Payload::json(text));
  if (!reply) co_return unheard(reply);
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "auth/1 answered no JSON");
  if (answer->root().find("effect").as_string() != "allow")
    co_return refused(answer->root(), action, form, asking.language());
  co_return masks_of(answer->root().find("masks"));
}

Task<Got<Masks>> Warden::masks(Request request, const Asking& asking, const Form& form, const Reach& reach,
                               json::View stored, json::View doc) const {
  if (reach.certain || reach.exact_masks) co_return reach.masks;
  // The record as it is, or as it comes, tells which of them it withholds; when that says no, the finished one may yet
  // be allowed, and all of them are withheld.
  const bool change = stored.exists();
  const std::string record = change ? envelope_of(stored) : "{\"doc\":" + json::to_text(doc) + "}";
  const std::string old = change ? record : std::string();
  auto exact = co_await decide(request, asking, form, change ? "update" : "create", record, old);
  if (exact) co_return std::move(*exact);
  co_return reach.masks;
}

Task<Got<std::vector<std::string>>> Warden::sight(Request request, const Asking& asking, const Form& form,
                                                  json::View item, const Reach* known) const {
  Reach all;
  if (known == nullptr) {
    auto asked = co_await reach(request, form, "read");
    if (!asked) co_return std::move(asked).problem();
    all = std::move(*asked);
  }
  if (known == nullptr ? all.certain : known->certain) co_return std::vector<std::string>();
  const std::string record = envelope_of(item), none;
  auto masks = co_await decide(request, asking, form, "read", record, none);
  if (!masks) co_return std::move(masks).problem();
  co_return std::move(masks->hidden);
}

std::string envelope_of(json::View item) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  write_members(out, item);
  out.end_object();
  return text;
}

std::string envelope_of(const RecordFacts& facts, std::string_view doc) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  const auto put = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) out.member(key, value);
  };
  put("id", facts.id);
  if (facts.version > 0) out.member("version", facts.version);
  put("model_version", facts.model_version);
  put("created_at", facts.created_at);
  put("created_by", facts.created_by);
  put("updated_at", facts.updated_at);
  put("updated_by", facts.updated_by);
  out.end_object();
  text.pop_back();
  return text.append(text.size() > 1 ? ",\"doc\":" : "\"doc\":").append(doc).append("}");
}

}  // namespace socle::forms
