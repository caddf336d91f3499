// asking.cpp: see the header.
#include "service/asking.hpp"

#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

// The claims and `id`; `roles` is there even when nobody gave any, so that a rule that asks for one can be decided.
json::Document user_of(std::string_view id, std::string_view claims) {
  std::string text;
  json::Writer out(text);
  const auto given = json::Document::parse(claims.empty() ? "{}" : claims);
  const auto root = given ? given->root() : json::View();
  out.begin_object().member("id", id);
  for (const auto& [key, value] : root.members())
    if (key != "id") out.member(key, value);
  if (!root.find("roles").exists()) out.key("roles").begin_array().end_array();
  out.end_object();
  auto made = json::Document::parse(text);
  return made ? std::move(*made) : json::Document();
}

json::Document tenant_of(std::string_view id) {
  std::string text;
  json::Writer(text).begin_object().member("id", id).end_object();
  auto made = json::Document::parse(text);
  return made ? std::move(*made) : json::Document();
}

// What the operator says of this installation; an object, also when that is nothing.
json::Document env_of(const Host& host) {
  const auto config = host.config();
  if (const auto env = config.root().find("env"); env.is_object()) return json::Document::copy_of(env);
  return *json::Document::parse("{}");
}

}  // namespace

Asking::Asking(const Host& host, Request request)
    : host_(host), request_(request), language_(language_of(request.header("accept-language"))) {
  const auto now = host.now_utc().count();
  seconds_ = now / 1'000'000'000;
  nanos_ = static_cast<std::uint32_t>(now % 1'000'000'000);
}

const Asking::Names& Asking::names() const {
  if (!names_)
    names_.emplace(
        Names{user_of(request_.principal(), request_.context().claims()), tenant_of(request_.tenant()), env_of(host_)});
  return *names_;
}

Known Asking::known(std::string_view action) const {
  const auto& given = names();
  return {given.user.root(), given.tenant.root(), given.env.root(), action, seconds_, nanos_};
}

Call Asking::call(std::string_view action) const {
  Call out;
  const auto& given = names();
  out.user = given.user.root();
  out.tenant = given.tenant.root();
  out.env = given.env.root();
  out.action = action;
  out.now_seconds = seconds_;
  out.now_nanos = nanos_;
  return out;
}

Reply invalid_record(const std::vector<FieldError>& errors, Language language) {
  const bool zh = language == Language::zh;
  return Reply::error(Code::invalid, "invalid_record",
                      zh ? "记录不符合表单的要求" : "the record does not satisfy the form", errors_text(errors))
      .with_status(422);
}

Reply forbidden(std::string_view action, std::string_view form) {
  return Reply::error(Code::denied, "forbidden",
                      "the access rules of form '" + std::string(form) + "' do not let you " + std::string(action) +
                          " this record")
      .with_status(403);
}

Reply not_found(std::string_view form, std::string_view id) {
  return Reply::error(Code::not_found, "not_found",
                      "form '" + std::string(form) + "' has no record '" + std::string(id.substr(0, 64)) + "'");
}

Reply malformed(const Error& error) {
  return Reply::error(Code::invalid, "malformed_json", error.message).with_status(400);
}

Reply bad_parameters(const std::vector<FieldError>& errors) {
  return Reply::error(Code::invalid, errors[0].pointer == "filter" ? "invalid_filter" : "invalid_parameter",
                      errors[0].pointer + ": " + errors[0].message, errors_text(errors))
      .with_status(400);
}

}  // namespace socle::forms
