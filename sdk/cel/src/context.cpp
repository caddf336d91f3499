// context.cpp: fuel in stages, errors and memory of one evaluation.
#include <algorithm>
#include <cstring>

#include "filled.hpp"
#include "socle/cel/function.hpp"

namespace socle::cel {
namespace {
// For the moment when not even an error fits into the arena.
constexpr ErrorInfo no_memory{
    ErrorCode::out_of_memory, ErrorInfo::nowhere, "evaluation needs more memory than it is allowed", {}};
}  // namespace

void Context::stage(std::uint64_t available) {
  stage_ = interval_ == 0 ? available : std::min(available, interval_);
  left_ = available - stage_;
}

bool Context::next_stage(std::uint64_t units) {
  if (stop != nullptr) return false;
  if (largest != nullptr) *largest = std::max(*largest, units);
  while (units > stage_) {
    if (left_ == 0) {
      stage_ = 0;
      halt(ErrorCode::out_of_fuel, "evaluation needs more fuel than it is allowed");
      return false;
    }
    units -= stage_;
    stage(left_);
    if (interrupt_ != nullptr && !interrupt_(interrupt_data_)) {
      halt(ErrorCode::interrupted, "evaluation was interrupted by its host");
      return false;
    }
  }
  stage_ -= units;
  return true;
}

void Context::halt(ErrorCode code, std::string_view message) {
  auto* info = arena.make<ErrorInfo>(1);
  if (info == nullptr) {
    stop = &no_memory;
    return;
  }
  *info = {code, ErrorInfo::nowhere, message, {}};
  stop = info;
}

Value Context::stopped() { return Value::error(stop != nullptr ? stop : &no_memory); }

Value Context::out_of_memory() {
  if (stop == nullptr) stop = &no_memory;
  return Value::error(stop);
}

Value Context::error(ErrorCode code, std::string_view message) {
  auto* info = arena.make<ErrorInfo>(1);
  auto* copy = arena.make<char>(message.size());
  if (info == nullptr || copy == nullptr) return out_of_memory();
  std::memcpy(copy, message.data(), message.size());
  *info = {code, ErrorInfo::nowhere, {copy, message.size()}, {}};
  return Value::error(info);
}

Value Context::text(std::string_view text, Kind kind) {
  FilledText copy(*this, text.size());
  (void)copy.put(text);
  return copy.finish(kind);
}

Value* Context::items(std::size_t size) {
  if (!charge(size <= fuel_left() ? std::min(size, list_chunk) : size)) return nullptr;
  auto* items = arena.make<Value>(size);
  if (items == nullptr) (void)out_of_memory();
  // The pages of a long one come as they are written: here, where it can be stopped, not in its caller's hands.
  for (auto from = list_chunk; items != nullptr && from < size; from += list_chunk) {
    const auto count = std::min(list_chunk, size - from);
    if (!charge(count)) return nullptr;
    std::fill_n(items + from, count, Value());
  }
  return items;
}

Value Context::some(const Value& value) {
  if (value.is_error()) return value;
  auto* inner = arena.make<Value>(1);
  if (inner == nullptr) return out_of_memory();
  *inner = value;
  return Value::optional(inner);
}

}  // namespace socle::cel
