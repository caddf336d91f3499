// digest.hpp: SHA-256 as the trail uses it. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace socle::audit {

using Digest = std::array<unsigned char, 32>;

// Of the parts one after another.
[[nodiscard]] Digest sha256(std::initializer_list<std::string_view> parts);
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] inline std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
// What stands for a tenant in a record's header, so that its entries are known when their payload is erased.
[[nodiscard]] std::uint64_t tenant_tag(std::string_view tenant);
// From the system's generator. False: it failed.
[[nodiscard]] bool random_bytes(unsigned char* out, std::size_t size);

}  // namespace socle::audit
