// config.hpp: Config, the manifest's typed configuration of this plugin with the defaults filled in. The kernel has
// checked it against the manifest, so what is missing or of another type here is a mistake of the plugin: get() throws,
// the barrier of create() refuses the generation with that text. Read it in the constructor; any thread may.
#pragma once

#include <socle/detail/payload.hpp>

#include <concepts>
#include <socle/json/document.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace socle {

class Config {
 public:
  explicit Config(std::string_view text) {
    auto parsed = json::Document::parse(text.empty() ? std::string_view("{}") : text);
    if (!parsed) throw std::runtime_error("config: " + parsed.error().message);
    document_ = std::move(parsed).value();
  }

  // bool, an integer type, a floating type, std::string, or a std::vector of these.
  template <class T>
  [[nodiscard]] T get(std::string_view key) const {
    const json::View value = document_.root().find(key);
    auto out = convert(value, static_cast<T*>(nullptr));
    if (!out) {
      throw std::runtime_error(std::string("config '")
                                   .append(key)
                                   .append("': wanted ")
                                   .append(wanted<T>())
                                   .append(", found ")
                                   .append(json::to_string(value.kind()))
                                   .append("; declare it under `config` in the manifest"));
    }
    return std::move(*out);
  }
  // The same, `fallback` when the key is absent or null.
  template <class T>
  [[nodiscard]] T get(std::string_view key, T fallback) const {
    const json::View value = document_.root().find(key);
    return !value.exists() || value.is_null() ? std::move(fallback) : get<T>(key);
  }
  [[nodiscard]] json::View root() const { return document_.root(); }

 private:
  template <class T>
  static constexpr std::string_view wanted() {
    if constexpr (std::same_as<T, bool>)
      return "boolean";
    else if constexpr (std::integral<T>)
      return "an integer in range";
    else if constexpr (std::floating_point<T>)
      return "number";
    else if constexpr (std::same_as<T, std::string>)
      return "string";
    else
      return "array";
  }
  static std::optional<bool> convert(json::View value, const bool*) {
    return value.is_boolean() ? std::optional(value.as_bool()) : std::nullopt;
  }
  template <std::signed_integral T>
  static std::optional<T> convert(json::View value, const T*) {
    const auto whole = value.as_int64();
    if (!whole || !std::in_range<T>(*whole)) return std::nullopt;
    return static_cast<T>(*whole);
  }
  template <std::unsigned_integral T>
  static std::optional<T> convert(json::View value, const T*) {
    const auto whole = value.as_uint64();
    if (!whole || !std::in_range<T>(*whole)) return std::nullopt;
    return static_cast<T>(*whole);
  }
  template <std::floating_point T>
  static std::optional<T> convert(json::View value, const T*) {
    return value.is_number() ? std::optional(static_cast<T>(value.as_double())) : std::nullopt;
  }
  static std::optional<std::string> convert(json::View value, const std::string*) {
    return value.is_string() ? std::optional(std::string(value.as_string())) : std::nullopt;
  }
  template <class T>
  static std::optional<std::vector<T>> convert(json::View value, const std::vector<T>*) {
    if (!value.is_array()) return std::nullopt;
    std::vector<T> out;
    for (const json::View element : value.elements()) {
      auto one = convert(element, static_cast<const T*>(nullptr));
      if (!one) return std::nullopt;
      out.push_back(std::move(*one));
    }
    return out;
  }

  json::Document document_;
};

}  // namespace socle
