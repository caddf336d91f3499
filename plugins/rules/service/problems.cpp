// problems.cpp: see the header.
#include "service/problems.hpp"

#include <string>
#include <utility>

#include "service/answers.hpp"
#include "table/codes.hpp"

namespace socle::rules {
namespace {

std::string told(const FieldError& error) { return error.pointer + ": " + error.message; }

// The pointers of an input's faults begin in the record. Where there is none, in null or a number, the field that a
// person corrects is the body's.
void name_whole_input(Outcome& outcome) {
  for (auto& error : outcome.errors)
    if (error.pointer.empty()) error.pointer = "/input";
  if (!outcome.errors.empty()) outcome.fault->message = told(outcome.errors.front());
}

}  // namespace

Reply malformed(const Error& error) {
  return Reply::error(Code::invalid, "malformed_json", error.message).with_status(400);
}

Reply bad_request(const std::vector<FieldError>& wrong) {
  Outcome all;
  all.errors = wrong;
  const auto& first = wrong.front();
  return Reply::error(Code::invalid, "bad_request", first.pointer.empty() ? "the body " + first.message : told(first),
                      fault_fields(all))
      .with_status(400);
}

Reply fault_reply(Outcome outcome, json::View input) {
  if (outcome.fault->code == codes::invalid_input && !input.is_object()) name_whole_input(outcome);
  const auto& fault = *outcome.fault;
  if (fault.code == "interrupted")
    return Reply::error(Code::deadline, "deadline_exceeded", fault.message, fault_members(outcome));
  return Reply::error(Code::invalid, fault.code, fault.message, fault_members(outcome)).with_status(422);
}

Reply memory_pressure(std::uint64_t left, std::uint64_t full) {
  return Reply::error(Code::unavailable, "memory_pressure",
                      "the tenant's memory is nearly full, so an evaluation may take " + std::to_string(left) +
                          " units instead of " + std::to_string(full) + "; ask again when less is under way")
      .with_status(503);
}

bool is_out_of_fuel(const Outcome& outcome) { return outcome.fault && outcome.fault->code == "out_of_fuel"; }

bool is_own_fault(const Outcome& outcome) {
  return outcome.fault && outcome.fault->code != codes::invalid_input &&
         outcome.fault->code != codes::validation_failed;
}

}  // namespace socle::rules
