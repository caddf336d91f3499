// cell.cpp: see the header. One scanner finds separators outside of quotes and brackets; everything else is slicing.
#include "table/cell.hpp"

#include <array>
#include <utility>

namespace socle::rules {
namespace {

constexpr int max_depth = 16;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

Piece trimmed(Piece piece) {
  while (!piece.text.empty() && is_space(piece.text.front())) {
    piece.text.remove_prefix(1);
    ++piece.offset;
  }
  while (!piece.text.empty() && is_space(piece.text.back())) piece.text.remove_suffix(1);
  return piece;
}
Piece part_of(Piece whole, std::size_t from, std::size_t to) {
  return trimmed({whole.text.substr(from, to - from), whole.offset + static_cast<std::uint32_t>(from)});
}

// The end of the text literal that starts at `at`, or the end of everything when it is not closed.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool raw = at > 0 && (text[at - 1] == 'r' || text[at - 1] == 'R');
  if (text.substr(at, 3) == std::string(3, quote)) {
    const auto end = text.find(std::string(3, quote), at + 3);
    return end == std::string_view::npos ? text.size() : end + 3;
  }
  for (auto i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && !raw)
      ++i;
    else if (text[i] == quote)
      return i + 1;
  }
  return text.size();
}

// Where `token` stands outside of quotes and brackets, from `from` on; npos: nowhere.
std::size_t find_outside(std::string_view text, std::string_view token, std::size_t from = 0) {
  int depth = 0;
  for (std::size_t i = from; i < text.size();) {
    const char c = text[i];
    if (c == '\'' || c == '"' || c == '`') {
      i = skip_quoted(text, i);
      continue;
    }
    if (depth == 0 && text.substr(i, token.size()) == token) return i;
    depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
    ++i;
  }
  return std::string_view::npos;
}

// The place of ".." in a text that is one range and nothing else; npos: it is none.
std::size_t range_dots(std::string_view text) {
  if (text.size() < 4 || (text.front() != '[' && text.front() != '(') || (text.back() != ']' && text.back() != ')'))
    return std::string_view::npos;
  const auto inside = text.substr(0, text.size() - 1);
  // The closing bracket must be the one of the first.
  int depth = 0;
  for (std::size_t i = 0; i < inside.size();) {
    const char c = inside[i];
    if (c == '\'' || c == '"') {
      i = skip_quoted(inside, i);
      continue;
    }
    depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
    if (depth == 0) return std::string_view::npos;
    ++i;
  }
  const auto dots = find_outside(inside, "..", 1);
  return dots;
}

class CellParser {
 public:
  explicit CellParser(CellFault& fault) : fault_(fault) {}

  bool either(Piece piece, CellNode& out, int depth) {
    return split(piece, ",", CellNode::Kind::either, out, depth,
                 [&](Piece one, CellNode& node) { return both(one, node, depth); });
  }

 private:
  bool fail(const Piece& at, std::string message) {
    fault_ = {at.offset, std::move(message)};
    return false;
  }

  template <class Next>
  bool split(Piece piece, std::string_view token, CellNode::Kind kind, CellNode& out, int depth, Next next) {
    if (depth > max_depth) return fail(piece, "the cell is nested too deeply; at most 16 levels are read");
    auto at = find_outside(piece.text, token);
    if (at == std::string_view::npos) return next(piece, out);
    out.kind = kind;
    std::size_t from = 0;
    for (;;) {
      const auto part = part_of(piece, from, at == std::string_view::npos ? piece.text.size() : at);
      if (part.text.empty()) return fail(part, "a value is missing beside '" + std::string(token) + "'");
      if (!next(part, out.children.emplace_back())) return false;
      if (at == std::string_view::npos) return true;
      from = at + token.size();
      at = find_outside(piece.text, token, from);
    }
  }

  bool both(Piece piece, CellNode& out, int depth) {
    // || and ?: bind weaker than &&: what holds them is one expression.
    if (find_outside(piece.text, "||") != std::string_view::npos ||
        find_outside(piece.text, "?") != std::string_view::npos)
      return term(piece, out, depth);
    return split(piece, "&&", CellNode::Kind::both, out, depth,
                 [&](Piece one, CellNode& node) { return term(one, node, depth); });
  }

  bool term(Piece piece, CellNode& out, int depth) {
    constexpr std::array<std::pair<std::string_view, CellNode::Operator>, 7> operators{{
        {"<=", CellNode::Operator::le},
        {">=", CellNode::Operator::ge},
        {"==", CellNode::Operator::eq},
        {"!=", CellNode::Operator::ne},
        {"<", CellNode::Operator::lt},
        {">", CellNode::Operator::gt},
        {"=", CellNode::Operator::eq},
    }};
    if (piece.text.empty() || piece.text == "-") return true;
    for (const auto& [token, op] : operators) {
      if (!piece.text.starts_with(token)) continue;
      out.kind = CellNode::Kind::compare;
      out.op = op;
      out.piece = part_of(piece, token.size(), piece.text.size());
      return !out.piece.text.empty() || fail(out.piece, "a value is missing after '" + std::string(token) + "'");
    }
    if (piece.text.starts_with("in") && piece.text.size() > 2 && (is_space(piece.text[2]) || piece.text[2] == '[')) {
      const auto rest = part_of(piece, 2, piece.text.size());
      if (rest.text.empty()) return fail(rest, "a list or a range is missing after 'in'");
      return range_dots(rest.text) != std::string_view::npos ? range(rest, out) : member(rest, out);
    }
    if (piece.text.starts_with("not(") && closes_at_end(piece.text, 3)) {
      out.kind = CellNode::Kind::negation;
      return either(part_of(piece, 4, piece.text.size() - 1), out.children.emplace_back(), depth + 1);
    }
    if (range_dots(piece.text) != std::string_view::npos) return range(piece, out);
    if (piece.text.front() == '[' && closes_at_end(piece.text, 0)) return member(piece, out);
    out.kind = CellNode::Kind::expression;
    out.piece = piece;
    return true;
  }

  static bool closes_at_end(std::string_view text, std::size_t open) {
    const auto inside = text.substr(open + 1);
    // Outside of brackets, the first closing one is the match of `open`.
    int depth = 0;
    for (std::size_t i = 0; i < inside.size();) {
      const char c = inside[i];
      if (c == '\'' || c == '"') {
        i = skip_quoted(inside, i);
        continue;
      }
      if ((c == ')' || c == ']' || c == '}') && depth-- == 0) return i + 1 == inside.size();
      depth += c == '(' || c == '[' || c == '{' ? 1 : 0;
      ++i;
    }
    return false;
  }

  static bool member(Piece piece, CellNode& out) {
    out.kind = CellNode::Kind::member;
    out.piece = piece;
    return true;
  }
  bool range(Piece piece, CellNode& out) {
    const auto dots = range_dots(piece.text);
    out.kind = CellNode::Kind::range;
    out.low_included = piece.text.front() == '[';
    out.high_included = piece.text.back() == ']';
    out.piece = part_of(piece, 1, dots);
    out.upper = part_of(piece, dots + 2, piece.text.size() - 1);
    if (out.piece.text.empty() || out.upper.text.empty())
      return fail(piece, "a range wants both ends, as in [18..65); for an open end write >= 18");
    return true;
  }

  CellFault& fault_;
};

}  // namespace

bool parse_cell(std::string_view text, CellNode& cell, CellFault& fault) {
  return CellParser(fault).either(trimmed({text, 0}), cell, 0);
}

}  // namespace socle::rules
