// text_steps.hpp: long texts worked through inside a CEL function a step at a time, each paid for before it is done: so
// the interrupt is looked at in between, and no single piece of work is longer than a step. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "socle/cel/function.hpp"

namespace socle::cel {

// Bytes; 2,049 units of fuel.
inline constexpr std::size_t text_step = std::size_t{32} << 10;

// work(piece) for the text from its beginning, until it answers false: that was enough. An empty text is one empty
// piece; pieces of UTF-8 end between characters. False: the evaluation was stopped.
template <class Work>
[[nodiscard]] bool in_steps(Context& c, std::string_view text, const Work& work) {
  do {
    auto size = std::min(text_step, text.size());
    while (size < text.size() && size > text_step - 4 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
      --size;
    if (!c.charge_text(size)) return false;
    if (!work(text.substr(0, size))) return true;
    text.remove_prefix(size);
  } while (!text.empty());
  return true;
}

// Where a part stands in a text, in a time that grows with the sum of their sizes, never with the product. Every byte
// of the text is paid for once, whatever number of places is found.
class TextSearch {
 public:
  // All are borrowed.
  TextSearch(Context& c, std::string_view text, std::string_view part) : c_(c), text_(text), part_(part) {}

  static constexpr std::size_t nowhere = std::string_view::npos;
  // The first place from there on; nowhere, also when the evaluation was stopped: look at Context::stop.
  [[nodiscard]] std::size_t from(std::size_t at);

 private:
  [[nodiscard]] std::size_t short_from(std::size_t at, std::size_t end) const;
  [[nodiscard]] std::size_t long_from(std::size_t at, std::size_t end);

  Context& c_;
  std::string_view text_;
  std::string_view part_;
  std::size_t paid_ = 0;  // up to this byte
};

// Whether `part` stands at the beginning of `text`; every 256 bytes that are equal take a unit. False as well when the
// evaluation was stopped.
[[nodiscard]] bool begins_with(Context& c, std::string_view text, std::string_view part);

}  // namespace socle::cel
