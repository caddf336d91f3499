// json_form.hpp: values as JSON: what an expression gave, for a record, an answer or a trace. Any thread; a writer is
// one thread's at a time.
#pragma once

#include <cstdint>
#include <string>

#include "socle/cel/value.hpp"
#include "socle/json/writer.hpp"
#include "socle/result.hpp"

namespace socle::cel {

// Both keep all digits: as texts also before readers whose numbers are doubles.
enum class Decimals : std::uint8_t { numbers, texts };

// Who pays for the writing. A value that holds another many times is as long as if it held as many.
struct JsonFuel {
  // Asked for about a unit a value and one for 16 bytes of text, some hundreds at a time and before they are written;
  // what is less in all is not asked for. False: write no more.
  bool (*take)(void* data, std::uint64_t units) = nullptr;
  void* data = nullptr;
};
inline constexpr std::size_t longest_json = std::size_t{16} << 20;  // bytes, about

// Appends the value. Doubles that are whole numbers come without exponent and fraction, as far as doubles tell whole
// numbers apart; dates, timestamps, durations and addresses as texts; bytes in base64; an optional as what it holds, or
// null; a map's keys as names. What came from JSON stays as it was written.
// Code::invalid: it has no JSON form (NaN, infinity, a type, an error, a map of which two keys have one name);
// Code::too_large: it is longer than longest_json, or `fuel` did not want more. What is in the writer then is to be
// thrown away.
[[nodiscard]] Status append_json(json::Writer& out, const Value& value, Decimals decimals = Decimals::numbers,
                                 const JsonFuel& fuel = {});
[[nodiscard]] Result<std::string> to_json(const Value& value, Decimals decimals = Decimals::numbers);

}  // namespace socle::cel
