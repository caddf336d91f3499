// program.cpp: compiling, running and explaining.
#include "socle/cel/program.hpp"

#include <array>
#include <cstddef>
#include <string>

#include "code.hpp"
#include "op_logic.hpp"

namespace socle::cel {
namespace {
constexpr unsigned deepest_result = 1000;
}

Program::Program(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

Result<Program> Program::compile(const Environment& environment, const Ast& ast, CompileOptions options) {
  if (!ast.root) return Error{socle::Code::invalid, "there is no expression to compile; parse one first"};
  auto code = std::make_unique<struct Program::Code>();
  code->source = ast.source;
  std::vector<Issue> issues;
  code->root = lower(environment, ast, *ast.root, options, code->constants, code->locals, code->patterns, issues);
  if (!issues.empty()) return Error{socle::Code::invalid, issues.front().text(ast.source)};
  return Program(std::move(code));
}

const Value* Program::constant() const { return code_->root->constant(); }

Value Program::evaluate(const Activation& activation, Arena& arena, const Limits& limits,
                        std::uint64_t* fuel_left) const {
  constexpr std::size_t few = 16;
  alignas(Value) std::array<std::byte, few * sizeof(Value)> room;  // not cleared: locals are written before read
  arena.set_limit(limits.memory);
  Frame frame{Context(arena, limits.fuel, limits.interval, limits.interrupt, limits.data),
              activation.values(),
              reinterpret_cast<Value*>(room.data()),
              {}};
  auto& context = frame.context;
  context.largest = limits.largest;
  if (fuel_left != nullptr) *fuel_left = 0;  // kept so when the work is stopped
  if (!context.charge(code_->root->cost)) return context.stopped();
  if (code_->locals > few) {
    frame.locals = context.items(code_->locals);
    if (frame.locals == nullptr) return context.stopped();
  }
  const auto value = code_->root->run(frame);
  if (fuel_left != nullptr && context.stop == nullptr) *fuel_left = context.fuel_left();
  if (context.stop != nullptr) return context.stopped();
  // Programs work on values of others: without an end a chain of them would nest deeper than a stack is.
  if (value.depth() > deepest_result)
    return context.error(ErrorCode::range,
                         "the value is nested deeper than " + std::to_string(deepest_result) + " levels");
  return value;
}

std::string Program::describe(const Value& error) const {
  const auto& info = error.error_info();
  std::string message(info.message);
  if (!info.path.empty()) message += " (reading " + std::string(info.path) + ")";
  if (info.offset == ErrorInfo::nowhere) return message;
  return Issue{position_of(code_->source, info.offset), message}.text(code_->source);
}

const std::string& Program::source() const { return code_->source; }
std::size_t Program::bytes() const {
  return sizeof *code_ + code_->source.capacity() + code_->root->size() + code_->constants.held();
}
std::size_t Program::pattern_bytes() const { return code_->patterns.all; }
std::size_t Program::live_pattern_bytes() const { return code_->patterns.live; }
std::uint64_t Program::base_cost() const { return code_->root->cost; }

}  // namespace socle::cel
