// params.cpp: see params.hpp.
#include "params.hpp"

#include <charconv>
#include <cmath>

namespace socle::gateway {

namespace {

std::string_view name_of(ParamType type) {
  switch (type) {
    case ParamType::integer: return "an integer";
    case ParamType::number: return "a number";
    case ParamType::boolean: return "true or false";
    case ParamType::string: break;
  }
  return "a string";
}

// The whole text as a number of the type; -0 and exponents as std::from_chars reads them, no sign "+", no blanks.
bool numeric(ParamType type, std::string_view text, double& value) {
  const char* end = text.data() + text.size();
  if (type == ParamType::integer) {
    std::int64_t whole = 0;
    const auto r = std::from_chars(text.data(), end, whole);
    value = static_cast<double>(whole);
    return r.ec == std::errc() && r.ptr == end;
  }
  const auto r = std::from_chars(text.data(), end, value);
  return r.ec == std::errc() && r.ptr == end && std::isfinite(value);
}

std::string shown(double bound) {
  char text[32];
  const auto r = std::to_chars(text, text + sizeof text, bound);
  return {text, r.ptr};
}

}  // namespace

void Params::clear() {
  values_.clear();
  faults_.clear();
  used_ = 0;
  malformed_ = false;
}

std::string_view Params::keep(std::string_view encoded, bool query, bool& ok) {
  ok = true;
  if (encoded.find('%') == std::string_view::npos && (!query || encoded.find('+') == std::string_view::npos)) {
    return encoded;  // the head holds ASCII only, so it is UTF-8
  }
  if (used_ == decoded_.size()) decoded_.emplace_back();
  std::string& text = decoded_[used_++];
  ok = percent_decode(encoded, query, text);
  return text;
}

void Params::fault(const Param& param, std::string_view code, std::string message, bool malformed) {
  malformed_ = malformed_ || malformed;
  faults_.push_back({(param.in_path ? "/path/" : "/query/") + param.name, code, std::move(message)});
}

void Params::check(const Param& param, std::string_view value) {
  double number = 0;
  switch (param.type) {
    case ParamType::string:
      if (param.max_length && value.size() > *param.max_length) {
        return fault(param, "max_length", "must not be longer than " + std::to_string(*param.max_length) + " bytes",
                     false);
      }
      break;
    case ParamType::boolean:
      if (value != "true" && value != "false") return fault(param, "type", "must be true or false", true);
      break;
    case ParamType::integer:
    case ParamType::number:
      if (!numeric(param.type, value, number)) {
        return fault(param, "type", "must be " + std::string(name_of(param.type)), true);
      }
      if (param.minimum && number < *param.minimum) {
        return fault(param, "minimum", "must be at least " + shown(*param.minimum), false);
      }
      if (param.maximum && number > *param.maximum) {
        return fault(param, "maximum", "must be at most " + shown(*param.maximum), false);
      }
      break;
  }
  values_.push_back({param.name, value});
}

void Params::read(const Match& match, std::string_view query) {
  const std::vector<Param>& declared = match.route->params;
  bool ok = true;
  for (std::size_t i = 0; i < match.route->path_params; ++i) {
    const std::string_view value = keep(match.values[i], false, ok);
    if (!ok) {
      fault(declared[i], "encoding", "is not percent-encoded UTF-8", true);
    } else {
      check(declared[i], value);
    }
  }
  if (declared.size() == match.route->path_params) return;

  std::uint64_t seen = 0;  // declared query parameters met; a manifest declares far fewer than 64
  std::size_t pairs = 0;
  while (!query.empty()) {
    if (++pairs > max_query) {
      malformed_ = true;
      faults_.push_back(
          {"/query", "too_many", "has more than " + std::to_string(max_query) + " parameters, which is the limit"});
      break;
    }
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const std::size_t equals = pair.find('=');
    const std::string_view name = keep(pair.substr(0, equals), true, ok);
    if (!ok || name.empty()) continue;
    for (std::size_t i = match.route->path_params; i < declared.size() && i < 64; ++i) {
      if (declared[i].name != name) continue;
      if (seen >> i & 1) {
        fault(declared[i], "repeated", "must not come twice", true);
        break;
      }
      seen |= std::uint64_t{1} << i;
      const std::string_view value =
          equals == std::string_view::npos ? std::string_view("") : keep(pair.substr(equals + 1), true, ok);
      if (!ok) {
        fault(declared[i], "encoding", "is not percent-encoded UTF-8", true);
      } else {
        check(declared[i], value);
      }
      break;
    }
  }
  for (std::size_t i = match.route->path_params; i < declared.size() && i < 64; ++i) {
    if (seen >> i & 1) continue;
    if (declared[i].fallback) {
      values_.push_back({declared[i].name, *declared[i].fallback});
    } else if (declared[i].required) {
      fault(declared[i], "required", "is missing", true);
    }
  }
}

}  // namespace socle::gateway
