// emitter.hpp: appends payloads to a growing flat document, in the one order that the layout allows. The parser, the
// builder and the compactor write through it, so that there is one author of documents. Internal; one thread at a time.
//
// Invariants: size() is a multiple of 8; bytes between a payload's end and the next multiple of 8 are zero. The put
// functions write unchecked: REQUIRES that reserve() has made room for what they append (room_for_* say how much).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "socle/json/layout.hpp"
#include "socle/json/view.hpp"
#include "src/number.hpp"

namespace socle::json {

class Emitter {
 public:
  static constexpr std::size_t slack = 64;  // what unchecked block copies may scribble past the end

  void clear() { size_ = sizeof(layout::Header); }
  void reserve(std::size_t extra) {
    if (size_ + extra + slack > capacity_) grow(size_ + extra + slack);
  }
  // Frees the buffer when it is larger than this.
  void shrink(std::size_t limit);

  static std::size_t room_for_text(std::size_t size) { return layout::padded(size) + 8; }
  static std::size_t room_for_object(std::size_t count) {
    return count * 16 + layout::padded(count * 4) + (count > layout::scan_limit ? layout::slots(count) * 4 : 0);
  }

  [[nodiscard]] char* begin() { return data_.get(); }
  [[nodiscard]] char* end() { return data_.get() + size_; }
  [[nodiscard]] const char* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // For bytes that somebody has already written at end(). REQUIRES: a multiple of 8.
  void advance(std::size_t size) { size_ += size; }

  std::uint64_t put_string(std::string_view text) {
    if (!text.empty()) std::memcpy(end(), text.data(), text.size());
    return seal_string(text.size());
  }
  // For a string whose bytes somebody has already written at end().
  std::uint64_t seal_string(std::size_t size) {
    constexpr std::uint64_t zero = 0;
    std::memcpy(end() + size, &zero, 8);
    const auto word = layout::word(layout::Tag::string, size_, size);
    size_ += layout::padded(size);
    return word;
  }
  std::uint64_t put_number(const Number& number, std::string_view text) {
    std::memcpy(end(), &number.bits, 8);
    std::memcpy(end() + 8, text.data(), text.size());
    constexpr std::uint64_t zero = 0;
    std::memcpy(end() + 8 + text.size(), &zero, 8);
    const auto word = layout::word(number.tag, size_, text.size());
    size_ += 8 + layout::padded(text.size());
    return word;
  }
  std::uint64_t put_array(const std::uint64_t* words, std::size_t count) {
    if (count != 0) std::memcpy(end(), words, count * 8);
    const auto word = layout::word(layout::Tag::array, size_, count);
    size_ += count * 8;
    return word;
  }
  // members: pairs of key word and value word. Appends nothing and returns the number of a member whose name an earlier
  // one has, or else View::none with `word` set.
  std::size_t put_object(const std::uint64_t* members, const std::uint32_t* hashes, std::size_t count,
                         std::uint64_t& word);
  // Keeps of each name the last value at the first place; returns how many are left. The payloads of the others stay
  // behind as gaps, so the finished document must be rebuilt (compact()).
  std::size_t drop_duplicates(std::uint64_t* members, std::uint32_t* hashes, std::size_t count) const;

  // Writes the header; the document is then data(), size(). REQUIRES: all containers are closed.
  void finish(std::uint64_t root);

 private:
  enum class Indexed { yes, crowded, duplicate };
  template <class Slot>
  Indexed fill_index(const std::uint64_t* members, const std::uint32_t* hashes, std::size_t count, char* index,
                     std::size_t& duplicate) const;
  std::size_t sort_members(const std::uint64_t* members, std::size_t count, char* index) const;
  [[nodiscard]] std::string_view key(std::uint64_t word) const {
    return {data_.get() + layout::at_of(word), layout::length_of(word)};
  }
  void grow(std::size_t wanted);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = sizeof(layout::Header);
  std::size_t capacity_ = 0;
};

// Appends a copy of the value's subtree and returns its word. Grows `to` as needed.
std::uint64_t copy_value(Emitter& to, View value);

}  // namespace socle::json
