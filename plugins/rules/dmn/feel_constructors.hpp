// feel_constructors.hpp: FEEL's functions that make dates, times and durations: of texts, of each other, of numbers.
// What is outside of the calendar or the clock (month 13, 30 February, hour 25, an offset beyond 14 hours) is null:
// told at the import where it is constant (Term::wrong), decided in CEL where it depends on the input. Any thread.
#pragma once

#include <vector>

#include "dmn/feel_term.hpp"

namespace socle::rules::dmn {

// Of all: Code::unsupported: not with these arguments.
// date(text), date(date and time), date(year, month, day)
[[nodiscard]] Result<Term> date_of(const std::vector<Term>& arguments);
// time(text), time(date and time), time(hour, minute, second), time(hour, minute, second, offset)
[[nodiscard]] Result<Term> time_of(const std::vector<Term>& arguments);
// date and time(text), date and time(date), date and time(date, time)
[[nodiscard]] Result<Term> date_time_of(const std::vector<Term>& arguments);
// duration(text)
[[nodiscard]] Result<Term> duration_of(const Term& of);
// years and months duration(from, to)
[[nodiscard]] Result<Term> years_months_between(const std::vector<Term>& arguments);

}  // namespace socle::rules::dmn
