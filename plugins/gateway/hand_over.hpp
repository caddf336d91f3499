// hand_over.hpp: what one generation of the gateway tells the next about a connection, inside the `buffered` bytes of
// connection_return(): either the client's own bytes as they came, or a record of an open stream and then such bytes. A
// record begins with NUL, with which no request can begin; Connection never returns client bytes that do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exchange.hpp"

namespace socle::gateway {

inline constexpr char stream_mark = '\0';

// Record of an open stream; client bytes may be appended.
[[nodiscard]] std::string encode_stream(const Exchange& exchange);

// The stream's fields into `exchange`; `rest` is what follows. False when the record is not whole or of another
// version.
[[nodiscard]] bool decode_stream(std::string_view buffered, Exchange& exchange, std::string_view& rest);

}  // namespace socle::gateway
