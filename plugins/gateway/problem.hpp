// problem.hpp: answers that tell what went wrong, as RFC 9457 problem details, and the words for status codes.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "refusal.hpp"

namespace socle::gateway {

// "Not Found"; "Error" or "OK" of the class for a code without a registered phrase.
[[nodiscard]] std::string_view reason_of(unsigned status);

// Default HTTP status and code of a call's outcome (socle_status other than OK), as abi.h states them.
[[nodiscard]] unsigned http_status_of(std::int32_t status);
[[nodiscard]] std::string_view code_of(std::int32_t status);
// A refusal of the gateway's own with the status and code that such a call would have had.
[[nodiscard]] Refusal refusal_of(std::int32_t status, std::string_view detail);

struct Problem {
  unsigned status = 500;
  std::string_view code;
  std::string_view detail;
  std::string_view trace_id;  // hex
  std::string_view errors;    // a JSON array, or empty
  // A JSON object that begins with `errors`: its members stand beside the others (RFC 9457, 3.2).
  std::string_view members{};
};

// Replaces `out`. type is type_base + code.
void write_problem(const Problem& problem, std::string_view type_base, std::string& out);

// A JSON string literal with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace socle::gateway
