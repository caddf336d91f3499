// kinds.hpp: the kinds of models, their names in paths and services, and the top-level keys each may have (contract,
// section 4). What lies below a key is the kind's own plugin's to check. Any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "source/source.hpp"

namespace socle::models {

struct Kind {
  std::string_view name;      // "rules": in paths, ids and everywhere
  std::string_view service;   // "rules/1": compiles it
  std::string_view name_key;  // "rules": the key that holds the model's name
  std::span<const std::string_view> keys;
  std::span<const std::string_view> later;  // keys of parts that do not exist yet
  std::string_view wants{};                 // a permission, beside the route's, for changing what is served; "": none
};

[[nodiscard]] std::span<const Kind> kinds();
// nullptr: there is no such kind.
[[nodiscard]] const Kind* find_kind(std::string_view name);

// 1 to 64 of a-z 0-9 - _ ., beginning with a letter or digit.
[[nodiscard]] bool is_model_name(std::string_view name);

// The name under its key is `name`, every top-level key is known, `compatibility` is one.
void check_frame(const Kind& kind, std::string_view name, const Source& source, std::vector<Diagnostic>& out);

}  // namespace socle::models
