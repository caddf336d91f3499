// text_steps.cpp: see the header.
#include "socle/cel/text_steps.hpp"

#include <cstring>

namespace socle::cel {
namespace {

constexpr std::size_t longest_short = 4096;  // of a part that memmem looks for: linear, after a look at all of the part
constexpr std::size_t block = 256;

}  // namespace

bool begins_with(Context& c, std::string_view text, std::string_view part) {
  for (; part.size() > block; part.remove_prefix(block), text.remove_prefix(block)) {
    if (!text.starts_with(part.substr(0, block))) return false;
    if (!c.charge(1)) return false;
  }
  return text.starts_with(part);
}

std::size_t TextSearch::from(std::size_t at) {
  if (at > text_.size()) return nowhere;
  if (part_.empty()) return at;
  if (part_.size() > text_.size() - at) return nowhere;
  const auto end = text_.size() - part_.size() + 1;  // behind the last place
  paid_ = std::max(paid_, at);
  while (at < end) {
    if (at >= paid_) {
      const auto step = std::min(text_step, end - paid_);
      if (!c_.charge_text(step)) return nowhere;
      paid_ += step;
    }
    const auto until = std::min(paid_, end);
    const auto found = part_.size() <= longest_short ? short_from(at, until) : long_from(at, until);
    if (found != nowhere || c_.stop != nullptr) return found;
    at = until;
  }
  return nowhere;
}

std::size_t TextSearch::short_from(std::size_t at, std::size_t end) const {
  const auto* found = memmem(text_.data() + at, end - at + part_.size() - 1, part_.data(), part_.size());
  return found == nullptr ? nowhere : static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
}

// Compared at every place where it may begin; each pays for itself.
std::size_t TextSearch::long_from(std::size_t at, std::size_t end) {
  while (at < end) {
    const auto* first = std::memchr(text_.data() + at, part_[0], end - at);
    if (first == nullptr) return nowhere;
    at = static_cast<std::size_t>(static_cast<const char*>(first) - text_.data());
    if (begins_with(c_, text_.substr(at), part_)) return at;
    if (c_.stop != nullptr || !c_.charge(1)) return nowhere;
    ++at;
  }
  return nowhere;
}

}  // namespace socle::cel
