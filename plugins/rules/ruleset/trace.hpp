// trace.hpp: the why-trace of one evaluation, written as JSON while it runs: for every step what it read, which rows
// were hit and which cell refused the others, what it gave, how long and how much fuel it took. One thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ruleset/body.hpp"
#include "socle/json/writer.hpp"
#include "table/meter.hpp"
#include "table/table.hpp"

namespace socle::rules {

class Trace {
 public:
  explicit Trace(Meter& meter);

  void begin_step(std::string_view name, std::string_view kind, const std::string& pointer);
  // The values of the paths an expression reads; a path that has none is told as {"error": …}.
  void reads(const Expression& expression);
  void condition(std::string_view key, bool value);
  void table(const Table& table, const TableTrace& seen);
  void chosen(std::string_view label);
  void value(const cel::Value& value);
  void end_step();
  // The whole trace as JSON text.
  [[nodiscard]] std::string finish();

 private:
  using Clock = std::chrono::steady_clock;
  void write(const cel::Value& value);
  static double microseconds(Clock::duration spent) {
    return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count()) / 1000.0;
  }

  Meter& meter_;
  std::string text_;
  json::Writer out_;
  Clock::time_point started_;
  Clock::time_point step_started_;
  std::uint64_t step_fuel_ = 0;
};

}  // namespace socle::rules
