// import_types.hpp: the types a DMN document declares: what a name of one stands for, which values it allows, and the
// components that may follow a '.'. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "dmn/feel.hpp"
#include "dmn/xml.hpp"

namespace socle::rules::dmn {

// The name of an element's type, as an attribute or a child; empty: it says none.
[[nodiscard]] std::string type_of(const Element& element);

class Types {
 public:
  // Borrows the document.
  explicit Types(const Element& root);

  // However many names lie between; empty: a collection.
  [[nodiscard]] std::string base(const std::string& name) const;
  // Unary tests; those of the type nearest to the name.
  [[nodiscard]] std::string values(const std::string& name) const;
  // At any depth. Of types that hold one another, and of very large ones, only the first levels.
  [[nodiscard]] Names parts(const std::string& name) const;

 private:
  [[nodiscard]] const Element* find(std::string_view name) const;
  Names parts_of(const Element& owner, int depth, std::size_t& room) const;

  std::map<std::string, const Element*, std::less<>> items_;
};

}  // namespace socle::rules::dmn
