// service.hpp: the table behind SOCLE_PLUGIN(Type, service("greeter", 1).method("greet", &Type::greet), …), built at
// compile time: names for the descriptor and a member function for each number.
#pragma once

#include <socle/detail/request.hpp>
#include <socle/detail/task.hpp>

#include <array>
#include <socle/detail/reply.hpp>

namespace socle {

namespace detail {

// "name/version" in place, so that a constant descriptor can point at it.
struct ServiceName {
  char text[96] = {};
  std::size_t size = 0;

  constexpr ServiceName() = default;
  constexpr ServiceName(std::string_view name, unsigned version) {
    if (name.size() > 80) throw "a service name has at most 80 characters";
    for (char c : name) text[size++] = c;
    if (name.empty()) return;
    text[size++] = '/';
    char digits[10] = {};
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + version % 10);
      version /= 10;
    } while (version != 0);
    while (count > 0) text[size++] = digits[--count];
  }
};

template <class P>
struct Method {
  ServiceName service;
  std::string_view name;
  Reply (P::*plain)(Request) = nullptr;
  Task<Reply> (P::*coroutine)(Request) = nullptr;

  template <class Base>
  constexpr void bind(Reply (Base::*function)(Request)) {
    plain = function;
  }
  template <class Base>
  constexpr void bind(Task<Reply> (Base::*function)(Request)) {
    coroutine = function;
  }
};

}  // namespace detail

template <class... Functions>
struct Service;

// The end of the chain and its start.
template <>
struct Service<> {
  detail::ServiceName name;
  template <class Function>
  constexpr auto method(std::string_view method_name, Function function) const {
    return Service<Function>{name, {method_name}, {function}};
  }
};

template <class First, class... Rest>
struct Service<First, Rest...> {
  static constexpr std::size_t count = 1 + sizeof...(Rest);
  detail::ServiceName name;
  std::array<std::string_view, count> names;
  std::tuple<First, Rest...> functions;

  // A handler is a member `Reply f(Request)` (answered inline, no allocation of ours) or `Task<Reply> f(Request)`.
  template <class Function>
  constexpr auto method(std::string_view method_name, Function function) const {
    std::array<std::string_view, count + 1> longer{};
    for (std::size_t i = 0; i < count; ++i) longer[i] = names[i];
    longer[count] = method_name;
    return Service<First, Rest..., Function>{name, longer, std::tuple_cat(functions, std::tuple(function))};
  }
};

// A contract this plugin provides, as the manifest's `provides` names it: service("storage", 1) is "storage/1".
[[nodiscard]] constexpr Service<> service(std::string_view name, unsigned version) { return {{name, version}}; }
// Methods that only filters and channels of the manifest refer to.
[[nodiscard]] constexpr Service<> internal() { return {}; }

namespace detail {

template <class P, class S>
constexpr void append(auto& table, std::size_t& at, const S& service) {
  std::size_t i = 0;
  std::apply(
      [&](auto... function) {
        ((table[at].service = service.name, table[at].name = service.names[i++], table[at++].bind(function)), ...);
      },
      service.functions);
}

template <class P, class... Services>
constexpr auto method_table(const Services&... services) {
  std::array<Method<P>, (std::size_t{0} + ... + Services::count)> table{};
  std::size_t at = 0;
  (append<P>(table, at, services), ...);
  return table;
}

template <class P, std::size_t N>
constexpr std::array<socle_method, N> abi_methods(const std::array<Method<P>, N>& table) {
  std::array<socle_method, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = {{table[i].service.text, table[i].service.size}, str(table[i].name)};
  return out;
}

}  // namespace detail
}  // namespace socle
