// pattern_of.hpp: the regular expression of a call, with the fuel of making it and of one search.
#pragma once

#include <memory>
#include <string>

#include "regex.hpp"
#include "socle/cel/function.hpp"
#include "socle/cel/pattern_cost.hpp"

namespace socle::cel {

// The pattern args[1] that is looked for in args[0]: the call's compiled one, or one made now into `own`; null, and an
// error or a stopped evaluation in `error`.
[[nodiscard]] inline const Regex* pattern_of(Context& c, const Value* args, std::unique_ptr<Regex>& own, Value& error) {
  const auto* regex = c.regex;
  if (regex == nullptr) {
    const auto text = args[1].as_string();
    if (text.size() > Regex::max_dynamic_pattern) {
      error = c.error(ErrorCode::invalid_argument,
                      "a computed pattern may have at most " + std::to_string(Regex::max_dynamic_pattern) + " bytes");
      return nullptr;
    }
    if (!c.charge(making_fuel(text))) {
      error = c.stopped();
      return nullptr;
    }
    auto made = Regex::compile(text, Regex::Origin::computed);
    if (!made) {
      error = c.error(ErrorCode::invalid_argument, made.error().message);
      return nullptr;
    }
    own = *std::move(made);
    regex = own.get();
  }
  if (c.charge(search_fuel(args[0].as_string().size(), regex->program_size()))) return regex;
  error = c.stopped();
  return nullptr;
}

}  // namespace socle::cel
