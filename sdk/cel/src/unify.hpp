// unify.hpp: assignability of types with type variables: the mapping the checker builds while it goes. The rules are
// those of cel-spec's reference checker, nullable wrappers included. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "socle/cel/type.hpp"

namespace socle::cel {

class Unifier {
 public:
  // A value of type `from` may stand where `to` is wanted; type variables on both sides are bound on the way, and left
  // as they were when the answer is no.
  bool assignable(const Type& to, const Type& from);
  bool assignable(const std::vector<Type>& to, const std::vector<Type>& from);
  // With bound variables replaced; free ones become dyn if `free_to_dyn`.
  [[nodiscard]] Type substitute(const Type& type, bool free_to_dyn) const;
  // The type of a literal's elements so far, joined with one more.
  Type join(const Type& previous, const Type& current);
  Type fresh() { return Type::parameter("_var" + std::to_string(next_++)); }
  // The same type with its own parameters renamed to fresh ones. `renamed` carries the names over several calls.
  Type instantiate(const Type& type, std::map<std::string, Type>& renamed);

 private:
  bool try_assign(const Type& to, const Type& from);
  bool bind(const Type& candidate, const Type& variable, bool& known);
  [[nodiscard]] bool less_specific(const Type& a, const Type& b) const;
  [[nodiscard]] bool free_of(const Type& variable, const Type& within) const;

  void settle(bool keep, std::size_t mark);
  void set(const std::string& name, const Type& type);

  std::map<std::string, Type> bound_;
  std::vector<std::pair<std::string, std::optional<Type>>> trail_;  // what bound_ held before, newest last
  unsigned next_ = 0;
};

}  // namespace socle::cel
