#include "cli/table.hpp"

#include <algorithm>

#include "cli/width.hpp"

namespace socle::cli {

std::string tinted(std::string_view text, Tint tint, bool colour) {
  constexpr std::string_view codes[] = {"", "32", "33", "31", "2", "1"};
  const std::string_view code = codes[static_cast<size_t>(tint)];
  if (!colour || code.empty() || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string Table::print(bool colour) const {
  std::vector<std::vector<Cell>> lines{{}};
  for (const Column& column : columns_) lines[0].emplace_back(column.title, Tint::strong);
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::vector<size_t> widths(columns_.size(), 0);
  for (auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      line[i].text = printable(line[i].text);
      widths[i] = std::max(widths[i], display_width(line[i].text));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    std::string blanks;  // held back until something follows them
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string gap(widths[i] - display_width(line[i].text), ' ');
      if (i > 0) blanks += "  ";
      if (columns_[i].align == Align::right) blanks += gap;
      if (!line[i].text.empty()) {
        out += blanks + tinted(line[i].text, line[i].tint, colour);
        blanks.clear();
      }
      if (columns_[i].align == Align::left) blanks += gap;
    }
    out += '\n';
  }
  return out;
}

std::string Facts::print(bool colour) const {
  size_t width = 0;
  for (const auto& [name, value] : lines_) width = std::max(width, display_width(printable(name)));
  std::string out;
  for (const auto& [name, value] : lines_) {
    const std::string shown = printable(name);
    const std::string text = value.text.empty() ? "-" : printable(value.text);
    out += shown + std::string(width - display_width(shown) + 2, ' ') + tinted(text, value.tint, colour) + "\n";
  }
  return out;
}

}  // namespace socle::cli
