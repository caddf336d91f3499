#include "events.hpp"

#include <socle/json/writer.hpp>

#include <array>
#include <ctime>

#include "socle/audit/time.hpp"

namespace socle::audit {
namespace {

constexpr std::size_t max_event = 16 * 1024;
constexpr std::size_t max_word = 1024;

std::string from_base64url(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0, held = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6U | static_cast<unsigned>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<char>(bits >> held & 0xffU));
  }
  return out;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out = out << 8U | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
  return out;
}

std::string_view word(json::View event, std::string_view name) {
  const auto text = event.find(name).as_string();
  return text.size() <= max_word ? text : std::string_view();
}

}  // namespace

Origin origin_of(std::string_view position, std::uint64_t store) {
  const std::string bytes = from_base64url(position);
  return {store, big_endian(bytes), bytes.size() > 8 ? big_endian(std::string_view(bytes).substr(8)) : 0};
}

Entry entry_of(json::View item, std::uint64_t store) {
  const json::View event = item.find("entry");
  Entry out;
  out.origin = origin_of(item.find("position").as_string(), store);
  out.time_ns = event.find("at_ns").as_int64().value_or(0);
  out.tenant = event.find("tenant").as_string();
  out.trace = event.find("trace").as_string();
  out.target = event.find("target").as_string();
  json::Writer writer(out.json);
  writer.begin_object();
  for (const auto& [name, value] : event.members())
    if (name != "at_ns") writer.key(name).value(value);
  if (!event.is_object()) writer.member("operation", "unknown").key("event").value(event);
  writer.end_object();
  if (out.json.size() + salt_size > max_payload) {
    out.json.clear();
    json::Writer(out.json)
        .begin_object()
        .member("tenant", out.tenant)
        .member("operation", "unknown")
        .member("note", "the event was too long to be kept")
        .end_object();
  }
  return out;
}

std::optional<std::string> event_text(json::View event, const Actor& actor, std::int64_t now_ns) {
  const auto operation = word(event, "operation");
  if (!event.is_object() || operation.empty() || operation.size() > 64) return std::nullopt;
  const bool trusted = actor.tenant.empty() || actor.tenant.starts_with("~peer/");
  const auto told = [&](std::string_view name, const std::string& own) {
    const auto text = trusted ? word(event, name) : std::string_view();
    return text.empty() ? std::string_view(own) : text;
  };
  const auto trace = word(event, "trace");
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("at_ns", now_ns).member("tenant", told("tenant", actor.tenant));
  writer.member("principal", told("principal", actor.principal));
  // What acts for a tenant has a trace of its own and may say to which request it belongs.
  writer.member("trace", trace.empty() ? std::string_view(actor.trace) : trace);
  writer.member("operation", operation).member("target", word(event, "target"));
  const auto status = word(event, "status");
  writer.member("status", status.empty() ? std::string_view("ok") : status);
  if (const auto detail = event.find("detail"); detail.exists()) writer.key("detail").value(detail);
  writer.end_object();
  if (out.size() > max_event) return std::nullopt;
  return out;
}

void append_shown(std::string& out, const Found& found) {
  out.append("{\"sequence\":").append(std::to_string(found.sequence));
  out.append(",\"time\":\"").append(utc_text(found.time_ns)).append("\"");
  const std::string_view rest = std::string_view(found.json).substr(1);
  if (rest != "}") out.append(",");
  out.append(rest);
}

std::optional<std::int64_t> instant_of(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) return std::nullopt;
  std::int64_t nanoseconds = 0;
  if (*end == '.') {
    std::int64_t unit = 100'000'000;
    for (++end; *end >= '0' && *end <= '9'; ++end, unit /= 10) nanoseconds += (*end - '0') * unit;
  }
  if (std::string_view(end) != "Z") return std::nullopt;
  return static_cast<std::int64_t>(timegm(&parts)) * 1'000'000'000 + nanoseconds;
}

}  // namespace socle::audit
