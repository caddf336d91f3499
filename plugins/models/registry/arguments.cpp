#include "registry/arguments.hpp"

#include <charconv>

namespace socle::models {

Got<Arguments> Arguments::of(Request request) {
  Arguments out(request);
  if (request.text().find_first_not_of(" \t\r\n") == std::string_view::npos) return out;
  auto body = json::Document::parse(request.text());
  if (!body) return Reply::error(Code::invalid, "bad_json", body.error().message);
  if (!body->root().is_object()) return Reply::error(Code::invalid, "bad_request", "the body is a JSON object");
  out.body_ = std::move(*body);
  return out;
}

std::string Arguments::text(std::string_view name) const {
  if (request_.has_param(name)) return std::string(request_.param(name));
  const json::View value = member(name);
  return value.is_number() ? std::string(value.number_text()) : std::string(value.as_string());
}

bool Arguments::flag(std::string_view name) const {
  return request_.has_param(name) ? request_.param(name) == "true" : member(name).as_bool();
}

std::uint64_t Arguments::number(std::string_view name, std::uint64_t otherwise) const {
  const std::string given = text(name);
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), out);
  return error == std::errc() && end == given.data() + given.size() && !given.empty() ? out : otherwise;
}

Got<const Kind*> Arguments::kind() const {
  const std::string name = text("kind");
  if (const Kind* found = find_kind(name)) return found;
  return Reply::error(Code::not_found, "unknown_kind",
                      "there is no kind of models '" + name.substr(0, 64) + "'; there are forms, rules and policies");
}

Got<Arguments::Model> Arguments::model() const {
  auto found = kind();
  if (!found) return std::move(found).problem();
  Model out{*found, text("name")};
  if (is_model_name(out.name)) return out;
  return Reply::error(
      Code::not_found, "unknown_model",
      "'" + out.name.substr(0, 64) + "' is no name of a model: 1 to 64 of a-z 0-9 - _ . with a letter or digit first");
}

Reply unknown_model(const Arguments::Model& model) {
  return Reply::error(Code::not_found, "unknown_model", "no model " + model.key() + " is published");
}

Reply unknown_version(const Arguments::Model& model, std::string_view version) {
  return Reply::error(Code::not_found, "unknown_version",
                      "model " + model.key() + " has no version '" + std::string(version.substr(0, 40)) + "'");
}

Reply refusal(Code code, int status, std::string_view stable, std::string_view message, std::string_view fields) {
  return Reply::error(code, stable, message, fields).with_status(status);
}

}  // namespace socle::models
