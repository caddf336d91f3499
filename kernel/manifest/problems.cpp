#include "manifest/problems.hpp"

#include <algorithm>

#include "socle/json/nearest.hpp"

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

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto best = json::nearest(word, candidates);
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
