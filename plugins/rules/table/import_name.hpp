// import_name.hpp: what an imported ruleset is called. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "socle/json/writer.hpp"

namespace socle::rules {

// The text as a model's name: [a-z0-9] first, then [a-z0-9._-], at most 64; what is neither becomes a '-'. A model's
// name stays as it is. Empty when no letter or digit is left.
[[nodiscard]] inline std::string model_name_of(std::string_view text) {
  constexpr std::size_t longest = 64;
  std::string out;
  bool gap = false;
  for (const char given : text) {
    if (out.size() >= longest) break;
    const char c = given >= 'A' && given <= 'Z' ? static_cast<char>(given - 'A' + 'a') : given;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && (out.empty() || (c != '.' && c != '_' && c != '-'))) {
      gap = !out.empty() && out.back() != '-';
      continue;
    }
    if (gap && c != '-') out += '-';
    gap = false;
    out += c;
  }
  out.resize(out.size() < longest ? out.size() : longest);
  return out;
}

// The members `rules` and `title`: the name asked for, else one made of the original's, else `otherwise`; the title is
// what the original was called, where that is not the name.
inline void write_import_name(json::Writer& out, std::string_view asked, std::string_view original,
                              std::string_view otherwise) {
  auto name = model_name_of(asked.empty() ? original : asked);
  if (name.empty()) name = otherwise;
  const auto title = original.empty() ? asked : original;
  out.member("rules", std::string_view(name));
  if (!title.empty() && title != name) out.member("title", title);
}

}  // namespace socle::rules
