#include "manifest/problems.hpp"

#include <algorithm>
#include <array>

namespace socle::manifest {

void Problems::add(Place at, std::string message) {
  ++count_;
  if (list_.size() < kept_at_most) list_.push_back({at, std::move(message)});
}

std::string Problems::where(Place at) const {
  if (at.line == 0) return file_;
  return file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::vector<Problem> Problems::list() const {
  auto sorted = list_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return a.at.line != b.at.line ? a.at.line < b.at.line : a.at.column < b.at.column;
  });
  return sorted;
}

Error Problems::error() const {
  std::string text;
  for (const auto& problem : list()) {
    if (!text.empty()) text += '\n';
    text += where(problem.at) + ": " + problem.message;
  }
  if (count_ > list_.size()) {
    text += "\n" + file_ + ": and " + std::to_string(count_ - list_.size()) + " more problems";
  }
  return {Code::invalid, std::move(text)};
}

namespace {
constexpr std::size_t longest_word = 64;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (a.size() > longest_word || b.size() > longest_word) return longest_word + 1;
  using Row = std::array<std::size_t, longest_word + 1>;
  Row before_last{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitute});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.empty()) return {};
  std::size_t limit = std::min(std::max<std::size_t>(1, word.size() / 3), word.size() - 1);
  std::string_view best;
  for (const auto candidate : candidates) {
    const auto distance = edit_distance(word, candidate);
    if (distance > limit || (!best.empty() && distance == limit)) continue;
    best = candidate;
    limit = distance;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto best = nearest(word, candidates);
  return best.empty() ? std::string() : "; did you mean '" + std::string(best) + "'?";
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "'";
  std::size_t end = std::min(text.size(), longest);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  for (const char c : text.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += "\\x";
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    }
  }
  if (end < text.size()) out += "…";
  return out + "'";
}

}  // namespace socle::manifest
