// subset.cpp: goals, proof by trying every value of an enumeration, proof keyword by keyword, proof by cases.
#include "subset.hpp"

#include <algorithm>
#include <compare>

#include "socle/json/decimal.hpp"

namespace socle::schema {

namespace {
constexpr int max_depth = 120;
constexpr int max_cases = 3;             // case distinctions inside one another
constexpr std::size_t max_work = 50000;  // goals
constexpr std::size_t max_changes = 100;
}  // namespace

void Subset::note(const Node& node, std::string_view keyword, const std::string& message) {
  if (quiet_ > 0 || changes_.size() >= max_changes) return;
  changes_.push_back(
      {true, reader_.locations[node.location] + (keyword.empty() ? "" : "/" + std::string(keyword)), message});
}

bool Subset::quietly(Nodes writer, std::uint32_t reader, std::uint8_t types) {
  ++quiet_;
  const bool proved = prove(std::move(writer), reader, types);
  --quiet_;
  return proved;
}

bool Subset::prove(Nodes writer, std::uint32_t reader, std::uint8_t types) {
  std::sort(writer.begin(), writer.end());
  writer.erase(std::unique(writer.begin(), writer.end()), writer.end());
  if (++work_ > max_work || depth_ > max_depth) return false;
  const auto key = std::pair{writer, (std::uint64_t{types} << 32) | reader};
  const auto [known, fresh] = goals_.try_emplace(key, Goal{Goal::State::open, level_, false});
  if (!fresh) {
    Goal& goal = known->second;
    if (goal.state == Goal::State::proved) return true;
    if (goal.state == Goal::State::open) {
      if (level_ <= goal.level) return false;
      return goal.used = true;
    }
    if (quiet_ > 0) return false;
    goal = {Goal::State::open, level_, false};  // refuted: again, for the reasons
  }
  ++depth_;
  const Facts facts = Facts::of(writer_, writer, types);
  bool settled = false;
  bool proved = facts.never || prove_by_values(facts, writer, reader, settled);
  if (!proved && !settled) {
    // Whole first; the attempt by cases decides whether the reasons count.
    const std::size_t noted = changes_.size();
    proved = prove_node(facts, writer, reader_.nodes[reader]) || prove_by_cases(facts, writer, reader);
    if (proved) changes_.resize(noted);
  }
  --depth_;
  const bool used = goals_[key].used;
  goals_[key].state = proved ? Goal::State::proved : Goal::State::refuted;
  if (!proved && used)
    std::erase_if(goals_, [](const auto& entry) { return entry.second.state == Goal::State::proved; });
  return proved;
}

bool Subset::descend(Nodes writer, std::uint32_t reader, std::uint8_t types) {
  ++level_;
  const bool proved = prove(std::move(writer), reader, types);
  --level_;
  return proved;
}

// A finite writer is simply tried out.
bool Subset::prove_by_values(const Facts& facts, const Nodes& writer, std::uint32_t reader, bool& settled) {
  static const json::Document constants = *json::Document::parse("[null,true,false]");
  std::vector<json::View> values;
  if (!facts.enums.empty()) {
    values = facts.enums[0]->values;
  } else if ((facts.types & ~(type_bit::null | type_bit::boolean)) == 0) {
    if ((facts.types & type_bit::null) != 0) values.push_back(constants.root().at(0));
    if ((facts.types & type_bit::boolean) != 0)
      values.insert(values.end(), {constants.root().at(1), constants.root().at(2)});
  } else {
    return false;
  }
  settled = true;
  const Facts wanted = Facts::of(reader_, {reader});  // formats are annotations to the machine, constraints here
  Silent silent;
  for (const json::View value : values) {
    const std::uint8_t bit = value.is_number()    ? (value.is_integral() ? type_bit::integer : type_bit::fraction)
                             : value.is_null()    ? type_bit::null
                             : value.is_boolean() ? type_bit::boolean
                             : value.is_string()  ? type_bit::string
                             : value.is_array()   ? type_bit::array
                                                  : type_bit::object;
    if ((facts.types & bit) == 0) continue;
    const bool written = std::all_of(writer.begin(), writer.end(), [&](std::uint32_t node) {
      Machine<Silent> machine(writer_, silent);
      return machine.run_at(node, value) || machine.stopped();
    });
    Machine<Silent> machine(reader_, silent);
    const bool formed =
        !value.is_string() || std::all_of(wanted.formats.begin(), wanted.formats.end(), [&](std::uint32_t format) {
          return matches_format(static_cast<Format>(format), value.as_string());
        });
    if (!written || (formed && machine.run_at(reader, value) && !machine.stopped())) continue;
    note(reader_.nodes[reader], "", "one of the values that the writer may write is refused");
    return false;
  }
  return true;
}

bool Subset::prove_node(const Facts& facts, const Nodes& writer, const Node& reader) {
  bool proved = true;
  if ((facts.types & ~reader.types) != 0) {
    note(reader, "type", "the writer allows more types");
    proved = false;
    if (quiet_ > 0) return false;
  }
  for (std::uint32_t i = 0; i < reader.op_count; ++i) {
    const Op& op = reader_.ops[reader.first_op + i];
    if ((op.types & facts.types) == 0 || prove_op(facts, writer, reader, op)) continue;
    proved = false;
    if (quiet_ > 0) return false;
  }
  return proved;
}

bool Subset::prove_op(const Facts& facts, const Nodes& writer, const Node& node, const Op& op) {
  switch (op.code) {
    case OpCode::shape: return shape_holds(facts, node, reader_.shapes[op.a]);
    case OpCode::property_names: return descend(facts.names, op.a, type_bit::string);
    case OpCode::prefix_items:
    case OpCode::items: return elements_hold(facts, op);
    case OpCode::contains:
      if (contains_holds(facts, reader_.contains[op.a])) return true;
      note(node, "contains", "the writer does not guarantee enough matching elements");
      return false;
    default: break;
  }
  if (op.code > OpCode::shape) return logic_op_holds(facts, writer, node, op);
  if (value_op_holds(facts, op)) return true;
  note(node, reader_.keywords[op.keyword],
       op.code == OpCode::never ? "nothing is accepted here" : "the writer allows values beyond it");
  return false;
}

bool Subset::value_op_holds(const Facts& facts, const Op& op) {
  const auto within = [&](const std::optional<Facts::Bound>& bound, bool lower, bool exclusive) {
    if (!bound) return false;
    const auto order = json::decimal::compare(bound->text, reader_.numbers[op.a].text);
    return (lower ? std::is_gt(order) : std::is_lt(order)) || (std::is_eq(order) && (bound->exclusive || !exclusive));
  };
  const auto multiple = [&](std::string_view value) {
    return json::decimal::is_multiple(value, reader_.numbers[op.a].text).value_or(false);
  };
  switch (op.code) {
    case OpCode::minimum: return within(facts.lower, true, false);
    case OpCode::exclusive_minimum: return within(facts.lower, true, true);
    case OpCode::maximum: return within(facts.upper, false, false);
    case OpCode::exclusive_maximum: return within(facts.upper, false, true);
    case OpCode::multiple_of:
      return std::any_of(facts.multiples.begin(), facts.multiples.end(), multiple) ||
             ((facts.types & type_bit::fraction) == 0 && multiple("1"));
    case OpCode::min_length: return facts.min_length >= reader_.counts[op.a];
    case OpCode::max_length: return facts.max_length <= reader_.counts[op.a];
    case OpCode::min_items: return facts.min_items >= reader_.counts[op.a];
    case OpCode::max_items: return facts.max_items <= reader_.counts[op.a];
    case OpCode::min_properties:
      return std::max<std::uint64_t>(facts.min_properties, facts.required.size()) >= reader_.counts[op.a];
    case OpCode::max_properties: return facts.max_properties <= reader_.counts[op.a];
    case OpCode::unique_items: return facts.unique || facts.max_items <= 1;
    case OpCode::pattern: return facts.patterns.contains(reader_.patterns[op.a].source());
    case OpCode::format: return facts.formats.contains(op.a);
    case OpCode::content_encoding: return facts.encodings.contains(reader_.values[op.a].as_string());
    case OpCode::content_media_type: return facts.media_types.contains(reader_.values[op.a].as_string());
    default: return false;  // never, and enumerations that no finite writer met
  }
}

// The writer's own alternatives, each with everything else it says; then its types one by one.
bool Subset::prove_by_cases(const Facts& facts, const Nodes& writer, std::uint32_t reader) {
  if (cases_ >= max_cases) return false;
  ++cases_;
  const auto with = [&](std::uint32_t node) {
    Nodes more = writer;
    if (node != no_node) more.push_back(node);
    return more;
  };
  bool proved = false;
  for (const Op* choice : facts.choices) {
    bool all = true;
    for (std::uint32_t i = 0; i < choice->b && all; ++i)
      all = quietly(with(writer_.children[choice->a + i]), reader, facts.types);
    proved = proved || all;
    if (proved) break;
  }
  for (const Condition* condition : facts.conditions) {
    if (proved) break;
    Nodes then = with(condition->then);
    then.push_back(condition->test);
    proved = quietly(then, reader, facts.types) && quietly(with(condition->otherwise), reader, facts.types);
  }
  if (!proved && (facts.types & (facts.types - 1)) != 0) {
    proved = true;
    for (std::uint8_t bit = 1; bit <= type_bit::object && proved; bit = static_cast<std::uint8_t>(bit << 1))
      if ((facts.types & bit) != 0) proved = quietly(writer, reader, bit);
  }
  --cases_;
  return proved;
}

}  // namespace socle::schema
