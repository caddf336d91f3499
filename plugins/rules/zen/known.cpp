#include "zen/known.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace socle::rules::zen {
namespace {

constexpr std::array<Known, 50> functions{{
    {"len", 1, 1},
    {"contains", 2, 2, false, 'c'},
    {"flatten", 1, 1, false, 'i'},
    {"merge", 1, 1, false, 'i'},
    {"mergeDeep", 1, 1, false, 'i'},
    {"upper", 1, 1},
    {"lower", 1, 1},
    {"trim", 1, 1},
    {"startsWith", 2, 2, false, 'c'},
    {"endsWith", 2, 2, false, 'c'},
    {"matches", 2, 2, false, 'c'},
    {"extract", 2, 2, false, 'i'},
    {"fuzzyMatch", 2, 2},
    {"split", 2, 2, false, 'i'},
    {"abs", 1, 1},
    {"sum", 1, 1},
    {"avg", 1, 1},
    {"min", 1, 1},
    {"max", 1, 1},
    {"median", 1, 1},
    {"mode", 1, 1},
    {"floor", 1, 1},
    {"ceil", 1, 1},
    {"round", 1, 2},
    {"trunc", 1, 2},
    {"isNumeric", 1, 1, false, 'c'},
    {"string", 1, 1},
    {"number", 1, 1},
    {"bool", 1, 1},
    {"type", 1, 1},
    {"keys", 1, 1, false, 'i'},
    {"values", 1, 1, false, 'i'},
    {"d", 0, 2, true},
    {"date", 1, 1, true},
    {"time", 1, 1},
    {"duration", 1, 1},
    {"year", 1, 1},
    {"dayOfWeek", 1, 1},
    {"dayOfMonth", 1, 1},
    {"dayOfYear", 1, 1},
    {"weekOfYear", 1, 1},
    {"monthOfYear", 1, 1},
    {"monthString", 1, 1},
    {"dateString", 1, 1},
    {"weekdayString", 1, 1},
    {"startOf", 2, 2},
    {"endOf", 2, 2},
    {"join", 2, 2},
    {"isNull", 1, 1, false, 'c'},
    {"exists", 1, 1, false, 'c'},
}};

constexpr std::array<Known, 32> methods{{
    {"add", 1, 2},
    {"sub", 1, 2},
    {"format", 0, 1},
    {"month", 0, 0},
    {"year", 0, 0},
    {"set", 2, 2},
    {"startOf", 1, 1},
    {"endOf", 1, 1},
    {"diff", 1, 2},
    {"tz", 1, 1},
    {"isSame", 1, 2, false, 'c'},
    {"isBefore", 1, 2, false, 'c'},
    {"isAfter", 1, 2, false, 'c'},
    {"isSameOrBefore", 1, 2, false, 'c'},
    {"isSameOrAfter", 1, 2, false, 'c'},
    {"second", 0, 0},
    {"minute", 0, 0},
    {"hour", 0, 0},
    {"day", 0, 0},
    {"dayOfYear", 0, 0},
    {"week", 0, 0},
    {"weekday", 0, 0},
    {"quarter", 0, 0},
    {"timestamp", 0, 0},
    {"offsetName", 0, 0},
    {"isValid", 0, 0, false, 'c'},
    {"isYesterday", 0, 0, true, 'c'},
    {"isToday", 0, 0, true, 'c'},
    {"isTomorrow", 0, 0, true, 'c'},
    {"isLeapYear", 0, 0, false, 'c'},
    {"unix", 0, 0},
    {"toString", 0, 0},
}};

const Known* find_in(std::span<const Known> table, std::string_view name) {
  const auto at = std::find_if(table.begin(), table.end(), [&](const Known& one) { return one.name == name; });
  return at == table.end() ? nullptr : &*at;
}

}  // namespace

const Known* find_function(std::string_view name) { return find_in(functions, name); }
const Known* find_method(std::string_view name) { return find_in(methods, name); }

}  // namespace socle::rules::zen
