// feel_moment.hpp: FEEL's dates, times and durations: literals, their parts, and what is added to them. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dmn/feel_term.hpp"

namespace socle::rules::dmn {

// By their text: "2024-01-01", "10:00:00", "2024-01-01T10:00:00Z", "P1DT2H", "P1Y2M". What is none
// is null, told why (Term::wrong). Code::unsupported: a zone by its name, a duration too long to compute with.
[[nodiscard]] Result<Term> moment(std::string_view text);
[[nodiscard]] Result<Term> date_literal(std::string_view text);
[[nodiscard]] Result<Term> time_literal(std::string_view text);
[[nodiscard]] Result<Term> date_time_literal(std::string_view text);
[[nodiscard]] Result<Term> duration_literal(std::string_view text);

// REQUIRES: one of them is a moment. Code::unsupported: the two cannot be added.
[[nodiscard]] Result<Term> moments_added(const Term& a, const Term& b, bool minus);
// ".year", ".days": nothing when that is no part of such a moment.
[[nodiscard]] Result<std::optional<Term>> moment_part(const Term& term, std::string_view name);

}  // namespace socle::rules::dmn
