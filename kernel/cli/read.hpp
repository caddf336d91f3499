// read.hpp: members of an answer as cells; what is absent is "-". Shared by the views. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "cli/units.hpp"
#include "socle/json/view.hpp"

namespace socle::cli {

[[nodiscard]] inline std::string text_at(json::View object, std::string_view key) {
  const json::View value = object.find(key);
  return value.is_string() && !value.as_string().empty() ? std::string(value.as_string()) : "-";
}

[[nodiscard]] inline std::int64_t number_at(json::View object, std::string_view key) {
  return object.find(key).as_int64().value_or(0);
}

[[nodiscard]] inline std::string count_at(json::View object, std::string_view key) {
  const auto n = object.find(key).as_int64();
  return n ? count_text(*n) : "-";
}

[[nodiscard]] inline std::string time_at(json::View object, std::string_view key) {
  const json::View value = object.find(key);
  return value.is_number() ? time_text(value.as_double()) : "-";
}

[[nodiscard]] inline std::string bytes_at(json::View object, std::string_view key) {
  const auto n = object.find(key).as_uint64();
  return n ? bytes_text(*n) : "-";
}

// "a, b, c" of an array of strings.
[[nodiscard]] inline std::string list_at(json::View object, std::string_view key) {
  std::string out;
  for (const json::View element : object.find(key).elements())
    out += (out.empty() ? "" : ", ") + std::string(element.as_string());
  return out.empty() ? "-" : out;
}

}  // namespace socle::cli
