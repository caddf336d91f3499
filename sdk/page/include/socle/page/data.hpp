// data.hpp: what a template is filled with: named values of one scope. Text is a borrowed view or an owned string;
// nothing in here is ever taken for HTML except Markup, which only Templates makes. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socle::page {

// HTML that a template has produced: the one thing that enters another template as it is.
class Markup {
 public:
  Markup() = default;
  [[nodiscard]] const std::string& html() const { return html_; }

 private:
  friend class Templates;
  explicit Markup(std::string html) : html_(std::move(html)) {}
  std::string html_;
};

class Value;

class Data {
 public:
  Data();
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;
  Data(Data&&) noexcept;
  Data& operator=(Data&&) noexcept;
  ~Data();

  // `key` is borrowed, a literal as a rule; a later value of the same key is not looked at.
  Data& view(std::string_view key, std::string_view text);  // `text` is borrowed too
  Data& text(std::string_view key, std::string text);
  Data& flag(std::string_view key, bool on);
  Data& markup(std::string_view key, Markup html);
  Data& list(std::string_view key, std::vector<Data> items);
  Data& one(std::string_view key, Data item);  // a list of one
  [[nodiscard]] const Value* find(std::string_view key) const;

 private:
  struct Entry;
  std::vector<Entry> entries_;
};

// One kind at a time. Not a variant: GCC 12 believes that moving one of these reads what was never written.
class Value {
 public:
  enum class Kind : std::uint8_t { off, on, view, text, markup, list };
  Value(Kind kind, std::string_view view) : view_(view), kind_(kind) {}
  Value(Kind kind, std::string text) : text_(std::move(text)), kind_(kind) {}
  explicit Value(std::vector<Data> items) : items_(std::move(items)), kind_(Kind::list) {}
  // What a section asks: true, a text that is not empty, a list with something in it.
  [[nodiscard]] bool holds() const;
  // Of a text or markup; "" of all else.
  [[nodiscard]] std::string_view text() const { return kind_ == Kind::view ? view_ : std::string_view(text_); }
  [[nodiscard]] bool is_markup() const { return kind_ == Kind::markup; }
  [[nodiscard]] bool is_list() const { return kind_ == Kind::list; }
  [[nodiscard]] const std::vector<Data>& items() const { return items_; }

 private:
  std::string_view view_;
  std::string text_;
  std::vector<Data> items_;
  Kind kind_;
};

}  // namespace socle::page
