// column.hpp: the order of one input column. All constants of its cells, sorted, cut the values that can come into
// ranks: a rank is one constant or one gap between neighbours. Every cell then is a set of ranks, a value is looked up
// once (hash for equality, binary search for order), and whatever follows compares small integers.
//
//   rank 0: null · rank 1: what no cell can name (NaN, lists, a kind without constants) · then one block a kind:
//   gap, constant, gap, constant, … gap
//
// Built by one thread; then immutable, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "socle/cel/value.hpp"
#include "table/definition.hpp"
#include "table/rank_set.hpp"

namespace socle::rules {

// A value as columns see it: a decimal is the nearest double (but in decimal columns); REQUIRES no error.
[[nodiscard]] cel::Value column_value(const cel::Value& value, ColumnType type);
// Whether a typed column may hold the value; null may stand in every column.
[[nodiscard]] bool is_of_type(const cel::Value& value, ColumnType type);

class Column {
 public:
  static constexpr Rank null_rank = 0;
  static constexpr Rank other_rank = 1;

  explicit Column(ColumnType type) : type_(type) {}

  // Constants, each lives as long as the column. `ordered`: a range needs its place, so looking up must search.
  void add(const cel::Value& constant, bool ordered);
  // Of numbers only whole ones come, whatever the column's type lets through; for the analysis. Before seal().
  void only_whole_numbers() { whole_ = true; }
  // No constant may be added after this, nothing below may be called before.
  void seal();

  [[nodiscard]] Rank rank(const cel::Value& value) const;
  [[nodiscard]] Rank last() const { return last_; }

  [[nodiscard]] RankSet everything() const { return {0, last_}; }
  // What can come, for the analysis: of typed columns no null; of untyped ones the kinds that cells name.
  [[nodiscard]] RankSet expected() const;
  [[nodiscard]] RankSet equal_to(const cel::Value& constant) const;
  struct Bound {
    cel::Value value;
    bool included = true;
  };
  // Between two bounds of one kind; a missing one is open to that side.
  [[nodiscard]] RankSet between(const std::optional<Bound>& low, const std::optional<Bound>& high) const;
  // No value that can come has this rank (no integer lies between 17 and 18).
  [[nodiscard]] bool is_hollow(Rank rank) const;
  // A value of that rank as a literal, for messages.
  [[nodiscard]] std::string example(Rank rank) const;
  [[nodiscard]] ColumnType type() const { return type_; }
  [[nodiscard]] std::size_t bytes() const;

  // The kinds that have an order among themselves; `none` for everything else.
  enum class Class : std::uint8_t { boolean, number, string, date, timestamp, duration, none };
  [[nodiscard]] static Class class_of(const cel::Value& value);
  // Every value of the class; of `none` what no cell can name.
  [[nodiscard]] RankSet of_class(Class c) const;

 private:
  struct Block {
    std::vector<cel::Value> points;
    std::vector<double> doubles;       // the points again, when every one is exactly a double
    std::vector<std::uint32_t> slots;  // point + 1 by hash; empty: search
    Rank first = 0;                    // of the gap below the first point
    bool ordered = false;
  };
  static constexpr std::size_t classes = 6;
  [[nodiscard]] const Block& block(Class c) const { return blocks_[static_cast<std::size_t>(c)]; }
  [[nodiscard]] bool is_whole(Class c) const {
    return c == Class::date || (c == Class::number && (whole_ || type_ == ColumnType::integer));
  }
  [[nodiscard]] Rank rank_in(const Block& block, const cel::Value& value) const;

  ColumnType type_;
  bool whole_ = false;
  std::array<Block, classes> blocks_;
  Rank last_ = other_rank;
};

}  // namespace socle::rules
