// punycode.hpp: RFC 3492, for the labels of internationalised host names. Pure functions, linear but for insertions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::schema {

std::optional<std::u32string> punycode_decode(std::string_view text);
std::string punycode_encode(const std::u32string& label);

}  // namespace socle::schema
