// subset.hpp: proves that every instance of one conjunction of schemas (the writer's) is an instance of another schema
// (the reader's). A proof is sound: true means so; false means only "not proven". compatibility.cpp uses one object per
// direction. Recursive schemas: a goal met again for a child of the instance it was opened for is taken as given, as
// instances are finite; met again for the same instance it proves nothing. When a goal that was taken as given fails,
// what was proved meanwhile is forgotten.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "facts.hpp"
#include "machine.hpp"
#include "socle/schema/compatibility.hpp"

namespace socle::schema {

class Subset {
 public:
  using Nodes = std::vector<std::uint32_t>;
  Subset(const Program& writer, const Program& reader) : writer_(writer), reader_(reader) {}

  bool prove() { return prove({writer_.root}, reader_.root, type_bit::all); }
  // What stood in the way, outside of alternatives that were merely tried.
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }

 private:
  bool prove(Nodes writer, std::uint32_t reader, std::uint8_t types);
  bool prove_by_values(const Facts& facts, const Nodes& writer, std::uint32_t reader, bool& settled);
  bool prove_node(const Facts& facts, const Nodes& writer, const Node& reader);
  bool prove_by_cases(const Facts& facts, const Nodes& writer, std::uint32_t reader);
  bool prove_op(const Facts& facts, const Nodes& writer, const Node& node, const Op& op);
  bool value_op_holds(const Facts& facts, const Op& op);

  // subset_logic.cpp
  bool logic_op_holds(const Facts& facts, const Nodes& writer, const Node& node, const Op& op);
  bool one_of_holds(const Facts& facts, const Nodes& writer, const Op& op);
  bool condition_holds(const Facts& facts, const Nodes& writer, const Condition& condition);
  bool dependencies_hold(const Facts& facts, const Nodes& writer, const Op& op);
  bool equivalent(std::uint32_t writer, std::uint32_t reader);
  // The other direction, without notes: reader's schema within the writer's.
  bool prove_reverse(std::uint32_t reader, std::uint32_t writer);

  // subset_containers.cpp
  bool shape_holds(const Facts& facts, const Node& node, const Shape& shape);
  bool pattern_holds(const Facts& facts, const Shape::ByPattern& entry);
  bool additional_holds(const Facts& facts, const Shape& shape);
  bool elements_hold(const Facts& facts, const Op& op);
  bool contains_holds(const Facts& facts, const Contains& contains);

  bool quietly(Nodes writer, std::uint32_t reader, std::uint8_t types);
  void note(const Node& node, std::string_view keyword, const std::string& message);

  const Program& writer_;
  const Program& reader_;
  // A goal about a child of the instance.
  bool descend(Nodes writer, std::uint32_t reader, std::uint8_t types = type_bit::all);

  struct Goal {
    enum class State : std::uint8_t { open, proved, refuted } state = State::open;
    int level = 0;      // of the instance, when it was opened
    bool used = false;  // taken as given below itself
  };
  std::map<std::pair<Nodes, std::uint64_t>, Goal> goals_;
  std::vector<Change> changes_;
  int quiet_ = 0;
  int depth_ = 0;
  int cases_ = 0;
  int level_ = 0;
  std::size_t work_ = 0;
};

}  // namespace socle::schema
