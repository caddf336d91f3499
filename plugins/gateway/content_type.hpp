// content_type.hpp: what a Content-Type names: the media type, and the encoding of its text. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "ascii.hpp"

namespace socle::gateway {

[[nodiscard]] constexpr std::string_view media_type(std::string_view content_type) {
  return ascii::trim(content_type.substr(0, content_type.find(';')));
}

// The encoding that it names and that is not UTF-8, nor part of it, as it is written there. Nothing: it names none, or
// UTF-8.
[[nodiscard]] constexpr std::optional<std::string_view> other_charset(std::string_view content_type) {
  std::size_t at = content_type.find(';');
  while (at < content_type.size()) {
    const std::size_t begin = ++at;
    for (bool quoted = false; at < content_type.size() && (quoted || content_type[at] != ';'); ++at) {
      if (content_type[at] == '"') quoted = !quoted;
      if (quoted && content_type[at] == '\\') ++at;
    }
    const std::string_view parameter = content_type.substr(begin, at - begin);
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !ascii::same(ascii::trim(parameter.substr(0, equals)), "charset")) continue;
    std::string_view name = ascii::trim(parameter.substr(equals + 1));
    if (name.size() > 1 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    if (!ascii::same(name, "utf-8") && !ascii::same(name, "utf8") && !ascii::same(name, "us-ascii")) return name;
  }
  return std::nullopt;
}

}  // namespace socle::gateway
