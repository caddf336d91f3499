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
  // A table for every element: table() between begin_element() and end_element(), which are as many as there is room
  // for (the others are counted).
  void begin_each();
  [[nodiscard]] bool begin_element();
  void end_element(const cel::Value& value);
  void end_each();
  // The cases of a decide in the order in which they were asked.
  void begin_cases();
  void asked(const Case& one, bool holds);
  void end_cases();
  void chosen(std::string_view label);
  void value(const cel::Value& value);
  void end_step();
  // Beside the steps: what a validator said, and what a part of the output read.
  void validator(const Validator& one, bool objects);
  void output(const OutputPart& part);
  // The whole trace as JSON text.
  [[nodiscard]] std::string finish();

 private:
  using Clock = std::chrono::steady_clock;
  void write(json::Writer& out, const cel::Value& value);
  void reads(json::Writer& out, const Expression& expression);
  static double microseconds(Clock::duration spent) {
    return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count()) / 1000.0;
  }

  Meter& meter_;
  std::string text_;
  json::Writer out_;
  std::string validators_text_;
  json::Writer validators_;
  std::string output_text_;
  json::Writer output_;
  std::size_t elements_ = 0;
  Clock::time_point started_;
  Clock::time_point step_started_;
  std::uint64_t step_fuel_ = 0;
};

}  // namespace socle::rules
