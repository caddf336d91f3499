// Objects: their index, their duplicates; and copying a subtree from one document into another.
#include "src/emitter.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace socle::json {
namespace {

// Four bytes or one at a place that need not be aligned.
template <class Slot>
std::size_t read_slot(const char* index, std::size_t slot) {
  Slot value;
  std::memcpy(&value, index + slot * sizeof(Slot), sizeof(Slot));
  return value;
}
template <class Slot>
void write_slot(char* index, std::size_t slot, std::size_t number) {
  const auto value = static_cast<Slot>(number);
  std::memcpy(index + slot * sizeof(Slot), &value, sizeof(Slot));
}

}  // namespace

void Emitter::grow(std::size_t wanted) {
  const std::size_t capacity = std::max(wanted, capacity_ * 2);
  std::unique_ptr<char[]> larger(new char[capacity]);
  if (data_) std::memcpy(larger.get(), data_.get(), size_);
  data_ = std::move(larger);
  capacity_ = capacity;
}

void Emitter::shrink(std::size_t limit) {
  if (capacity_ <= limit) return;
  data_.reset();
  capacity_ = 0;
  clear();
}

template <class Slot>
Emitter::Indexed Emitter::fill_index(const std::uint64_t* members, const std::uint32_t* hashes, std::size_t count,
                                     char* index, std::size_t& duplicate) const {
  const std::size_t mask = layout::slots(count) - 1;
  std::memset(index, 0, layout::padded((mask + 1) * sizeof(Slot)));
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t slot = hashes[i] & mask;
    for (std::size_t steps = 0;; ++steps, slot = (slot + 1) & mask) {
      const std::size_t entry = read_slot<Slot>(index, slot);
      if (entry == 0) break;
      if (steps == layout::probe_limit) return Indexed::crowded;
      if (hashes[entry - 1] == hashes[i] && key(members[(entry - 1) * 2]) == key(members[i * 2])) {
        duplicate = i;
        return Indexed::duplicate;
      }
    }
    write_slot<Slot>(index, slot, i + 1);
  }
  return Indexed::yes;
}

std::size_t Emitter::sort_members(const std::uint64_t* members, std::size_t count, char* index) const {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int c = key(members[a * 2]).compare(key(members[b * 2]));
    return c != 0 ? c < 0 : a < b;
  });
  std::size_t duplicate = View::none;
  for (std::size_t i = 1; i < count; ++i)
    if (key(members[order[i - 1] * 2]) == key(members[order[i] * 2]))
      duplicate = std::min<std::size_t>(duplicate, order[i]);
  if (duplicate != View::none) return duplicate;
  std::memset(index + count * 4, 0, layout::padded(count * 4) - count * 4);
  std::memcpy(index, order.data(), count * 4);
  return View::none;
}

std::size_t Emitter::put_object(const std::uint64_t* members, const std::uint32_t* hashes, std::size_t count,
                                std::uint64_t& word) {
  char* const table = end();
  char* const table_hashes = table + count * 16;
  char* const index = table_hashes + layout::padded(count * 4);
  auto tag = layout::Tag::object;
  if (count <= layout::scan_limit) {
    for (std::size_t i = 1; i < count; ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (hashes[i] == hashes[j] && key(members[i * 2]) == key(members[j * 2])) return i;
  } else {
    std::size_t duplicate = View::none;
    const auto indexed = layout::narrow(count) ? fill_index<std::uint8_t>(members, hashes, count, index, duplicate)
                                               : fill_index<std::uint32_t>(members, hashes, count, index, duplicate);
    if (indexed == Indexed::duplicate) return duplicate;
    if (indexed == Indexed::crowded) {
      duplicate = sort_members(members, count, index);
      if (duplicate != View::none) return duplicate;
      tag = layout::Tag::object_sorted;
    }
  }
  if (count != 0) std::memcpy(table, members, count * 16);
  if (count & 1) std::memset(table_hashes + count * 4, 0, 4);
  if (count != 0) std::memcpy(table_hashes, hashes, count * 4);
  word = layout::word(tag, size_, count);
  size_ += count * 16 + layout::padded(count * 4) + layout::index_size(tag, count);
  return View::none;
}

std::size_t Emitter::drop_duplicates(std::uint64_t* members, std::uint32_t* hashes, std::size_t count) const {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int c = key(members[a * 2]).compare(key(members[b * 2]));
    return c != 0 ? c < 0 : a < b;
  });
  std::vector<bool> dead(count);
  for (std::size_t i = 1, first = 0; i < count; ++i) {
    if (key(members[order[first] * 2]) != key(members[order[i] * 2])) {
      first = i;
      continue;
    }
    members[order[first] * 2 + 1] = members[order[i] * 2 + 1];
    dead[order[i]] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (dead[i]) continue;
    members[kept * 2] = members[i * 2];
    members[kept * 2 + 1] = members[i * 2 + 1];
    hashes[kept++] = hashes[i];
  }
  return kept;
}

void Emitter::finish(std::uint64_t root) {
  layout::Header header{};
  std::memcpy(header.magic, layout::magic, 4);
  header.version = layout::version;
  header.size = size_;
  header.root = root;
  reserve(0);
  std::memcpy(data_.get(), &header, sizeof header);
}

namespace {

// Copies depth first; the words of the containers we are in lie on one stack. Recursion is bounded by max_depth.
class Copier {
 public:
  explicit Copier(Emitter& to) : to_(to) {}

  std::uint64_t copy(View value) {
    switch (value.kind()) {
      case Kind::integer:
      case Kind::unsigned_integer:
      case Kind::number: return copy_payload(value, 8);
      case Kind::string: return copy_payload(value, 0);
      case Kind::array: return copy_array(value);
      case Kind::object: return copy_object(value);
      default: return value.word();
    }
  }

 private:
  static std::uint64_t moved(std::uint64_t word, std::size_t at) {
    return layout::word(layout::tag_of(word), at, layout::length_of(word));
  }
  std::uint64_t append(const char* bytes, std::size_t size, std::uint64_t word) {
    to_.reserve(size);
    if (size != 0) std::memcpy(to_.end(), bytes, size);
    const auto at = to_.size();
    to_.advance(size);
    return moved(word, at);
  }
  std::uint64_t copy_payload(View value, std::size_t head) {
    const auto word = value.word();
    return append(value.base() + layout::at_of(word), head + layout::padded(layout::length_of(word)), word);
  }
  std::uint64_t copy_array(View value) {
    const std::size_t start = words_.size();
    for (View element : value.elements()) {
      const auto word = copy(element);
      words_.push_back(word);
    }
    to_.reserve((words_.size() - start) * 8);
    const auto word = to_.put_array(words_.data() + start, words_.size() - start);
    words_.resize(start);
    return word;
  }
  std::uint64_t copy_object(View value) {
    const std::size_t start = words_.size();
    const char* const table = value.base() + layout::at_of(value.word());
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto key = copy_payload(View(value.base(), layout::load64(table + i * 16)), 0);
      words_.push_back(key);
      const auto word = copy(value.value_at(i));
      words_.push_back(word);
    }
    const auto tag = layout::tag_of(value.word());
    const std::size_t rest = layout::padded(value.size() * 4) + layout::index_size(tag, value.size());
    const auto at = to_.size();
    append(reinterpret_cast<const char*>(words_.data() + start), value.size() * 16, 0);
    append(table + value.size() * 16, rest, 0);
    words_.resize(start);
    return moved(value.word(), at);
  }

  Emitter& to_;
  std::vector<std::uint64_t> words_;
};

}  // namespace

std::uint64_t copy_value(Emitter& to, View value) { return Copier(to).copy(value); }

}  // namespace socle::json
