// table.hpp: aligned columns for people, and colours where the terminal takes them. Built and printed on one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace socle::cli {

enum class Tint { plain, good, warn, bad, faint, strong };

// The text in its colour (ANSI SGR) when `colour`, as it is otherwise.
[[nodiscard]] std::string tinted(std::string_view text, Tint tint, bool colour);

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
};

struct Cell {
  Cell(std::string shown, Tint in = Tint::plain) : text(std::move(shown)), tint(in) {}
  Cell(const char* shown) : text(shown) {}
  std::string text;
  Tint tint = Tint::plain;
};

// Titles above, two blanks between columns, no blanks at line ends. Texts are made printable().
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // REQUIRES: as many cells as columns.
  void row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string print(bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// Two columns without titles: "name   value" lines.
class Facts {
 public:
  void add(std::string name, Cell value) { lines_.emplace_back(std::move(name), std::move(value)); }
  [[nodiscard]] std::string print(bool colour) const;

 private:
  std::vector<std::pair<std::string, Cell>> lines_;
};

}  // namespace socle::cli
