// unify.cpp: see the header.
#include "unify.hpp"

namespace socle::cel {

bool Unifier::assignable(const Type& to, const Type& from) {
  const auto mark = trail_.size();
  const bool fits = try_assign(to, from);
  settle(fits, mark);
  return fits;
}

bool Unifier::assignable(const std::vector<Type>& to, const std::vector<Type>& from) {
  if (to.size() != from.size()) return false;
  const auto mark = trail_.size();
  bool fits = true;
  for (std::size_t i = 0; i < to.size() && fits; ++i) fits = try_assign(to[i], from[i]);
  settle(fits, mark);
  return fits;
}

// Undoes what was bound since the mark, unless it is to be kept. Undoing costs what was done, copying would cost all.
void Unifier::settle(bool keep, std::size_t mark) {
  while (!keep && trail_.size() > mark) {
    auto& [name, old] = trail_.back();
    if (old)
      bound_[name] = *old;
    else
      bound_.erase(name);
    trail_.pop_back();
  }
  if (keep && mark == 0) trail_.clear();
}

void Unifier::set(const std::string& name, const Type& type) {
  const auto [at, added] = bound_.try_emplace(name, type);
  trail_.emplace_back(name, added ? std::nullopt : std::optional<Type>(at->second));
  if (!added) at->second = type;
}

// Whether `variable` may stand for `candidate`; `known` tells that it already stood for something.
bool Unifier::bind(const Type& candidate, const Type& variable, bool& known) {
  known = true;
  if (candidate == variable) return true;
  const auto at = bound_.find(variable.name());
  if (at != bound_.end()) {
    const Type old = at->second;
    if (candidate == old) return true;
    if (!try_assign(candidate, old)) return false;
    const Type general = less_specific(candidate, old) ? candidate : old;
    if (free_of(variable, general)) set(variable.name(), general);
    return true;
  }
  known = false;
  if (!free_of(variable, candidate)) return false;
  set(variable.name(), candidate);
  return true;
}

bool Unifier::try_assign(const Type& to, const Type& from) {
  bool known = false;
  if (from.is(TypeKind::parameter)) {
    if (bind(to, from, known)) return true;
    if (known) return false;
  }
  if (to.is(TypeKind::parameter)) return bind(from, to, known);
  if (to.is_dyn() || from.is_dyn()) return true;
  if (to.is(TypeKind::wrapper))
    return from.is(TypeKind::null_type) || try_assign(to.at(0), from.is(TypeKind::wrapper) ? from.at(0) : from);
  if (from.is(TypeKind::wrapper)) return to.is(TypeKind::null_type) || try_assign(to, from.at(0));
  const auto nullable = [](const Type& type) {
    return type.is(TypeKind::null_type) || type.is(TypeKind::timestamp) || type.is(TypeKind::duration) ||
           type.is(TypeKind::date) || type.is(TypeKind::decimal) || type.is(TypeKind::opaque) ||
           type.is(TypeKind::object) || type.is(TypeKind::optional);
  };
  if (to.is(TypeKind::null_type)) return nullable(from);
  if (from.is(TypeKind::null_type)) return nullable(to);
  if (to.kind() != from.kind()) return false;
  if (to.is(TypeKind::type)) return true;
  if (to.name() != from.name() || to.parameters().size() != from.parameters().size()) return false;
  for (std::size_t i = 0; i < to.parameters().size(); ++i)
    if (!try_assign(to.at(i), from.at(i))) return false;
  return true;
}

bool Unifier::less_specific(const Type& a, const Type& b) const {
  if (a.is_dyn() || a.is(TypeKind::parameter)) return true;
  if (b.is_dyn() || b.is(TypeKind::parameter)) return false;
  // What admits null is more general than what it admits.
  if (a.is(TypeKind::wrapper) && !b.is(TypeKind::wrapper)) return true;
  if (b.is(TypeKind::null_type)) return true;
  if (a.kind() != b.kind() || a.name() != b.name()) return false;
  if (a.is(TypeKind::type)) return true;
  if (a.parameters().size() != b.parameters().size()) return false;
  for (std::size_t i = 0; i < a.parameters().size(); ++i)
    if (!less_specific(a.at(i), b.at(i))) return false;
  return true;
}

bool Unifier::free_of(const Type& variable, const Type& within) const {
  if (variable == within) return false;
  if (within.is(TypeKind::parameter)) {
    const auto at = bound_.find(within.name());
    return at == bound_.end() || free_of(variable, at->second);
  }
  for (const auto& part : within.parameters())
    if (!free_of(variable, part)) return false;
  return true;
}

Type Unifier::substitute(const Type& type, bool free_to_dyn) const {
  if (type.is(TypeKind::parameter)) {
    const auto at = bound_.find(type.name());
    if (at != bound_.end()) return substitute(at->second, free_to_dyn);
    return free_to_dyn ? Type() : type;
  }
  if (type.parameters().empty()) return type;
  std::vector<Type> parts;
  for (const auto& part : type.parameters()) parts.push_back(substitute(part, free_to_dyn));
  return type.is(TypeKind::opaque) ? Type::opaque(type.name(), std::move(parts)) : Type(type.kind(), std::move(parts));
}

Type Unifier::join(const Type& previous, const Type& current) {
  if (!assignable(previous, current)) return {};
  return less_specific(previous, current) ? previous : current;
}

Type Unifier::instantiate(const Type& type, std::map<std::string, Type>& renamed) {
  if (type.is(TypeKind::parameter)) {
    const auto at = renamed.find(type.name());
    return at != renamed.end() ? at->second : renamed.emplace(type.name(), fresh()).first->second;
  }
  if (type.parameters().empty()) return type;
  std::vector<Type> parts;
  for (const auto& part : type.parameters()) parts.push_back(instantiate(part, renamed));
  return type.is(TypeKind::opaque) ? Type::opaque(type.name(), std::move(parts)) : Type(type.kind(), std::move(parts));
}

}  // namespace socle::cel
