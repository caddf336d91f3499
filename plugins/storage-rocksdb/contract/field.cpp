#include "contract/field.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>

#include "contract/bytes.hpp"
#include "socle/json/decimal.hpp"
#include "socle/json/moment.hpp"
#include "socle/json/pointer.hpp"

namespace socle::storage {
namespace {

constexpr std::array<std::string_view, 7> names = {"string", "integer",   "number", "boolean",
                                                   "date",   "timestamp", "decimal"};

void put_signed(std::string& out, std::int64_t value) {
  put_big_endian(out, static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63));
}

// IEEE order as unsigned order; both zeros are one.
void put_double(std::string& out, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  put_big_endian(out, bits >> 63 ? ~bits : bits | std::uint64_t{1} << 63);
}

// Sign, then (exponent, digits) so that bytes order by value: positive numbers up, negative ones inverted. The value
// is 0.DIGITS × 10^exponent with no leading or trailing zero digit.
bool put_decimal(std::string& out, std::string_view text) {
  if (!json::decimal::is_exact(text)) return false;
  const std::string canonical = json::decimal::canonical(text);
  if (canonical == "0") {
    out.push_back('\x02');
    return true;
  }
  std::string_view rest = canonical;
  const bool negative = rest[0] == '-';
  if (negative) rest.remove_prefix(1);
  const std::string_view digits = rest.substr(0, rest.find('e'));
  std::int64_t exponent = 0;
  if (digits.size() < rest.size()) {
    const auto tail = rest.substr(digits.size() + 1);
    const auto [end, error] = std::from_chars(tail.data(), tail.data() + tail.size(), exponent);
    if (error != std::errc{} || end != tail.data() + tail.size()) return false;
  }
  exponent += static_cast<std::int64_t>(digits.size());
  out.push_back(negative ? '\x01' : '\x03');
  const std::size_t from = out.size();
  const auto biased = static_cast<std::uint16_t>(exponent + 32'768);
  out.push_back(static_cast<char>(biased >> 8));
  out.push_back(static_cast<char>(biased));
  out.append(digits).push_back('\0');
  if (negative) invert(out, from);
  return true;
}

bool put_value(std::string& out, FieldType type, json::View value) {
  switch (type) {
    case FieldType::string:
      if (!value.is_string()) return false;
      put_ordered_text(out, value.as_string());
      return true;
    case FieldType::integer: {
      const auto number = value.is_number() ? value.as_int64() : std::nullopt;
      if (number) put_signed(out, *number);
      return number.has_value();
    }
    case FieldType::number:
      if (!value.is_number()) return false;
      put_double(out, value.as_double());
      return true;
    case FieldType::boolean:
      if (!value.is_boolean()) return false;
      out.push_back(value.as_bool() ? '\x01' : '\0');
      return true;
    case FieldType::date: {
      const auto days = parse_date(value.as_string());
      if (days) put_signed(out, *days);
      return days.has_value();
    }
    case FieldType::timestamp: {
      const auto nanoseconds = parse_timestamp(value.as_string());
      if (nanoseconds) put_signed(out, *nanoseconds);
      return nanoseconds.has_value();
    }
    case FieldType::decimal: return put_decimal(out, value.is_number() ? value.number_text() : value.as_string());
  }
  return false;
}

}  // namespace

std::string_view to_string(FieldType type) { return names[static_cast<std::size_t>(type)]; }

std::optional<FieldType> field_type(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<FieldType>(i);
  return std::nullopt;
}

void encode_missing(std::string& out) { out.push_back(missing_tag); }

Fit encode_field(std::string& out, FieldType type, json::View value) {
  if (!value.exists() || value.is_null()) {
    encode_missing(out);
    return Fit::missing;
  }
  const std::size_t from = out.size();
  out.push_back(present_tag);
  if (put_value(out, type, value)) return Fit::fits;
  out.resize(from);
  return Fit::other;
}

Outcome<FieldPath> FieldPath::parse(std::string_view text, std::string_view pointer) {
  FieldPath out;
  out.text = text;
  if (text == "id") {
    out.of = Of::id;
  } else if (text == "version") {
    out.of = Of::version;
  } else if (text == "created_at") {
    out.of = Of::created_at;
  } else if (text == "updated_at") {
    out.of = Of::updated_at;
  } else {
    auto parsed = text.starts_with('/') ? json::Pointer::parse(text) : Error{Code::invalid, ""};
    if (!parsed || parsed->tokens().size() > 32 || text.size() > 256) {
      return problem_at(Code::invalid, "bad_field", pointer,
                        "field \"" + std::string(text.substr(0, 80)) +
                            "\" is neither a JSON Pointer into the document (like /kind, at most 32 steps and 256 "
                            "bytes) nor id, version, created_at or updated_at");
    }
    out.tokens = parsed->tokens();
  }
  return out;
}

json::View value_at(const RecordView& record, const FieldPath& path) {
  json::View at = record.doc;
  for (const auto& token : path.tokens) {
    at = at.is_array() ? at.at(json::array_index(token)) : at.find(token);
    if (!at) break;
  }
  return at;
}

Fit encode_path(std::string& out, FieldType type, const FieldPath& path, const RecordView& record) {
  if (path.of == FieldPath::Of::doc) return encode_field(out, type, value_at(record, path));
  const bool is_time = path.of == FieldPath::Of::created_at || path.of == FieldPath::Of::updated_at;
  const FieldType natural = path.of == FieldPath::Of::id        ? FieldType::string
                            : path.of == FieldPath::Of::version ? FieldType::integer
                                                                : FieldType::timestamp;
  if (type != natural) return Fit::other;
  out.push_back(present_tag);
  if (path.of == FieldPath::Of::id) {
    put_ordered_text(out, record.id);
  } else if (is_time) {
    put_signed(out, (path.of == FieldPath::Of::created_at ? record.created_ms : record.updated_ms) * 1'000'000);
  } else {
    put_signed(out, static_cast<std::int64_t>(record.version));
  }
  return Fit::fits;
}

std::optional<std::int64_t> parse_date(std::string_view text) { return json::moment::days(text); }
std::optional<std::int64_t> parse_timestamp(std::string_view text) { return json::moment::nanoseconds(text); }

std::string format_timestamp(std::int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto of_day = static_cast<unsigned>((time - day).count());
  std::string out = "0000-00-00T00:00:00.000Z";
  const auto put = [&](std::size_t at, std::size_t digits, unsigned value) {
    for (; digits > 0; --digits, value /= 10) out[at + digits - 1] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, static_cast<unsigned>(int(date.year())));
  put(5, 2, unsigned(date.month()));
  put(8, 2, unsigned(date.day()));
  put(11, 2, of_day / 3'600'000);
  put(14, 2, of_day / 60'000 % 60);
  put(17, 2, of_day / 1000 % 60);
  put(20, 3, of_day % 1000);
  return out;
}

}  // namespace socle::storage
