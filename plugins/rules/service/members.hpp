// members.hpp: the members that the body of an endpoint may have. One that is misspelt or of another type is told at
// its place, with the nearest name that means something: nothing that was sent is ignored. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ruleset/ruleset.hpp"
#include "socle/json/view.hpp"

namespace socle::rules {

struct Member {
  enum class Holds : std::uint8_t { anything, truth, text, list, object, text_or_object };
  std::string_view name;
  Holds holds = Holds::anything;
};

// Every wrong member of `body` (of very many the first 100), or the body itself when it is no object.
[[nodiscard]] std::vector<FieldError> wrong_members(json::View body, std::span<const Member> known);
// The same for each endpoint, with what its members mean beside each other.
[[nodiscard]] std::vector<FieldError> wrong_in_evaluate(json::View body);  // {input, trace}
[[nodiscard]] std::vector<FieldError> wrong_in_test(json::View body);      // {version} or {records, from, to | source}
[[nodiscard]] std::vector<FieldError> wrong_in_import(json::View body);    // {format, name, source, decision}

}  // namespace socle::rules
