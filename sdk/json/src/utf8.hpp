// utf8.hpp: is this text well-formed UTF-8 (no surrogates, no overlong forms, nothing past U+10FFFF)? Any thread.
#pragma once

#include <string_view>

namespace socle::json {

bool is_utf8(std::string_view text);

}  // namespace socle::json
