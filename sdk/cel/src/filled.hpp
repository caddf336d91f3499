// filled.hpp: lists and texts made in the arena chunk by chunk, each paid for before it is made: fresh memory comes
// page by page as it is written, so that a long one must look at the interrupt in between.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>

#include "socle/cel/text_steps.hpp"

namespace socle::cel {

inline constexpr std::size_t list_chunk = 2000;       // values
inline constexpr std::size_t text_chunk = text_step;  // bytes

// The list of make(0) … make(size - 1). A `make` that stops the evaluation gives anything.
template <class Make>
Value filled(Context& c, std::size_t size, const Make& make) {
  if (size > c.fuel_left()) {
    (void)c.charge(size);
    return c.stopped();
  }
  auto* items = c.arena.make<Value>(size);
  if (items == nullptr) return c.out_of_memory();
  for (std::size_t from = 0; from < size; from += list_chunk) {
    const auto to = std::min(size, from + list_chunk);
    if (!c.charge(to - from)) return c.stopped();
    for (auto i = from; i < to; ++i) items[i] = make(i);
    if (c.stop != nullptr) return c.stopped();
  }
  return Value::list(items, size);
}

// Values whose number is not known before. They wait outside of the arena, never more of them than it could take.
class GatheredList {
 public:
  explicit GatheredList(Context& c) : c_(c), most_(c.arena.left() / sizeof(Value)) {}
  // False when the evaluation was stopped.
  [[nodiscard]] bool add(const Value& value) {
    if (values_.size() >= most_) {
      (void)c_.out_of_memory();
      return false;
    }
    values_.push_back(value);
    return true;
  }
  [[nodiscard]] Value finish() {
    return filled(c_, values_.size(), [this](std::size_t i) { return values_[i]; });
  }

 private:
  Context& c_;
  std::size_t most_;
  std::deque<Value> values_;  // grows without copying
};

// A text of at most `size` bytes, put together in the arena.
class FilledText {
 public:
  FilledText(Context& c, std::size_t size) : c_(c), size_(size) {
    if (size / 16 + 1 > c.fuel_left())
      (void)c.charge_text(size);
    else if ((out_ = c.arena.make<char>(size)) == nullptr)
      (void)c.out_of_memory();
  }
  // False when the evaluation was stopped. REQUIRES: all pieces together have at most `size` bytes
  [[nodiscard]] bool put(std::string_view piece) {
    if (c_.stop != nullptr) return false;
    while (piece.size() > paid_) {
      const auto part = paid_;
      copy(piece.substr(0, part));
      piece.remove_prefix(part);
      paid_ = std::min(text_chunk, size_ - length_);
      if (!c_.charge_text(paid_)) return false;
    }
    copy(piece);
    return true;
  }
  [[nodiscard]] Value finish(Kind kind = Kind::string) const {
    if (c_.stop != nullptr) return c_.stopped();
    return kind == Kind::bytes ? Value::bytes({out_, length_}) : Value::string({out_, length_});
  }

 private:
  void copy(std::string_view piece) {
    std::copy(piece.begin(), piece.end(), out_ + length_);
    length_ += piece.size();
    paid_ -= piece.size();
  }

  Context& c_;
  std::size_t size_;
  char* out_ = nullptr;
  std::size_t length_ = 0;
  std::size_t paid_ = 0;
};

// A text whose size is not known before. It waits outside of the arena, never more of it than that could take.
class GatheredText {
 public:
  GatheredText(Context& c, std::size_t longest) : c_(c), room_(std::min(longest, c.arena.left())) {}
  [[nodiscard]] bool fits(std::size_t more) const { return more <= room_ - size_; }
  // False when the evaluation was stopped.
  [[nodiscard]] bool add(std::string_view piece) {
    if (!fits(piece.size())) {
      (void)c_.out_of_memory();
      return false;
    }
    size_ += piece.size();
    while (!piece.empty()) {
      if (chunks_.empty() || chunks_.back().size() == text_chunk) chunks_.emplace_back();
      const auto part = piece.substr(0, text_chunk - chunks_.back().size());
      if (!c_.charge(part.size() / 16)) return false;
      chunks_.back() += part;
      piece.remove_prefix(part.size());
    }
    return true;
  }
  [[nodiscard]] Value finish() {
    FilledText out(c_, size_);
    for (const auto& chunk : chunks_)
      if (!out.put(chunk)) break;
    return out.finish();
  }

 private:
  Context& c_;
  std::size_t room_;
  std::size_t size_ = 0;
  std::deque<std::string> chunks_;
};

}  // namespace socle::cel
