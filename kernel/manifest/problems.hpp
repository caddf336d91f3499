// problems.hpp: where and what is wrong in a manifest. Every reader of this part adds to one Problems and goes on, so
// that a person sees all mistakes of a file at once. Any thread; one owner at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::manifest {

// Line and column count from 1; a column counts characters, not bytes. {0, 0}: the file as a whole.
struct Place {
  int line = 0;
  int column = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

struct Problem {
  Place at;
  std::string message;
};

class Problems {
 public:
  static constexpr std::size_t kept_at_most = 50;

  // `file` is only shown; it is not opened.
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(Place at, std::string message);
  [[nodiscard]] bool empty() const { return count_ == 0; }
  // Further problems are only counted; no more work need go into their text.
  [[nodiscard]] bool full() const { return count_ >= kept_at_most; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  // "system.yaml:4:9", or "system.yaml" when the place is unknown.
  [[nodiscard]] std::string where(Place at) const;

  // In the order of the file; the first 50.
  [[nodiscard]] std::vector<Problem> list() const;
  // Code::invalid; one line "file:line:column: message" per problem and, if any were left off, one that counts them.
  [[nodiscard]] Error error() const;

 private:
  std::string file_;
  std::vector<Problem> list_;
  std::size_t count_ = 0;
};

// "; did you mean 'version'?" of the nearest candidate (json::nearest), or "".
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

// 'text' for an error message: control characters escaped, cut after 60 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace socle::manifest
