// form_body.hpp: what a browser posts from a form, application/x-www-form-urlencoded (WHATWG URL). Owns its texts. One
// thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socle/result.hpp"

namespace socle::page {

class FormBody {
 public:
  static constexpr std::size_t most_fields = 20'000;

  // Code::invalid: more than most_fields, or text that is not UTF-8. CR LF, which browsers make of every line's end,
  // becomes LF. A '%' that no two digits follow is itself.
  static Result<FormBody> parse(std::string_view body);

  // The last of this name, as a check box behind a hidden field of its name means it.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const { return std::string(find(name).value_or("")); }
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;  // as they came
  std::vector<std::size_t> by_name_;                         // sorted by name, then place
};

}  // namespace socle::page
