// evaluate.cpp: one evaluation of a ruleset: the schema, the validators of the input, the steps in order, the
// validators of results, the output.
#include <utility>

#include "ruleset/body.hpp"
#include "ruleset/trace.hpp"
#include "socle/cel/json_form.hpp"
#include "table/codes.hpp"

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Value;

class Evaluation {
 public:
  Evaluation(const Ruleset::Body& body, const Call& call, cel::Arena& arena, Outcome& out)
      : body_(body), call_(call), activation_(*body.environment), meter_(activation_, arena, call.limits), out_(out) {
    if (call.trace) trace_.emplace(meter_);
  }

  void run() {
    if (accepts() && bind() && validate(false) && steps() && validate(true)) output();
    out_.fuel = meter_.used();
    out_.fault = std::move(meter_.fault);
    if (out_.fault) out_.output.clear();
    if (trace_) out_.trace = trace_->finish();
  }

 private:
  bool accepts() {
    if (!call_.input.exists()) {
      (void)meter_.fail(codes::invalid_input, "there is no input; wanted a JSON object", "");
      return false;
    }
    if (!body_.input_schema || body_.input_schema->valid(call_.input)) return true;
    const auto report = body_.input_schema->check(call_.input);
    for (const auto& fault : report.faults)
      out_.errors.push_back({fault.field, std::string(fault.code), fault.message});
    (void)meter_.fail(codes::invalid_input,
                      out_.errors.empty() ? "the input does not satisfy the schema"
                                          : out_.errors[0].pointer + ": " + out_.errors[0].message,
                      "");
    return false;
  }

  bool bind() {
    const auto null_or = [](json::View view) { return view.exists() ? Value::json(view) : Value(); };
    activation_.set(body_.input_slot, call_.input);
    activation_.set(body_.now_slot, Value::timestamp(call_.now_seconds, call_.now_nanos));
    activation_.set(body_.user_slot, null_or(call_.user));
    activation_.set(body_.tenant_slot, null_or(call_.tenant));
    activation_.set(body_.env_slot, null_or(call_.env));
    return true;
  }

  // An error value means meter_.fault is set.
  Value evaluate(const Expression& expression) {
    const auto value = meter_.run(*expression.program);
    return value.is_error() ? meter_.fail(*expression.program, value, expression.pointer) : value;
  }
  // -1: a fault.
  int holds(const Expression& condition) {
    const auto value = evaluate(condition);
    if (value.is_error()) return -1;
    if (value.is(Kind::boolean)) return value.as_bool() ? 1 : 0;
    (void)meter_.fail("no_such_overload", "a condition is true or false; this one gave " + cel::shown(value),
                      condition.pointer);
    return -1;
  }

  bool validate(bool late) {
    for (const auto& validator : body_.validators) {
      if (validator.late != late) continue;
      const auto objects = holds(validator.when);
      if (objects < 0) return false;
      if (trace_) trace_->validator(validator, objects > 0);
      if (objects == 0) continue;
      auto& list = validator.severity == Severity::error ? out_.errors : out_.warnings;
      list.push_back({validator.at, validator.id, validator.message});
    }
    if (out_.errors.empty()) return true;
    (void)meter_.fail(codes::validation_failed, out_.errors[0].message, "");
    return false;
  }

  bool steps() {
    for (const auto& step : body_.steps) {
      if (!meter_.charge(1)) {
        (void)meter_.fail_stopped(step.pointer);
        return false;
      }
      if (trace_) trace_->begin_step(step.name, kind_name(step.kind), step.pointer);
      const auto value = step_value(step);
      if (trace_) {
        if (!value.is_error()) trace_->value(value);
        trace_->end_step();
      }
      if (value.is_error()) return false;
      activation_.set(step.slot, value);
    }
    return true;
  }
  static std::string_view kind_name(Step::Kind kind) {
    return kind == Step::Kind::table ? "table" : kind == Step::Kind::set ? "set" : "decide";
  }

  Value step_value(const Step& step) {
    if (step.when) {
      const auto wanted = holds(*step.when);
      if (wanted < 0) return Value::error(nullptr);
      if (trace_) trace_->condition("when", wanted > 0);
      if (wanted == 0) {
        if (trace_) trace_->reads(*step.when);
        return evaluate(*step.otherwise);
      }
    }
    switch (step.kind) {
      case Step::Kind::table: return step.each ? each_row(step) : table(step);
      case Step::Kind::set:
        if (trace_) trace_->reads(*step.value);
        return evaluate(*step.value);
      case Step::Kind::decide: return decide(step);
    }
    return {};
  }

  Value table(const Step& step) {
    if (!trace_) return step.table->evaluate(meter_);
    TableTrace seen;
    const auto value = step.table->evaluate(meter_, &seen);
    trace_->table(*step.table, seen);
    return value;
  }

  Value each_row(const Step& step) {
    const auto list = evaluate(*step.each);
    if (list.is_error()) return list;
    if (!list.is(Kind::list))
      return meter_.fail("no_such_overload", "'each' goes through a list; found " + cel::shown(list),
                         step.each->pointer);
    if (trace_) {
      trace_->reads(*step.each);
      trace_->begin_each();
    }
    std::vector<Value> results;
    Value failed;
    for (std::size_t i = 0; i < list.size() && !failed.is_error(); ++i) {
      activation_.set(step.each_slot, list.at(i));
      const auto value = trace_ && trace_->begin_element() ? traced_element(step) : step.table->evaluate(meter_);
      if (value.is_error()) failed = value;
      results.push_back(value);
    }
    if (trace_) trace_->end_each();
    if (failed.is_error()) return failed;
    activation_.clear(step.each_slot);
    const auto out = cel::make_list(meter_.arena, results);
    return out.is(Kind::list)
               ? out
               : meter_.fail("out_of_memory", "the list of results needs more memory than allowed", step.pointer);
  }

  Value traced_element(const Step& step) {
    TableTrace seen;
    const auto value = step.table->evaluate(meter_, &seen);
    trace_->table(*step.table, seen);
    trace_->end_element(value);
    return value;
  }

  Value decide(const Step& step) {
    if (trace_) trace_->begin_cases();
    const Case* chosen = nullptr;
    for (const auto& one : step.cases) {
      const auto wanted = holds(one.when);
      if (trace_ && wanted >= 0) trace_->asked(one, wanted > 0);
      if (wanted != 0) {
        if (trace_) trace_->end_cases();
        if (wanted < 0) return Value::error(nullptr);
        chosen = &one;
        break;
      }
    }
    if (trace_) {
      if (chosen == nullptr) trace_->end_cases();
      trace_->chosen(chosen == nullptr ? std::string_view("else") : std::string_view(chosen->label));
      trace_->reads(chosen == nullptr ? *step.otherwise : chosen->then);
    }
    return evaluate(chosen == nullptr ? *step.otherwise : chosen->then);
  }

  // What is written is work, too: a small value may hold another many times.
  bool write(json::Writer& writer, const Value& value, const std::string& pointer) {
    struct Paid {
      Meter& meter;
      bool stopped = false;
    } paid{meter_};
    const cel::JsonFuel fuel{[](void* data, std::uint64_t units) {
                               auto& self = *static_cast<Paid*>(data);
                               self.stopped = !self.meter.charge(units);
                               return !self.stopped;
                             },
                             &paid};
    const auto status = cel::append_json(writer, value, cel::Decimals::numbers, fuel);
    if (status) return true;
    if (paid.stopped)
      (void)meter_.fail_stopped(pointer);
    else
      (void)meter_.fail(status.error().code == Code::too_large ? std::string_view("out_of_memory") : codes::not_json,
                        status.error().message, pointer);
    return false;
  }

  void output() {
    const auto& parts = body_.outputs;
    json::Writer writer(out_.output);
    const bool object = parts.empty() || !parts[0].name.empty();
    if (object) writer.begin_object();
    for (const auto& part : parts) {
      if (trace_) trace_->output(part);
      const auto value = evaluate(part.value);
      if (value.is_error()) return;
      if (object) writer.key(part.name);
      if (!write(writer, value, part.value.pointer)) return;
    }
    if (object) writer.end_object();
    if (auto status = writer.finish(); !status) (void)meter_.fail(codes::not_json, status.error().message, "/output");
  }

  const Ruleset::Body& body_;
  const Call& call_;
  cel::Activation activation_;
  Meter meter_;
  Outcome& out_;
  std::optional<Trace> trace_;
};

}  // namespace

Ruleset::Ruleset(std::unique_ptr<const Body> body) : body_(std::move(body)) {}
Ruleset::~Ruleset() = default;

Outcome Ruleset::evaluate(const Call& call, cel::Arena& arena) const {
  Outcome out;
  arena.reset();
  Evaluation(*body_, call, arena, out).run();
  return out;
}

const std::string& Ruleset::name() const { return body_->name; }

namespace {
std::size_t bytes_of(const Expression& expression) {
  auto out = (expression.program ? expression.program->bytes() : 0) + expression.pointer.capacity();
  for (const auto& read : expression.reads) out += sizeof read + read.program.bytes() + read.path.capacity();
  return out;
}
std::size_t bytes_of(const std::optional<Expression>& expression) { return expression ? bytes_of(*expression) : 0; }
}  // namespace

std::size_t Ruleset::bytes() const {
  std::size_t out = sizeof *body_ + body_->name.capacity() + body_->environment->bytes() +
                    (body_->input_schema ? body_->input_schema->memory() : 0);
  for (const auto& step : body_->steps) {
    out += sizeof step + step.name.capacity() + step.pointer.capacity();
    out += bytes_of(step.when) + bytes_of(step.otherwise) + bytes_of(step.each) + bytes_of(step.value);
    out += step.table ? step.table->bytes() : 0;
    for (const auto& one : step.cases)
      out += sizeof one + one.label.capacity() + bytes_of(one.when) + bytes_of(one.then);
  }
  for (const auto& one : body_->validators)
    out += sizeof one + one.id.capacity() + one.message.capacity() + one.at.capacity() + bytes_of(one.when);
  for (const auto& part : body_->outputs) out += sizeof part + part.name.capacity() + bytes_of(part.value);
  return out;
}

}  // namespace socle::rules
