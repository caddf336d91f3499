// constant.cpp: see the header.
#include "constant.hpp"

namespace socle::cel {

Value constant_value(Arena& arena, const Constant& value) {
  switch (value.index()) {
    case 1: return Value::boolean(std::get<bool>(value));
    case 2: return Value::integer(std::get<std::int64_t>(value));
    case 3: return Value::unsigned_integer(std::get<std::uint64_t>(value));
    case 4: return Value::real(std::get<double>(value));
    case 5: return copy_string(arena, std::get<std::string>(value));
    case 6: return copy_string(arena, std::get<Bytes>(value).data, Kind::bytes);
    default: return {};
  }
}

}  // namespace socle::cel
