// render.cpp: running a template's instructions over data: one pass, one output string, no look-ups but of names.
#include "socle/page/escape.hpp"
#include "socle/page/template.hpp"

namespace socle::page {

struct Templates::Run {
  const Templates& templates;
  const Data& root;
  std::string& out;
  unsigned depth = 0;

  void all(const Compiled& compiled, const Data& scope) {
    constexpr unsigned deepest = 64;
    if (depth == deepest) return;
    ++depth;
    range(compiled, 0, static_cast<std::uint32_t>(compiled.code.size()), scope);
    --depth;
  }

  void range(const Compiled& compiled, std::uint32_t from, std::uint32_t end, const Data& scope) {
    using Kind = Instruction::Kind;
    for (std::uint32_t i = from; i < end; ++i) {
      const Instruction& instruction = compiled.code[i];
      if (instruction.kind == Kind::literal) {
        out += instruction.text;
      } else if (instruction.kind == Kind::include) {
        all(templates.all_[instruction.target], scope);
      } else if (instruction.kind == Kind::section || instruction.kind == Kind::inverted) {
        section(compiled, instruction, i, scope);
        i = instruction.target;
      } else if (instruction.kind != Kind::end) {
        slot(instruction, scope);
      }
    }
  }

  [[nodiscard]] const Value* value(const Instruction& instruction, const Data& scope) const {
    return (instruction.root ? root : scope).find(instruction.text);
  }

  void section(const Compiled& compiled, const Instruction& instruction, std::uint32_t at, const Data& scope) {
    const Value* found = value(instruction, scope);
    const bool holds = found != nullptr && found->holds();
    if (instruction.kind == Instruction::Kind::inverted) {
      if (!holds) range(compiled, at + 1, instruction.target, scope);
    } else if (holds && found->is_list()) {
      for (const Data& item : found->items()) range(compiled, at + 1, instruction.target, item);
    } else if (holds) {
      range(compiled, at + 1, instruction.target, scope);
    }
  }

  void slot(const Instruction& instruction, const Data& scope) {
    const Value* found = value(instruction, scope);
    if (found == nullptr) return;
    if (found->is_markup() && instruction.markup) {
      out += found->text();
      return;
    }
    switch (instruction.kind) {
      case Instruction::Kind::component: append_component(out, found->text()); break;
      case Instruction::Kind::url: append_url(out, found->text()); break;
      default: append_escaped(out, found->text()); break;
    }
  }
};

const Templates::Compiled* Templates::find(std::string_view name) const {
  for (const Compiled& compiled : all_)
    if (compiled.name == name) return &compiled;
  return nullptr;
}

bool Templates::has(std::string_view name) const { return find(name) != nullptr; }

std::size_t Templates::instructions() const {
  std::size_t out = 0;
  for (const Compiled& compiled : all_) out += compiled.code.size();
  return out;
}

void Templates::render(std::string_view name, const Data& data, std::string& out) const {
  if (const Compiled* compiled = find(name)) Run{*this, data, out}.all(*compiled, data);
}

std::string Templates::render(std::string_view name, const Data& data) const {
  std::string out;
  out.reserve(std::size_t{8} << 10U);
  render(name, data, out);
  return out;
}

Markup Templates::markup(std::string_view name, const Data& data) const { return Markup(render(name, data)); }

}  // namespace socle::page
