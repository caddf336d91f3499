// library.hpp: the built-in functions, as tables: one row an overload, its signature as text. Each fn_*.cpp gives one
// table; standard_library() joins them once.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "socle/cel/environment.hpp"
#include "socle/cel/function.hpp"

namespace socle::cel {

struct Builtin {
  std::string_view name;
  std::string_view signature;
  Function function;
};

std::span<const Builtin> operator_functions();
std::span<const Builtin> conversion_functions();
std::span<const Builtin> string_functions();
std::span<const Builtin> math_functions();
std::span<const Builtin> list_functions();
std::span<const Builtin> time_functions();
std::span<const Builtin> date_functions();
std::span<const Builtin> optional_functions();
std::span<const Builtin> regex_functions();
std::span<const Builtin> network_functions();
std::span<const Builtin> decimal_functions();

// What a function is called where expressions write it: some stand for a macro.
[[nodiscard]] std::string_view written_name(std::string_view function);

using FunctionTable = std::map<std::string, std::vector<Overload>, std::less<>>;
[[nodiscard]] const FunctionTable& standard_library();

// "(int): bool" or "string.(int): string".
[[nodiscard]] Result<Overload> parse_signature(std::string_view signature);

}  // namespace socle::cel
