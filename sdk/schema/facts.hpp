// facts.hpp: what a conjunction of compiled schemas says about an instance, gathered from its nodes with references and
// allOf taken apart. compatibility() asks it of the writer's schema, bounds() of any.
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "program.hpp"

namespace socle::schema {

struct Facts {
  // Nodes that hold together. `types` restricts further.
  static Facts of(const Program& program, const std::vector<std::uint32_t>& nodes, std::uint8_t types = type_bit::all);

  struct Bound {
    std::string_view text;
    bool exclusive = false;
  };

  std::uint8_t types = type_bit::all;
  bool never = false;  // provably no instance
  std::optional<Bound> lower;
  std::optional<Bound> upper;
  std::vector<std::string_view> multiples;
  std::uint64_t min_length = 0, max_length = ~std::uint64_t{0};
  std::uint64_t min_items = 0, max_items = ~std::uint64_t{0};
  std::uint64_t min_properties = 0, max_properties = ~std::uint64_t{0};
  bool unique = false;
  std::set<std::string_view> patterns;
  std::set<std::uint32_t> formats;
  std::set<std::string_view> encodings;
  std::set<std::string_view> media_types;
  std::set<std::string_view> required;
  std::vector<const Enumeration*> enums;
  std::vector<const Shape*> shapes;
  struct Elements {
    std::vector<std::uint32_t> prefix;
    std::uint32_t rest = no_node;
  };
  std::vector<Elements> elements;  // of one schema each
  std::vector<std::uint32_t> names;
  std::vector<const Contains*> contains;
  std::vector<const Dependency*> dependencies;
  std::vector<const Op*> choices;  // any_of and one_of
  std::vector<std::uint32_t> negations;
  std::vector<const Condition*> conditions;

  // The schemas that hold for a member of that name, and for an element.
  [[nodiscard]] std::vector<std::uint32_t> at_member(const Program& program, std::string_view name) const;
  [[nodiscard]] std::vector<std::uint32_t> at_other_members() const;
  [[nodiscard]] std::vector<std::uint32_t> at_element(std::size_t index) const;

 private:
  void add(const Program& program, std::uint32_t node, int depth);
  void add_op(const Program& program, const Op& op, Elements& elements_here, int depth);
  void settle();
};

}  // namespace socle::schema
