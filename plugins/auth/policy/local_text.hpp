// local_text.hpp: a text for people in several languages: `{en: Leave, zh: 请假}` or one text for all. Immutable once
// read; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socle/json/view.hpp"

namespace socle::authz {

struct LocalText {
  std::vector<std::pair<std::string, std::string>> texts;  // language ("" for all) and text

  [[nodiscard]] bool empty() const { return texts.empty(); }
  // The text for a language tag (`zh-CN` takes `zh`), else the English one, else the first; "" when there is none.
  [[nodiscard]] std::string_view pick(std::string_view language) const {
    const auto primary = language.substr(0, language.find_first_of("-_"));
    std::string_view english;
    for (const auto& [tag, text] : texts) {
      if (tag == language || tag == primary) return text;
      if (tag == "en" || tag.empty()) english = text;
    }
    return english.empty() && !texts.empty() ? std::string_view(texts.front().second) : english;
  }
};

// Of a string, or an object of strings with languages of 2 to 16 letters and `-`; false when it is neither, has more
// than 32 of them, or one of more than 1,000 bytes.
[[nodiscard]] inline bool read_local_text(json::View view, LocalText& out) {
  constexpr std::size_t most_languages = 32;
  constexpr std::size_t longest = 1000;
  if (view.is_string()) {
    out.texts.emplace_back("", view.as_string());
    return view.as_string().size() <= longest;
  }
  if (!view.is_object() || view.size() == 0 || view.size() > most_languages) return false;
  for (const auto [language, text] : view.members()) {
    if (language.size() < 2 || language.size() > 16 || !text.is_string() || text.as_string().size() > longest)
      return false;
    out.texts.emplace_back(language, text.as_string());
  }
  return true;
}

}  // namespace socle::authz
