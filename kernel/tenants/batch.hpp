// batch.hpp: tenants as lines of text. Many from one file, a line each: `ID [plan=P] [NAME=VALUE …]`; blank lines and
// what follows a '#' at a line's beginning do not count. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"
#include "tenants/settings.hpp"

namespace socle::tenants {

struct BatchEntry {
  std::string_view id;  // in the text
  Settings settings;
  size_t line = 0;
};

inline constexpr size_t max_batch = 1'000'000;  // tenants in one file

// `fallback`: the plan of a line that names none. The error has every problem up to ten, a line each, with its line
// number: a word that is not understood, an id that is none or comes twice.
[[nodiscard]] Result<std::vector<BatchEntry>> parse_batch(std::string_view text, const std::string& name,
                                                          const std::optional<std::string>& fallback);

// What is wrong with an id, "" when it may be one.
[[nodiscard]] std::string id_problem(std::string_view id);

// The words of a line, without the blanks between them.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view line);

// A tenant in the registry's journal, without the line end: `+ ID [state=…] [plan=P] [NAME=VALUE …]`.
[[nodiscard]] std::string journal_line(std::string_view id, const Settings& own, bool deleting);

// The problems of one file as one error; at most ten are told, the rest counted.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}
  void add(size_t line, std::string_view what);
  [[nodiscard]] bool any() const { return count_ > 0; }
  [[nodiscard]] Error error() const;

 private:
  std::string file_, text_;
  size_t count_ = 0;
};

}  // namespace socle::tenants
