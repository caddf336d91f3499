// article.hpp: a kind's name with its article, for messages: "an object", "a string". Internal; any thread.
#pragma once

#include <string>
#include <string_view>

#include "socle/json/view.hpp"

namespace socle::json {

inline std::string with_article(Kind kind) {
  const std::string_view name = to_string(kind);
  const bool vowel = kind != Kind::absent && std::string_view("aiou").find(name.front()) != std::string_view::npos;
  return (kind == Kind::absent ? "" : vowel ? "an " : "a ") + std::string(name);
}

}  // namespace socle::json
