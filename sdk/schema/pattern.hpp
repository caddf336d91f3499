// pattern.hpp: an ECMA-262 regular expression, compiled to the cheapest matcher that has its exact meaning: rows of
// byte classes, a DFA of ours, RE2, and PCRE2 under match limits for look-around and back references. The compiler of
// schemas makes them; immutable afterwards, shared by any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "linear_matcher.hpp"
#include "socle/result.hpp"

namespace socle::schema {

class Pattern {
 public:
  enum class Engine : std::uint8_t { linear, dfa, re2, pcre2 };
  enum class Match : std::uint8_t { no, yes, limit };  // limit: backtracking was stopped, the answer is not known

  // Code::invalid names the byte and the reason, Code::too_large a pattern beyond the libraries' limits.
  static Result<Pattern> compile(std::string_view source);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // Somewhere in the text, as RegExp.prototype.test with the u flag. REQUIRES: text is UTF-8.
  [[nodiscard]] Match match(std::string_view text) const {
    if (linear_ != nullptr) return linear_->matches(text) ? Match::yes : Match::no;
    return match_general(text);
  }
  [[nodiscard]] Engine engine() const;
  [[nodiscard]] const std::string& source() const;

 private:
  struct Impl;
  explicit Pattern(std::unique_ptr<const Impl> impl);
  [[nodiscard]] Match match_general(std::string_view text) const;
  std::unique_ptr<const Impl> impl_;
  const LinearMatcher* linear_ = nullptr;  // in impl_, if that is the engine: the common case without a call
};

}  // namespace socle::schema
