// meter.hpp: one evaluation's budget: the fuel that all its programs and tables share, its memory, and the moments at
// which its host may yield or stop it. And the fault that ended it. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socle/cel/program.hpp"
#include "socle/cel/value.hpp"

namespace socle::rules {

// Why an evaluation has no result.
struct Fault {
  std::string code;  // one of codes.hpp, or an error code of the expression kit
  std::string message;
  std::string pointer;  // of the part of the model that failed; empty: the input
};

class Meter {
 public:
  Meter(cel::Activation& values, cel::Arena& memory, const cel::Limits& bounds)
      : activation(values), arena(memory), limits_(bounds), left_(bounds.fuel), until_look_(bounds.interval) {}

  cel::Activation& activation;
  cel::Arena& arena;
  std::optional<Fault> fault;

  // Runs a program on this budget. An error value is the program's; tell it with describe().
  [[nodiscard]] cel::Value run(const cel::Program& program) {
    auto limits = limits_;
    limits.fuel = left_;
    std::uint64_t left = 0;
    const auto value = program.evaluate(activation, arena, limits, &left);
    if (limits_.interval != 0) {
      const auto used = left_ - left;
      if (used < limits_.interval) {
        left_ = left;
        return pass(used) ? value : cel::Value::error(nullptr);
      }
    }
    left_ = left;
    return value;
  }
  // For work that is not a program: rows looked at, records built. False: stop now.
  [[nodiscard]] bool charge(std::uint64_t units) {
    if (units > left_) {
      left_ = 0;
      return false;
    }
    left_ -= units;
    return pass(units);
  }
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] std::uint64_t used() const { return limits_.fuel - left_; }

  cel::Value fail(std::string_view code, std::string message, std::string pointer) {
    if (!fault) fault = Fault{std::string(code), std::move(message), std::move(pointer)};
    return cel::Value::error(nullptr);
  }
  // The fault of a program's error value.
  cel::Value fail(const cel::Program& program, const cel::Value& error, const std::string& pointer);
  // After charge() said no.
  cel::Value fail_stopped(const std::string& pointer);

 private:
  bool pass(std::uint64_t units) {
    if (limits_.interval == 0) return true;
    if (units < until_look_) {
      until_look_ -= units;
      return true;
    }
    until_look_ = limits_.interval;
    if (limits_.interrupt == nullptr || limits_.interrupt(limits_.data)) return true;
    stopped_ = true;
    return false;
  }

  cel::Limits limits_;
  std::uint64_t left_;
  std::uint64_t until_look_;
  bool stopped_ = false;
};

}  // namespace socle::rules
