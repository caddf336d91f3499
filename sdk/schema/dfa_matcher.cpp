// dfa_matcher.cpp: subset construction. A DFA state is the set of NFA states alive before the next byte; '^' can be
// passed only before the first byte, '$' only behind the last, so both are settled here and cost nothing at run time.
#include "dfa_matcher.hpp"

#include <algorithm>
#include <map>

#include "byte_nfa.hpp"

namespace socle::schema {

namespace {
constexpr std::size_t max_nfa_states = 1500;
constexpr std::size_t max_dfa_states = 600;
constexpr std::size_t max_work = 400000;  // NFA states visited during construction
}  // namespace

class DfaBuilder {
 public:
  std::optional<DfaMatcher> run(const PatternTree& tree) {
    if (!nfa_.build(tree, max_nfa_states)) return std::nullopt;
    byte_classes();
    dfa_.accepts_at_end_ = {0, 1};
    members_ = {{}, {}};
    dfa_.next_.assign(2 * dfa_.width_, DfaMatcher::dead);
    std::fill_n(dfa_.next_.begin() + dfa_.width_, dfa_.width_, static_cast<std::uint16_t>(DfaMatcher::matched));
    begin_closure();
    closure(nfa_.start, true, false);
    dfa_.start_ = state_of();
    for (std::size_t state = 2; state < members_.size(); ++state) {
      for (std::uint32_t letter = 0; letter < dfa_.width_; ++letter) {
        const std::uint32_t target = step(state, representative_[letter]);
        if (members_.size() > max_dfa_states || work_ > max_work) return std::nullopt;
        dfa_.next_[state * dfa_.width_ + letter] = static_cast<std::uint16_t>(target);
      }
    }
    return std::move(dfa_);
  }

 private:
  // Bytes that no transition tells apart share a column.
  void byte_classes() {
    std::array<bool, 257> border{};
    for (const auto& state : nfa_.states) {
      if (state.kind != ByteNfa::Kind::bytes || state.first > state.last) continue;
      border[state.first] = true;
      border[std::size_t{state.last} + 1] = true;
    }
    std::uint32_t column = 0;
    representative_.push_back(0);
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (byte > 0 && border[byte]) {
        ++column;
        representative_.push_back(static_cast<std::uint8_t>(byte));
      }
      dfa_.classes_[byte] = static_cast<std::uint8_t>(column);
    }
    dfa_.width_ = column + 1;
  }

  void begin_closure() {
    current_.clear();
    seen_.assign(nfa_.states.size(), 0);
    accepted_ = false;
  }

  // Adds everything reachable from `from` without a byte.
  void closure(std::uint32_t from, bool at_begin, bool at_end) {
    std::vector<std::uint32_t> stack{from};
    while (!stack.empty()) {
      const std::uint32_t index = stack.back();
      stack.pop_back();
      ++work_;
      if (index == ByteNfa::nowhere || seen_[index] != 0) continue;
      seen_[index] = 1;
      const auto& state = nfa_.states[index];
      switch (state.kind) {
        case ByteNfa::Kind::bytes: current_.push_back(index); break;
        case ByteNfa::Kind::accept: accepted_ = true; break;
        case ByteNfa::Kind::split: stack.push_back(state.other), stack.push_back(state.next); break;
        case ByteNfa::Kind::begin:
          if (at_begin) stack.push_back(state.next);
          break;
        case ByteNfa::Kind::end:
          if (at_end)
            stack.push_back(state.next);
          else
            current_.push_back(index);  // kept: it may be passed if the text ends here
          break;
      }
    }
  }

  // '$' first and '^' behind it ("$^") can only be passed together on an empty text: remembered as begin state at end.
  bool accepts_at_end(const std::vector<std::uint32_t>& members, bool at_begin) {
    begin_closure();
    for (const auto index : members)
      if (nfa_.states[index].kind == ByteNfa::Kind::end) closure(nfa_.states[index].next, at_begin, true);
    return accepted_;
  }

  std::uint32_t state_of() {
    if (accepted_) return DfaMatcher::matched;
    std::sort(current_.begin(), current_.end());
    const bool first = members_.size() == 2;
    // The first state is its own even when its members recur later: only it may pass '^' behind '$'.
    if (!first) {
      if (const auto known = numbers_.find(current_); known != numbers_.end()) return known->second;
    }
    const auto number = static_cast<std::uint32_t>(members_.size());
    if (!first) numbers_.emplace(current_, number);
    members_.push_back(current_);
    const std::vector<std::uint32_t> members = current_;
    dfa_.accepts_at_end_.push_back(accepts_at_end(members, first) ? 1 : 0);
    dfa_.next_.resize(dfa_.next_.size() + dfa_.width_, DfaMatcher::dead);
    return number;
  }

  std::uint32_t step(std::size_t from, std::uint8_t byte) {
    begin_closure();
    for (const auto index : members_[from]) {
      const auto& state = nfa_.states[index];
      if (state.kind == ByteNfa::Kind::bytes && state.first <= byte && byte <= state.last)
        closure(state.next, false, false);
    }
    closure(nfa_.start, false, false);  // a match may begin at any byte
    if (!accepted_ && current_.empty()) return DfaMatcher::dead;
    return state_of();
  }

  ByteNfa nfa_;
  DfaMatcher dfa_;
  std::vector<std::uint8_t> representative_;
  std::vector<std::vector<std::uint32_t>> members_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers_;
  std::vector<std::uint32_t> current_;
  std::vector<std::uint8_t> seen_;
  bool accepted_ = false;
  std::size_t work_ = 0;
};

std::optional<DfaMatcher> DfaMatcher::build(const PatternTree& tree) {
  if (!tree.regular || tree.properties) return std::nullopt;
  return DfaBuilder().run(tree);
}

}  // namespace socle::schema
