// trace.cpp: see the header. Large values are cut: a trace explains, it does not archive.
#include "ruleset/trace.hpp"

#include <algorithm>

#include "socle/cel/json_form.hpp"

namespace socle::rules {
namespace {
constexpr std::size_t longest_value = 2048;
constexpr std::size_t most_elements = 20;

// At most 200 bytes, but never half of a character.
std::string_view beginning(std::string_view text) {
  std::size_t size = std::min<std::size_t>(200, text.size());
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size);
}
}  // namespace

Trace::Trace(Meter& meter)
    : meter_(meter), out_(text_), validators_(validators_text_), output_(output_text_), started_(Clock::now()) {
  out_.begin_object().key("steps").begin_array();
  validators_.begin_array();
  output_.begin_array();
}

void Trace::write(json::Writer& out, const cel::Value& value) {
  std::string text;
  json::Writer written(text);
  // Not longer than it takes to see that it is too long.
  std::uint64_t left = longest_value;
  const cel::JsonFuel fuel{[](void* data, std::uint64_t units) {
                             auto& rest = *static_cast<std::uint64_t*>(data);
                             rest -= std::min(rest, units);
                             return rest > 0;
                           },
                           &left};
  const auto status = cel::append_json(written, value, cel::Decimals::numbers, fuel);
  const bool whole = status && written.finish();
  if (!whole && (status || status.error().code != Code::too_large)) {
    out.string(cel::shown(value));
  } else if (text.size() <= longest_value && whole) {
    if (auto document = json::Document::parse(text)) out.value(document->root());
  } else {
    out.begin_object().member("cut", beginning(text)).member(whole ? "bytes" : "more_bytes_than", text.size());
    out.end_object();
  }
}

void Trace::begin_step(std::string_view name, std::string_view kind, const std::string& pointer) {
  step_started_ = Clock::now();
  step_fuel_ = meter_.used();
  out_.begin_object().member("step", name).member("kind", kind).member("at", std::string_view(pointer));
}

void Trace::reads(const Expression& expression) { reads(out_, expression); }

void Trace::reads(json::Writer& out, const Expression& expression) {
  if (expression.reads.empty()) return;
  out.key("read").begin_object();
  for (const auto& read : expression.reads) {
    out.key(read.path);
    const auto value = meter_.run(read.program);
    if (value.is_error())
      out.begin_object()
          .member("error", meter_.stopped() ? std::string("stopped") : read.program.describe(value))
          .end_object();
    else
      write(out, value);
  }
  out.end_object();
}

void Trace::condition(std::string_view key, bool value) { out_.member(key, value); }

void Trace::table(const Table& table, const TableTrace& seen) {
  const auto& definition = table.definition();
  out_.key("read").begin_object();
  for (std::size_t c = 0; c < seen.read.size(); ++c) {
    out_.key(definition.inputs[c].expression.text);
    write(out_, seen.read[c]);
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

void Trace::begin_each() {
  elements_ = 0;
  out_.key("each").begin_array();
}
bool Trace::begin_element() {
  if (++elements_ > most_elements) return false;
  out_.begin_object();
  return true;
}
void Trace::end_element(const cel::Value& value) {
  if (!value.is_error()) {
    out_.key("value");
    write(out_, value);
  }
  out_.end_object();
}
void Trace::end_each() {
  out_.end_array();
  if (elements_ > most_elements) out_.member("each_not_listed", elements_ - most_elements);
}

void Trace::begin_cases() { out_.key("cases").begin_array(); }
void Trace::asked(const Case& one, bool holds) {
  out_.begin_object().member("case", std::string_view(one.label)).member("holds", holds);
  reads(out_, one.when);
  out_.end_object();
}
void Trace::end_cases() { out_.end_array(); }

void Trace::validator(const Validator& one, bool objects) {
  validators_.begin_object().member("id", std::string_view(one.id)).member("objects", objects);
  reads(validators_, one.when);
  validators_.end_object();
}
void Trace::output(const OutputPart& part) {
  if (part.value.reads.empty()) return;
  output_.begin_object();
  if (!part.name.empty()) output_.member("name", std::string_view(part.name));
  reads(output_, part.value);
  output_.end_object();
}

void Trace::chosen(std::string_view label) { out_.member("chosen", label); }

void Trace::value(const cel::Value& value) {
  out_.key("value");
  write(out_, value);
}

void Trace::end_step() {
  out_.member("fuel", meter_.used() - step_fuel_)
      .member("took_us", microseconds(Clock::now() - step_started_))
      .end_object();
}

std::string Trace::finish() {
  out_.end_array();
  const auto beside = [this](std::string_view key, json::Writer& writer, const std::string& text) {
    writer.end_array();
    const auto document = json::Document::parse(text);
    if (document && !document->root().empty()) out_.key(key).value(document->root());
  };
  beside("validators", validators_, validators_text_);
  beside("output", output_, output_text_);
  out_.member("fuel", meter_.used()).member("took_us", microseconds(Clock::now() - started_)).end_object();
  return out_.finish() ? std::move(text_) : std::string();
}

}  // namespace socle::rules
