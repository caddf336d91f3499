// column.cpp: see the header.
#include "table/column.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Order;
using cel::Value;

constexpr std::int64_t exact = std::int64_t{1} << 53;  // every integer up to here is a double

bool as_exact_double(const Value& value, double& out) {
  if (value.is(Kind::real)) {
    out = value.as_double();
    return true;
  }
  if (value.is(Kind::integer)) {
    out = static_cast<double>(value.as_int());
    return value.as_int() >= -exact && value.as_int() <= exact;
  }
  out = value.is(Kind::unsigned_integer) ? static_cast<double>(value.as_uint()) : 0;
  return value.is(Kind::unsigned_integer) && value.as_uint() <= static_cast<std::uint64_t>(exact);
}

bool is_integral(const Value& value) {
  return !value.is(Kind::real) || value.as_double() == std::trunc(value.as_double());
}

std::string next_text(const Value& point, int step) {
  switch (point.kind()) {
    case Kind::integer: return std::to_string(point.as_int() + step);
    case Kind::real: return cel::to_text(Value::real(point.as_double() + step));
    case Kind::date: return cel::to_text(Value::date(point.days() + step));
    case Kind::string: return step < 0 ? std::string("\"\"") : cel::to_text(point) + " + \"…\"";
    case Kind::timestamp: return cel::to_text(Value::timestamp(point.seconds() + step, point.nanos()));
    case Kind::duration: return cel::to_text(Value::duration(point.seconds() + step, point.nanos()));
    default: return (step < 0 ? "below " : "above ") + cel::to_text(point);
  }
}

}  // namespace

Value column_value(const Value& value, ColumnType type) {
  if (!value.is(Kind::decimal) || type == ColumnType::decimal) return value;
  // The nearest double by way of the text, so that it meets the double that the same digits give in a cell.
  auto digits = value.unscaled();
  const bool negative = digits < 0;
  if (negative) digits = -digits;
  std::array<char, 48> text{};
  auto* end = text.data() + text.size();
  auto* at = end;
  do {
    *--at = static_cast<char>('0' + static_cast<int>(digits % 10));
    digits /= 10;
  } while (digits != 0);
  std::string number(at, end);
  number += "e-" + std::to_string(value.scale());
  double out = 0;
  std::from_chars(number.data(), number.data() + number.size(), out);
  return Value::real(negative ? -out : out);
}

bool is_of_type(const Value& value, ColumnType type) {
  if (value.is(Kind::null)) return true;
  const bool number = value.kind() >= Kind::integer && value.kind() <= Kind::real;
  switch (type) {
    case ColumnType::any: return true;
    case ColumnType::number: return number || value.is(Kind::decimal);
    case ColumnType::integer:
      return number && (!value.is(Kind::real) || value.as_double() == std::trunc(value.as_double()));
    case ColumnType::decimal: return value.is(Kind::decimal);
    case ColumnType::string: return value.is(Kind::string);
    case ColumnType::boolean: return value.is(Kind::boolean);
    case ColumnType::date: return value.is(Kind::date);
    case ColumnType::timestamp: return value.is(Kind::timestamp);
    case ColumnType::duration: return value.is(Kind::duration);
  }
  return true;
}

Column::Class Column::class_of(const Value& value) {
  switch (value.kind()) {
    case Kind::boolean: return Class::boolean;
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::decimal: return Class::number;
    case Kind::real: return std::isnan(value.as_double()) ? Class::none : Class::number;
    case Kind::string: return Class::string;
    case Kind::date: return Class::date;
    case Kind::timestamp: return Class::timestamp;
    case Kind::duration: return Class::duration;
    default: return Class::none;
  }
}

void Column::add(const Value& raw, bool ordered) {
  const auto constant = column_value(raw, type_);
  const auto c = class_of(constant);
  if (c == Class::none) return;
  auto& block = blocks_[static_cast<std::size_t>(c)];
  block.points.push_back(constant);
  block.ordered = block.ordered || ordered;
}

void Column::seal() {
  auto& truth = blocks_[static_cast<std::size_t>(Class::boolean)];
  if (type_ == ColumnType::boolean || !truth.points.empty())
    truth.points = {Value::boolean(false), Value::boolean(true)};
  Rank next = other_rank + 1;
  for (auto& block : blocks_) {
    auto& points = block.points;
    std::sort(points.begin(), points.end(),
              [](const Value& a, const Value& b) { return cel::compare(a, b) == Order::less; });
    points.erase(
        std::unique(points.begin(), points.end(), [](const Value& a, const Value& b) { return cel::equal(a, b); }),
        points.end());
    points.shrink_to_fit();
    block.first = next;
    next += static_cast<Rank>(points.size() * 2 + 1);
    if (points.empty()) continue;
    double d = 0;
    if (class_of(points[0]) == Class::number &&
        std::all_of(points.begin(), points.end(), [&](const Value& point) { return as_exact_double(point, d); }))
      for (const auto& point : points) {
        (void)as_exact_double(point, d);
        block.doubles.push_back(d);
      }
    // Few numbers are found faster by halving; equality alone needs no order.
    if (block.ordered || points.size() < 8 || points[0].is(Kind::boolean)) continue;
    block.slots.assign(std::bit_ceil(points.size() * 2), 0);
    const auto mask = block.slots.size() - 1;
    for (std::size_t i = 0; i < points.size(); ++i) {
      auto slot = cel::hash(points[i]) & mask;
      while (block.slots[slot] != 0) slot = (slot + 1) & mask;
      block.slots[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }
  last_ = next - 1;
}

Rank Column::rank(const Value& raw) const {
  const auto value = column_value(raw, type_);
  if (value.is(Kind::null)) return null_rank;
  const auto c = class_of(value);
  return c == Class::none ? other_rank : rank_in(block(c), value);
}

Rank Column::rank_in(const Block& block, const Value& value) const {
  const auto& points = block.points;
  if (value.is(Kind::boolean) && points.size() == 2) return block.first + (value.as_bool() ? 3 : 1);
  if (!block.slots.empty()) {
    const auto mask = block.slots.size() - 1;
    for (auto slot = cel::hash(value) & mask; block.slots[slot] != 0; slot = (slot + 1) & mask)
      if (const auto i = block.slots[slot] - 1; cel::equal(points[i], value)) return block.first + 2 * i + 1;
    return block.first;  // every gap behaves alike when nothing is ordered
  }
  double d = 0;
  if (!block.doubles.empty() && as_exact_double(value, d)) {
    const auto at = std::lower_bound(block.doubles.begin(), block.doubles.end(), d);
    const auto i = static_cast<Rank>(at - block.doubles.begin());
    return block.first + 2 * i + (at != block.doubles.end() && *at == d ? 1 : 0);
  }
  const auto at = std::lower_bound(points.begin(), points.end(), value,
                                   [](const Value& a, const Value& b) { return cel::compare(a, b) == Order::less; });
  const auto i = static_cast<Rank>(at - points.begin());
  return block.first + 2 * i + (at != points.end() && cel::equal(*at, value) ? 1 : 0);
}

RankSet Column::equal_to(const Value& raw) const {
  const auto constant = column_value(raw, type_);
  if (constant.is(Kind::null)) return {null_rank, null_rank};
  const auto c = class_of(constant);
  if (c == Class::none) return {};
  const auto rank = rank_in(block(c), constant);
  return {rank, rank};
}

RankSet Column::between(const std::optional<Bound>& low, const std::optional<Bound>& high) const {
  const auto c = class_of(low ? low->value : high->value);
  if (c == Class::none || (low && high && class_of(high->value) != c)) return {};
  const auto& part = block(c);
  const auto place = [&](const Bound& bound) { return rank_in(part, column_value(bound.value, type_)); };
  const auto from = low ? place(*low) + (low->included ? 0 : 1) : part.first;
  const auto end = part.first + static_cast<Rank>(part.points.size() * 2);
  const auto to = high ? place(*high) - (high->included ? 0 : 1) : end;
  return {from, to};
}

RankSet Column::of_class(Class c) const {
  if (c == Class::none) return {other_rank, other_rank};
  const auto& part = block(c);
  return {part.first, part.first + static_cast<Rank>(part.points.size() * 2)};
}

RankSet Column::expected() const {
  RankSet out;
  for (std::size_t c = 0; c < classes; ++c) {
    const auto& part = blocks_[c];
    const bool named = !part.points.empty();
    const bool only = type_ != ColumnType::any && named;
    if (!only && !(type_ == ColumnType::any && named)) continue;
    for (Rank rank = part.first; rank <= part.first + part.points.size() * 2; ++rank)
      if (!is_hollow(rank)) out.append(rank, rank);
  }
  if (out.empty()) out.append(other_rank, other_rank);
  return out;
}

bool Column::is_hollow(Rank rank) const {
  for (std::size_t c = 0; c < classes; ++c) {
    const auto& part = blocks_[c];
    const auto end = part.first + part.points.size() * 2;
    if (rank < part.first || rank > end) continue;
    const auto above = (rank - part.first) / 2;  // the point above this gap, or this one
    const bool whole = is_whole(static_cast<Class>(c));
    if ((rank - part.first) % 2 == 1) return whole && !is_integral(part.points[above]);
    if (static_cast<Class>(c) == Class::boolean) return true;
    if (!whole || above == 0 || above == part.points.size()) {
      // Nothing sorts below the empty text.
      return static_cast<Class>(c) == Class::string && above == 0 && !part.points.empty() &&
             part.points[0].as_string().empty();
    }
    const auto& a = part.points[above - 1];
    const auto& b = part.points[above];
    if (a.is(Kind::date)) return b.days() - a.days() <= 1;
    double x = 0;
    double y = 0;
    return as_exact_double(a, x) && as_exact_double(b, y) && std::floor(x) + 1 >= y;
  }
  return false;
}

std::string Column::example(Rank rank) const {
  if (rank == null_rank) return "null";
  for (const auto& part : blocks_) {
    if (rank < part.first || rank > part.first + part.points.size() * 2) continue;
    const auto i = (rank - part.first) / 2;
    if ((rank - part.first) % 2 == 1) return cel::to_text(part.points[i]);
    if (part.points.empty()) break;
    const bool below = i == 0;
    if (const auto& end = below ? part.points.front() : part.points.back();
        (below || i == part.points.size()) && whole_ && !is_integral(end))
      return std::to_string(
          static_cast<std::int64_t>(below ? std::floor(end.as_double()) : std::ceil(end.as_double())));
    if (i == 0) return next_text(part.points.front(), -1);
    if (i == part.points.size()) return next_text(part.points.back(), 1);
    const auto& low = part.points[i - 1];
    double x = 0;
    double y = 0;
    if (class_of(low) != Class::number || !as_exact_double(low, x) || !as_exact_double(part.points[i], y))
      return next_text(low, 1);
    const auto middle = std::floor(x) + 1 < y ? std::floor(x) + 1 : x + (y - x) / 2;
    if (middle == std::trunc(middle) && std::fabs(middle) < static_cast<double>(exact))
      return std::to_string(static_cast<std::int64_t>(middle));
    return cel::to_text(Value::real(middle));
  }
  return "any value";
}

std::size_t Column::bytes() const {
  std::size_t out = sizeof *this;
  for (const auto& part : blocks_)
    out += part.points.capacity() * sizeof(Value) + part.doubles.capacity() * sizeof(double) +
           part.slots.capacity() * sizeof(std::uint32_t);
  return out;
}

}  // namespace socle::rules
