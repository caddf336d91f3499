// meta.hpp: Meta, the owned list of key-value pairs that a payload is made with. Few pairs, short texts: one growing
// buffer and one vector of offsets. Belongs to whoever holds it; one thread.
#pragma once

#include <socle/detail/abi_text.hpp>

#include <string>
#include <utility>
#include <vector>

namespace socle {

class Meta {
 public:
  Meta() = default;
  Meta(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
    for (const auto& [key, value] : pairs) set(key, value);
  }

  // The last value set under a key holds.
  Meta& set(std::string_view key, std::string_view value) {
    std::size_t at = 0;
    while (at < spans_.size() && key_of(spans_[at]) != key) ++at;
    const Span span{bytes_.size(), key.size(), value.size()};
    bytes_.append(key).append(value);
    if (at == spans_.size()) {
      spans_.push_back(span);
    } else {
      spans_[at] = span;
    }
    return *this;
  }

  [[nodiscard]] bool empty() const { return spans_.empty(); }
  [[nodiscard]] std::size_t size() const { return spans_.size(); }

  [[nodiscard]] std::string_view get(std::string_view key) const {
    for (const Span& span : spans_) {
      if (key_of(span) == key) return value_of(span);
    }
    return {};
  }

  // As the ABI wants them; valid until the next set().
  [[nodiscard]] std::vector<socle_pair> pairs() const {
    std::vector<socle_pair> out;
    out.reserve(spans_.size());
    for (const Span& span : spans_) out.push_back({detail::str(key_of(span)), detail::str(value_of(span))});
    return out;
  }

 private:
  struct Span {
    std::size_t at, key, value;
  };
  [[nodiscard]] std::string_view key_of(const Span& span) const { return {bytes_.data() + span.at, span.key}; }
  [[nodiscard]] std::string_view value_of(const Span& span) const {
    return {bytes_.data() + span.at + span.key, span.value};
  }

  std::string bytes_;
  std::vector<Span> spans_;
};

}  // namespace socle
