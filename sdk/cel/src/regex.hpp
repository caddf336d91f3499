// regex.hpp: RE2 behind a wall: no RE2 type leaves regex.cpp. Immutable, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::cel {

class Regex {
 public:
  static constexpr std::size_t max_pattern = 4096;         // bytes
  static constexpr std::size_t max_patterns = 64;          // constant ones of one expression
  static constexpr std::size_t max_dynamic_pattern = 256;  // of a pattern computed at run time
  // One computed at run time is made at once, and may take little memory.
  enum class Origin : std::uint8_t { constant, computed };
  static Result<std::unique_ptr<Regex>> compile(std::string_view pattern, Origin origin = Origin::constant);
  ~Regex();

  [[nodiscard]] bool search(std::string_view text) const;
  [[nodiscard]] int groups() const;
  // Instructions.
  [[nodiscard]] std::size_t program_size() const;
  // The first match at or after `from`: [0] the whole, then the groups; data() null for a group that took no part.
  bool match(std::string_view text, std::size_t from, std::vector<std::string_view>& found) const;
  // Whether a replacement names only groups that there are.
  Status check_rewrite(std::string_view rewrite) const;
  // Appends the replacement of a match of match(): \0 is the whole of it, \1 … its groups.
  void rewrite(std::string& out, std::string_view rewrite, const std::vector<std::string_view>& found) const;
  // The most memory it takes, also after many searches.
  [[nodiscard]] std::size_t size() const;

 private:
  struct Impl;
  explicit Regex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace socle::cel
