#include "registry/orders.hpp"

#include <charconv>

namespace socle::models {
namespace {

// A whole or decimal number and what follows it.
std::optional<std::pair<double, std::string_view>> quantity(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0) || value > 1e9) return std::nullopt;
  return std::pair(value, text.substr(static_cast<std::size_t>(end - text.data())));
}

std::string text_of(json::View value) {
  return std::string(value.is_number() ? value.number_text() : value.as_string());
}

std::optional<std::uint32_t> weight_of(json::View value) {
  const std::string text = text_of(value);
  const auto parsed = quantity(text);
  if (!parsed || (parsed->second != "%" && !parsed->second.empty())) return std::nullopt;
  if (parsed->first < 0.01 || parsed->first > 99.99) return std::nullopt;
  return static_cast<std::uint32_t>(parsed->first * 100 + 0.5);
}

std::optional<Duration> length_of(json::View value) {
  if (!value.exists()) return std::chrono::seconds(60);
  const std::string text = text_of(value);
  const auto parsed = quantity(text);
  if (!parsed) return std::nullopt;
  const auto unit = parsed->second;
  const double factor = unit == "ms"                  ? 1e6
                        : unit == "s" || unit.empty() ? 1e9
                        : unit == "min"               ? 60e9
                        : unit == "h"                 ? 3600e9
                                                      : 0;
  const double length = parsed->first * factor;
  if (length < 1e8 || length > 7 * 86400e9) return std::nullopt;
  return Duration(static_cast<std::int64_t>(length));
}

}  // namespace

Got<Order> order_of(const Arguments& arguments) {
  Order out;
  out.version = arguments.text("version");
  out.key = arguments.text("key");
  out.signature = arguments.text("signature");
  const json::View canary = arguments.member("canary");
  if (!canary.exists() || canary.is_null()) return out;
  out.weight = weight_of(canary.is_object() ? canary.find("weight") : canary);
  if (!out.weight)
    return refusal(Code::invalid, 422, "bad_canary", "canary.weight is a share from 0.01% to 99.99%, such as \"5%\"");
  const auto length = length_of(canary.find("for"));
  if (!length)
    return refusal(Code::invalid, 422, "bad_canary", "canary.for is a time from 100ms to 168h, such as \"60s\"");
  out.watched = *length;
  return out;
}

void activate(Head& head, const std::string& version, bool has_data) {
  const auto before = parse_version(head.active), now = parse_version(version);
  if (VersionFacts* old = head.find(head.active))
    old->serving = has_data && before && now && before->major != now->major;
  if (VersionFacts* facts = head.find(version)) {
    facts->serving = false;
    facts->withdrawn = false;
  }
  if (head.active != version) head.previous = head.active;
  head.active = version;
}

void withdraw(Head& head, const std::string& version) {
  if (VersionFacts* facts = head.find(version)) facts->withdrawn = facts->version != head.active;
}

}  // namespace socle::models
