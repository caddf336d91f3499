// meter.cpp: telling why an evaluation ended.
#include "table/meter.hpp"

namespace socle::rules {

cel::Value Meter::fail(const cel::Program& program, const cel::Value& error, const std::string& pointer) {
  if (stopped_) return fail_stopped(pointer);
  return fail(cel::to_string(error.error_info().code), program.describe(error), pointer);
}

cel::Value Meter::fail_stopped(const std::string& pointer) {
  if (stopped_) return fail("interrupted", "the evaluation was stopped by its host before it ended", pointer);
  return fail("out_of_fuel", "the evaluation needs more fuel than it is allowed", pointer);
}

}  // namespace socle::rules
