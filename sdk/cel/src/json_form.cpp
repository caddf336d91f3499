// json_form.cpp: see the header.
#include "socle/cel/json_form.hpp"

#include <cmath>
#include <set>

#include "decimal.hpp"
#include "network_text.hpp"
#include "socle/cel/time.hpp"
#include "text.hpp"

namespace socle::cel {
namespace {

constexpr double whole_doubles = 0x1p53;  // up to here each whole number has a double of its own

Status no_form(const Value& value) {
  const auto text = value.is_error() ? std::string() : " (" + shown(value) + ")";
  return Error{Code::invalid, "a value of kind " + std::string(type_name(value)) + text + " has no JSON form"};
}

Status append_real(json::Writer& out, const Value& value) {
  const double number = value.as_double();
  if (!std::isfinite(number)) return no_form(value);
  if (number == std::trunc(number) && std::fabs(number) <= whole_doubles)
    out.integer(static_cast<std::int64_t>(number));
  else
    out.number(number);
  return {};
}

class Form {
 public:
  Form(json::Writer& out, Decimals decimals, const JsonFuel& fuel) : out_(out), decimals_(decimals), fuel_(fuel) {}

  Status append(const Value& value) {
    if (auto status = pay(1); !status) return status;
    switch (value.kind()) {
      case Kind::null: out_.null(); return {};
      case Kind::boolean: out_.boolean(value.as_bool()); return {};
      case Kind::integer: out_.integer(value.as_int()); return {};
      case Kind::unsigned_integer: out_.unsigned_integer(value.as_uint()); return {};
      case Kind::real: return append_real(out_, value);
      case Kind::string: return text(value.as_string());
      case Kind::bytes:
        if (auto status = pay(value.as_string().size() / 8); !status) return status;
        out_.string(base64(value.as_string()));
        return {};
      case Kind::timestamp: out_.string(timestamp_text(value)); return {};
      case Kind::duration: out_.string(duration_text(value)); return {};
      case Kind::date: out_.string(date_text(value.days())); return {};
      case Kind::decimal:
        if (decimals_ == Decimals::numbers)
          out_.number_text(decimal_text(value));
        else
          out_.string(decimal_text(value));
        return {};
      case Kind::ip: out_.string(ip_text(value)); return {};
      case Kind::cidr: out_.string(cidr_text(value)); return {};
      case Kind::optional:
        if (value.optional_value() != nullptr) return append(*value.optional_value());
        out_.null();
        return {};
      case Kind::list: return value.is_json() ? written(value.view()) : list(value);
      case Kind::map: return value.is_json() ? written(value.view()) : map(value);
      case Kind::type:
      case Kind::error: break;
    }
    return no_form(value);
  }

 private:
  static constexpr std::uint64_t at_once = 256;  // units

  Status pay(std::uint64_t units) {
    owed_ += units;
    if (owed_ < at_once) return {};
    spent_ += owed_;
    const bool taken = fuel_.take == nullptr || fuel_.take(fuel_.data, owed_);
    owed_ = 0;
    if (taken && spent_ <= longest_json / 16) return {};
    return Error{Code::too_large,
                 taken ? "the value has more than 16 MiB as JSON" : "the value is too long to be written"};
  }
  Status text(std::string_view text) {
    if (auto status = pay(text.size() / 16); !status) return status;
    out_.string(text);
    return {};
  }

  Status list(const Value& list) {
    out_.begin_array();
    for (std::size_t i = 0; i < list.size(); ++i)
      if (auto status = append(list.at(i)); !status) return status;
    out_.end_array();
    return {};
  }

  // {1: 'a', '1': 'b'} has no JSON form: two of its keys are the same name, and one of the members would be lost.
  Status map(const Value& map) {
    bool texts = false, others = false;
    for (std::size_t i = 0; i < map.size(); ++i) (map.key_at(i).is(Kind::string) ? texts : others) = true;
    std::set<std::string> taken;
    out_.begin_object();
    for (std::size_t i = 0; i < map.size(); ++i) {
      const std::string name = key_text(map.key_at(i));
      if (texts && others && !taken.insert(name).second)  // else no two are the same
        return Error{Code::invalid, "a map with two keys that are both \"" + name + "\" in JSON has no JSON form"};
      if (auto status = pay(name.size() / 16); !status) return status;
      out_.key(name);
      if (auto status = append(map.at(i)); !status) return status;
    }
    out_.end_object();
    return {};
  }

  // A list or object of a document.
  Status written(json::View view) {
    if (auto status = pay(1); !status) return status;
    if (view.is_string()) return text(view.as_string());
    if (view.is_array()) {
      out_.begin_array();
      for (const auto element : view.elements())
        if (auto status = written(element); !status) return status;
      out_.end_array();
      return {};
    }
    if (!view.is_object()) {
      out_.value(view);
      return {};
    }
    out_.begin_object();
    for (const auto& [key, value] : view.members()) {
      if (auto status = pay(key.size() / 16); !status) return status;
      out_.key(key);
      if (auto status = written(value); !status) return status;
    }
    out_.end_object();
    return {};
  }

  json::Writer& out_;
  Decimals decimals_;
  const JsonFuel& fuel_;
  std::uint64_t owed_ = 0;
  std::uint64_t spent_ = 0;
};

}  // namespace

Status append_json(json::Writer& out, const Value& value, Decimals decimals, const JsonFuel& fuel) {
  return Form(out, decimals, fuel).append(value);
}

Result<std::string> to_json(const Value& value, Decimals decimals) {
  std::string text;
  json::Writer out(text);
  if (auto status = append_json(out, value, decimals); !status) return std::move(status).error();
  if (auto status = out.finish(); !status) return std::move(status).error();
  return text;
}

}  // namespace socle::cel
