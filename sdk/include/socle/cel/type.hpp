// type.hpp: a CEL type as the checker sees it. An immutable value, cheap to copy; any thread.
//
// Texts are those of cel-spec's own listings: "int", "list(string)", "map(string, dyn)", "optional_type(int)",
// "wrapper(int)", "type(T)", "net.IP"; one capital letter is a type parameter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::cel {

enum class TypeKind : std::uint8_t {
  error,  // of an expression that was refused already; agrees with everything, so that one fault is told once
  dyn,
  any,
  null_type,
  boolean,
  integer,
  unsigned_integer,
  real,
  string,
  bytes,
  timestamp,
  duration,
  date,
  decimal,
  list,       // one parameter
  map,        // two
  type,       // none or one
  optional,   // one
  wrapper,    // one: the value or null
  object,     // a declared record type, by name (Environment::declare_object)
  opaque,     // any other name, with parameters
  parameter,  // a type variable, by name
};

class Type {
 public:
  Type() = default;  // dyn
  Type(TypeKind kind) : kind_(kind) {}
  Type(TypeKind kind, std::vector<Type> parameters);
  static Type list_of(Type element) { return {TypeKind::list, {std::move(element)}}; }
  static Type map_of(Type key, Type value) { return {TypeKind::map, {std::move(key), std::move(value)}}; }
  static Type optional_of(Type value) { return {TypeKind::optional, {std::move(value)}}; }
  static Type object(std::string name) { return {TypeKind::object, std::move(name), {}}; }
  static Type opaque(std::string name, std::vector<Type> parameters = {}) {
    return {TypeKind::opaque, std::move(name), std::move(parameters)};
  }
  static Type parameter(std::string name) { return {TypeKind::parameter, std::move(name), {}}; }

  // Code::invalid when the text is no type. Names it does not know become opaque types.
  static Result<Type> parse(std::string_view text);

  [[nodiscard]] TypeKind kind() const { return kind_; }
  [[nodiscard]] bool is(TypeKind kind) const { return kind_ == kind; }
  [[nodiscard]] bool is_dyn() const { return kind_ <= TypeKind::any; }
  // Of object, opaque and parameter; else the empty string.
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const std::vector<Type>& parameters() const;
  // REQUIRES: i < parameters().size()
  [[nodiscard]] const Type& at(std::size_t i) const { return parameters()[i]; }
  [[nodiscard]] std::string text() const;
  bool operator==(const Type& other) const;

 private:
  struct Body {
    std::string name;
    std::vector<Type> parameters;
  };
  Type(TypeKind kind, std::string name, std::vector<Type> parameters);
  TypeKind kind_ = TypeKind::dyn;
  std::shared_ptr<const Body> body_;
};

}  // namespace socle::cel
