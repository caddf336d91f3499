// words.hpp: a text for people in the languages of the product, and small helpers that all readers of a model share.
// Values; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "model/diagnostic.hpp"
#include "socle/json/view.hpp"

namespace socle::forms {

enum class Language : std::uint8_t { en, zh };

// The first of zh and en that an Accept-Language header prefers; en when it names neither. Weights are honoured.
[[nodiscard]] Language language_of(std::string_view accept_language);

struct Words {
  std::string en;
  std::string zh;
  [[nodiscard]] bool empty() const { return en.empty() && zh.empty(); }
  // The other language rather than nothing.
  [[nodiscard]] const std::string& in(Language language) const {
    const std::string& wanted = language == Language::zh ? zh : en;
    const std::string& other = language == Language::zh ? en : zh;
    return wanted.empty() ? other : wanted;
  }
};

// A string (for all languages) or {en, zh}. What is neither is told.
[[nodiscard]] Words words_of(json::View value, const std::string& pointer, Diagnostics& diagnostics);

// "/a" and "b" give "/a/b", escaped.
[[nodiscard]] std::string below(std::string_view pointer, std::string_view token);
[[nodiscard]] std::string below(std::string_view pointer, std::size_t index);

// Tells every member of `object` that is not one of `known`, with the nearest known one; one of `later` as
// `later_part`, in the words of models/1, which tells what both say once.
void only(json::View object, std::initializer_list<std::string_view> known, const std::string& pointer,
          Diagnostics& diagnostics, std::initializer_list<std::string_view> later = {});

// A value as messages show it, cut at 60 bytes.
[[nodiscard]] std::string shown(json::View value);

}  // namespace socle::forms
