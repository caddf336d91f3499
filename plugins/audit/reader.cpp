#include "reader.hpp"

#include <charconv>

#include <socle/json/writer.hpp>

namespace socle::audit {
namespace {

constexpr std::size_t usual_limit = 50;
constexpr Duration patience = std::chrono::milliseconds(500);

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

Reply bad(std::string_view pointer, std::string message) {
  std::string fields = "[{\"pointer\":";
  json::append_quoted(fields, pointer);
  fields += ",\"code\":\"bad_parameter\",\"message\":";
  json::append_quoted(fields, message);
  return Reply::error(Code::invalid, "bad_parameter", message, fields + "}]");
}

}  // namespace

Task<Reply> Reader::query(Request request) {
  Question question;
  question.tenant = request.tenant();
  if (question.tenant->empty())
    co_return Reply::error(Code::denied, "tenant_required",
                           "the audit trail is read for a tenant, and the call has none");
  question.trace = request.param("trace");
  question.target = request.param("target");
  question.operation = request.param("operation");
  question.limit = usual_limit;
  if (const auto limit = request.param("limit"); !limit.empty() && !read_number(limit, question.limit))
    co_return bad("/limit", "\"limit\" is a number from 1 to 200");
  if (const auto cursor = request.param("cursor"); !cursor.empty() && !read_number(cursor, question.before))
    co_return bad("/cursor", "\"cursor\" is the \"next\" of an earlier page");
  const auto limit_of_time = [&request](std::string_view name, std::int64_t& out) {
    const auto text = request.param(name);
    const auto instant = text.empty() ? std::optional<std::int64_t>(out) : instant_of(text);
    out = instant.value_or(out);
    return instant.has_value();
  };
  if (!limit_of_time("since", question.since_ns))
    co_return bad("/since", "\"since\" is a time such as 2026-01-31T12:00:00Z");
  if (!limit_of_time("until", question.until_ns))
    co_return bad("/until", "\"until\" is a time such as 2026-01-31T12:00:00Z");
  // What this caller was told is done is to be seen; when absorbing fails, what is there is shown.
  static_cast<void>(co_await absorber_.caught_up(patience));
  const auto found = co_await host_.offload([this, &question] { return find_entries(journal_.directory(), question); });
  if (!found) co_return Reply(found.error());
  std::string text = "{\"items\":[";
  for (const Found& each : found->entries) {
    if (text.back() != '[') text.push_back(',');
    append_shown(text, each);
  }
  text += "],\"next\":";
  text += found->next == 0 ? std::string("null") : "\"" + std::to_string(found->next) + "\"";
  co_return Reply::json(text + "}").with_header("cache-control", "no-store");
}

}  // namespace socle::audit
