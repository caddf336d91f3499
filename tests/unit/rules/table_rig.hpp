// table_rig.hpp: a table from JSON text, and its answer for a JSON input, in two calls.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "socle/cel/environment.hpp"
#include "socle/cel/json_form.hpp"
#include "socle/json/document.hpp"
#include "table/table.hpp"

namespace rules_test {

using namespace socle;

class TableRig {
 public:
  explicit TableRig(std::string_view source) {
    cel::Options options;
    options.mixed_numbers = true;
    environment_ = std::make_unique<cel::Environment>(options);
    (void)environment_->declare_variable("input", *cel::Type::parse("map(string, dyn)"));
    (void)environment_->declare_variable("now", cel::TypeKind::timestamp);
    (void)environment_->declare_variable("value", cel::Type());
    auto document = json::Document::parse(source);
    if (!document) {
      diagnostics.error("", "json", document.error().message);
      return;
    }
    const auto definition = rules::read_table(document->root(), "", diagnostics);
    if (definition) table = rules::Table::compile(*definition, *environment_, diagnostics);
  }

  // The result as JSON text, or "code: message".
  std::string operator()(std::string_view input, rules::TableTrace* trace = nullptr,
                         std::int64_t now_seconds = 1714557600, const cel::Limits& limits = {}) {
    if (!table) return "not compiled: " + text();
    input_ = std::make_unique<json::Document>(json::Document::parse(input).value());
    cel::Activation activation(*environment_);
    activation.set(environment_->variable("input")->slot, input_->root());
    activation.set(environment_->variable("now")->slot, cel::Value::timestamp(now_seconds, 0));
    arena_ = std::make_unique<cel::Arena>();
    rules::Meter meter(activation, *arena_, limits);
    const auto value = table->evaluate(meter, trace);
    if (value.is_error())
      return meter.fault ? meter.fault->code + ": " + meter.fault->message : "error without a fault";
    auto out = cel::to_json(value);
    return out ? *out : out.error().message;
  }

  // Every diagnostic, a line each: "code pointer@offset: message".
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& one : diagnostics.all())
      out += std::string(one.code) + " " + one.pointer + (one.offset ? "@" + std::to_string(*one.offset) : "") + ": " +
             one.message + "\n";
    return out;
  }

  rules::Diagnostics diagnostics;
  std::shared_ptr<const rules::Table> table;

 private:
  std::unique_ptr<cel::Environment> environment_;
  std::unique_ptr<json::Document> input_;
  std::unique_ptr<cel::Arena> arena_;
};

}  // namespace rules_test
