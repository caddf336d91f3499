// abi_text.hpp: the seam between the C header and C++: text views, status numbers, and the host table of this
// generation. Everything in detail/ is included through socle/plugin.hpp; any thread.
//
// A generation has exactly one host table, handed to create() before anything else runs, and its library is its own
// copy; so one constant-initialised pointer per library is enough for frames and payloads to find their host. A program
// that links a plugin statically (a test) may have several hosts one after the other, but not two at a time.
#pragma once

#include <socle/abi.h>

#include <cstdint>
#include <limits>
#include <socle/result.hpp>
#include <string_view>

namespace socle::detail {

inline constinit const socle_host* host_table = nullptr;

[[nodiscard]] constexpr std::string_view view(socle_str text) {
  return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size};
}

[[nodiscard]] constexpr socle_str str(std::string_view text) { return {text.data(), text.size()}; }

[[nodiscard]] constexpr socle_status status(Code code) { return static_cast<socle_status>(code); }

// A status no table of ours knows is a defect of who sent it.
[[nodiscard]] constexpr Code code(socle_status status) {
  return status >= SOCLE_INVALID && status <= SOCLE_INTERNAL ? static_cast<Code>(status) : Code::internal;
}

// The value of `key`, or an empty view whose data() is nullptr.
[[nodiscard]] inline std::string_view find(const socle_pair* pairs, std::size_t count, std::string_view key) {
  for (std::size_t i = 0; i < count; ++i) {
    if (view(pairs[i].key) == key) return view(pairs[i].value);
  }
  return {};
}

}  // namespace socle::detail
