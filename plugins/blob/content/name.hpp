// name.hpp: the name a file is kept under for people, and the headers that speak of it. Names never reach a path of the
// disk: files lie there by their ids. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace socle::blob {

// Without folders, control and bidirectional-override characters, leading dots and trailing dots or spaces, valid
// UTF-8, at most 200 bytes; "file" when nothing is left.
[[nodiscard]] std::string safe_name(std::string_view given);

// The file name of a Content-Disposition header (RFC 6266): filename* (UTF-8) before filename; "" when it names none.
[[nodiscard]] std::string name_in(std::string_view disposition);

// `attachment; filename="…"; filename*=UTF-8''…`. REQUIRES: name is a safe_name().
[[nodiscard]] std::string disposition(bool is_inline, std::string_view name);

}  // namespace socle::blob
