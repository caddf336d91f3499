// messages.hpp: the texts of pages in the languages of the product. A table that the caller owns; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace socle::page {

enum class Language : std::uint8_t { en, zh };
[[nodiscard]] std::string_view tag_of(Language language);  // "en", "zh-Hans": for the lang attribute

struct Message {
  std::string_view key, en, zh;
};

class Messages {
 public:
  constexpr explicit Messages(std::span<const Message> table) : table_(table) {}
  // nullptr: there is no such message.
  [[nodiscard]] const Message* find(std::string_view key) const;
  // The key itself when there is none.
  [[nodiscard]] std::string_view in(Language language, std::string_view key) const;
  // With {0}, {1}, … replaced. The result is text, not HTML.
  [[nodiscard]] std::string filled(Language language, std::string_view key,
                                   std::initializer_list<std::string_view> values) const;

 private:
  std::span<const Message> table_;
};

}  // namespace socle::page
