// ast.cpp: copying expressions and finding places in a source.
#include "socle/cel/ast.hpp"

#include <algorithm>

namespace socle::cel {

ExprPtr clone(const Expr& expr) {
  auto copy = std::make_unique<Expr>();
  copy->kind = expr.kind;
  copy->macro = expr.macro;
  copy->test_only = expr.test_only;
  copy->leading_dot = expr.leading_dot;
  copy->member = expr.member;
  copy->id = expr.id;
  copy->offset = expr.offset;
  copy->value = expr.value;
  copy->name = expr.name;
  copy->fields = expr.fields;
  copy->optionals = expr.optionals;
  copy->args.reserve(expr.args.size());
  for (const auto& arg : expr.args) copy->args.push_back(clone(*arg));
  if (expr.loop) {
    const auto& from = *expr.loop;
    copy->loop = std::make_unique<Comprehension>(
        Comprehension{from.variable, from.variable2, clone(*from.range), from.accumulator, clone(*from.init),
                      clone(*from.condition), clone(*from.step), clone(*from.result)});
  }
  return copy;
}

Position position_of(std::string_view source, std::uint32_t offset) {
  Position at;
  at.offset = std::min(offset, static_cast<std::uint32_t>(source.size()));
  for (std::uint32_t i = 0; i < at.offset; ++i) {
    const auto byte = static_cast<unsigned char>(source[i]);
    if (byte == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((byte & 0xC0u) != 0x80u) {
      ++at.column;
    }
  }
  return at;
}

std::string Issue::text(std::string_view source) const {
  std::string out = std::to_string(position.line) + ':' + std::to_string(position.column) + ": " + message;
  const auto offset = std::min<std::size_t>(position.offset, source.size());
  const auto start = offset == 0 ? 0 : source.rfind('\n', offset - 1) + 1;
  const auto line = source.substr(start, source.find('\n', start) - start);
  if (line.empty() || line.size() > 400) return out;
  out.append("\n | ").append(line).append("\n | ");
  out.append(position.column - 1, '.').append("^");
  return out;
}

}  // namespace socle::cel
