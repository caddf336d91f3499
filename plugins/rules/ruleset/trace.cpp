// trace.cpp: see the header. Large values are cut: a trace explains, it does not archive.
#include "ruleset/trace.hpp"

#include "table/values.hpp"

namespace socle::rules {
namespace {
constexpr std::size_t longest_value = 2048;
}

Trace::Trace(Meter& meter) : meter_(meter), out_(text_), started_(Clock::now()) {
  out_.begin_object().key("steps").begin_array();
}

void Trace::write(const cel::Value& value) {
  const auto text = to_json(value);
  if (!text) {
    out_.string(cel::to_text(value));
  } else if (text->size() <= longest_value) {
    if (auto document = json::Document::parse(*text)) out_.value(document->root());
  } else {
    out_.begin_object().member("cut", text->substr(0, 200)).member("bytes", text->size()).end_object();
  }
}

void Trace::begin_step(std::string_view name, std::string_view kind, const std::string& pointer) {
  step_started_ = Clock::now();
  step_fuel_ = meter_.used();
  out_.begin_object().member("step", name).member("kind", kind).member("at", std::string_view(pointer));
}

void Trace::reads(const Expression& expression) {
  if (expression.reads.empty()) return;
  out_.key("read").begin_object();
  for (const auto& read : expression.reads) {
    out_.key(read.path);
    const auto value = meter_.run(read.program);
    if (value.is_error())
      out_.begin_object()
          .member("error", meter_.stopped() ? std::string("stopped") : read.program.describe(value))
          .end_object();
    else
      write(value);
  }
  out_.end_object();
}

void Trace::condition(std::string_view key, bool value) { out_.member(key, value); }

void Trace::table(const Table& table, const TableTrace& seen) {
  const auto& definition = table.definition();
  out_.key("read").begin_object();
  for (std::size_t c = 0; c < seen.read.size(); ++c) {
    out_.key(definition.inputs[c].expression.text);
    write(seen.read[c]);
  }
  out_.end_object();
  out_.key("hit").begin_array();
  for (const auto row : seen.hits) out_.string(definition.rows[row].id);
  out_.end_array();
  out_.key("not_hit").begin_array();
  for (const auto& miss : seen.misses) {
    const auto& row = definition.rows[miss.row];
    out_.begin_object().member("row", std::string_view(row.id));
    if (miss.column < row.inputs.size())
      out_.member("input", std::string_view(definition.inputs[miss.column].expression.text))
          .member("cell", std::string_view(row.inputs[miss.column].text))
          .member("at", std::string_view(row.inputs[miss.column].pointer));
    out_.end_object();
  }
  out_.end_array();
  if (seen.missed > seen.misses.size()) out_.member("not_hit_and_not_listed", seen.missed - seen.misses.size());
}

void Trace::chosen(std::string_view label) { out_.member("chosen", label); }

void Trace::value(const cel::Value& value) {
  out_.key("value");
  write(value);
}

void Trace::end_step() {
  out_.member("fuel", meter_.used() - step_fuel_)
      .member("took_us", microseconds(Clock::now() - step_started_))
      .end_object();
}

std::string Trace::finish() {
  out_.end_array().member("fuel", meter_.used()).member("took_us", microseconds(Clock::now() - started_)).end_object();
  return out_.finish() ? std::move(text_) : std::string();
}

}  // namespace socle::rules
