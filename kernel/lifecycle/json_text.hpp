// json_text.hpp: writes small JSON objects for catalogue, control replies and state files. Appending only; the caller
// keeps the order of begin and end. For reading JSON there is Socle::json.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

#include "telemetry/log.hpp"

namespace socle::lifecycle {

class JsonText {
 public:
  JsonText& begin_object(std::string_view key = {}) { return open(key, '{'); }
  JsonText& end_object() { return close('}'); }
  JsonText& begin_array(std::string_view key = {}) { return open(key, '['); }
  JsonText& end_array() { return close(']'); }
  JsonText& string(std::string_view key, std::string_view value) {
    name(key);
    text_ += '"';
    telemetry::append_json_escaped(text_, value);
    text_ += '"';
    return *this;
  }
  template <class T>
  requires std::integral<T> || std::floating_point<T> JsonText& number(std::string_view key, T value) {
    name(key);
    text_ += fmt::format("{}", value);
    return *this;
  }
  JsonText& boolean(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  // `json` is a JSON value already.
  JsonText& raw(std::string_view key, std::string_view json) {
    name(key);
    text_ += json;
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void name(std::string_view key) {
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[') text_ += ',';
    if (key.data() == nullptr) return;
    text_ += '"';
    telemetry::append_json_escaped(text_, key);
    text_ += "\":";
  }
  JsonText& open(std::string_view key, char bracket) {
    name(key);
    text_ += bracket;
    return *this;
  }
  JsonText& close(char bracket) {
    text_ += bracket;
    return *this;
  }
  std::string text_;
};

}  // namespace socle::lifecycle
