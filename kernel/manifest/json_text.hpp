// json_text.hpp: just enough JSON writing for the configuration object that create() gets. Any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace socle::manifest {

// REQUIRES: is_json_text(text)
[[nodiscard]] std::string json_quoted(std::string_view text);
// Members are JSON texts by key.
[[nodiscard]] std::string json_object(const std::map<std::string, std::string>& members);
// Valid UTF-8; control characters are fine, they are escaped.
[[nodiscard]] bool is_json_text(std::string_view text);

}  // namespace socle::manifest
