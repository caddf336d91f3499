// pointer.hpp: JSON Pointer (RFC 6901). Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::json {

// A parsed pointer: its tokens, unescaped. The empty pointer is the whole document.
class Pointer {
 public:
  Pointer() = default;
  // "" or "/" token "/" token …; "~0" is "~", "~1" is "/". Code::invalid otherwise, or with over 1024 tokens.
  static Result<Pointer> parse(std::string_view text);

  Pointer& push(std::string_view token);
  Pointer& push(std::size_t index);
  void pop() { tokens_.pop_back(); }

  [[nodiscard]] const std::vector<std::string>& tokens() const { return tokens_; }
  [[nodiscard]] bool empty() const { return tokens_.empty(); }
  [[nodiscard]] std::string text() const;  // escaped
  // The value it names, or absent.
  [[nodiscard]] View resolve(View root) const;

 private:
  std::vector<std::string> tokens_;
};

// Resolves without building a Pointer. Code::invalid: bad syntax; not_found: names the token that leads nowhere.
[[nodiscard]] Result<View> resolve(View root, std::string_view pointer);

// Appends one token, escaped, without a '/' in front.
void append_escaped(std::string& out, std::string_view token);

// An array index in JSON Pointer's grammar (no leading zero, no sign), or View::none. "-" is none.
[[nodiscard]] std::size_t array_index(std::string_view token);

}  // namespace socle::json
