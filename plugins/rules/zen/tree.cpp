// tree.cpp: see the header.
#include "zen/tree.hpp"

#include <utility>

#include "zen/moment.hpp"

namespace socle::rules::zen {
namespace {

using cel::Kind;
using cel::Value;

constexpr std::size_t few = 16;  // entries that are looked through

}  // namespace

bool is_plain_object(const Value& value) { return value.is(Kind::map) && !is_moment(value); }

Tree Tree::of(const Value& object) {
  Tree out;
  for (std::size_t i = 0; i < object.size(); ++i)
    out.entries_.push_back({std::string(object.key_at(i).as_string()), object.at(i), nullptr});
  return out;
}

Tree::Entry& Tree::entry(std::string_view key) {
  if (entries_.size() <= few) {
    for (auto& known : entries_)
      if (known.key == key) return known;
  } else {
    if (places_.empty())
      for (std::size_t i = 0; i < entries_.size(); ++i) places_.emplace(entries_[i].key, i);
    const auto [place, added] = places_.emplace(key, entries_.size());
    if (!added) return entries_[place->second];
  }
  return entries_.emplace_back(Entry{std::string(key), {}, nullptr});
}

void Tree::put(std::string_view path, const Value& value, std::size_t names) {
  if (names > most_names) return;
  const auto dot = path.find('.');
  auto& member = entry(path.substr(0, dot));
  if (dot == std::string_view::npos) {
    member.value = value;
    member.inside = nullptr;
    return;
  }
  if (!member.inside) {
    if (is_plain_object(member.value))
      member.inside = std::make_unique<Tree>(of(member.value));
    else if (member.value.is(Kind::null))
      member.inside = std::make_unique<Tree>();
    else
      return;
  }
  member.inside->put(path.substr(dot + 1), value, names + 1);
}

Value Tree::finish(cel::Context& c) const {
  if (!c.charge(1)) return c.stopped();
  std::vector<std::pair<Value, Value>> out;
  for (const auto& member : entries_) {
    if (!c.charge(fuel_a_member)) return c.stopped();
    const auto value = member.inside ? member.inside->finish(c) : member.value;
    if (value.is_error()) return value;
    out.emplace_back(cel::copy_string(c.arena, member.key), value);
  }
  const auto made = cel::make_map(c.arena, out);
  return made.is(Kind::map) ? made : c.out_of_memory();
}

}  // namespace socle::rules::zen
