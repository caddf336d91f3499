// definition.cpp: reading a table from its JSON form.
#include "table/definition.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"
#include "table/codes.hpp"

namespace socle::rules {
namespace {

using json::View;

struct PolicyName {
  HitPolicy policy;
  std::string_view letter;
  std::string_view name;
};
constexpr std::array<PolicyName, 11> policies{{
    {HitPolicy::unique, "U", "UNIQUE"},
    {HitPolicy::any, "A", "ANY"},
    {HitPolicy::priority, "P", "PRIORITY"},
    {HitPolicy::first, "F", "FIRST"},
    {HitPolicy::rule_order, "R", "RULE ORDER"},
    {HitPolicy::output_order, "O", "OUTPUT ORDER"},
    {HitPolicy::collect, "C", "COLLECT"},
    {HitPolicy::sum, "C+", "COLLECT SUM"},
    {HitPolicy::least, "C<", "COLLECT MIN"},
    {HitPolicy::greatest, "C>", "COLLECT MAX"},
    {HitPolicy::count, "C#", "COLLECT COUNT"},
}};
constexpr std::array<std::pair<ColumnType, std::string_view>, 9> types{{
    {ColumnType::any, "any"},
    {ColumnType::number, "number"},
    {ColumnType::integer, "integer"},
    {ColumnType::decimal, "decimal"},
    {ColumnType::string, "string"},
    {ColumnType::boolean, "boolean"},
    {ColumnType::date, "date"},
    {ColumnType::timestamp, "timestamp"},
    {ColumnType::duration, "duration"},
}};

// What a cell may be written as: a text, or a bare JSON number, boolean or null.
std::optional<Text> text_of(View view, std::string pointer) {
  if (view.is_string()) return Text{std::string(view.as_string()), std::move(pointer)};
  if (view.is_number() || view.is_boolean() || view.is_null()) return Text{json::to_text(view), std::move(pointer)};
  return std::nullopt;
}

class Reader {
 public:
  Reader(View source, const std::string& pointer, Diagnostics& diagnostics, std::string_view effective)
      : source_(source),
        pointer_(pointer),
        diagnostics_(diagnostics),
        default_effective_(effective.empty() ? "date(now)" : effective) {}

  std::optional<TableDefinition> read() {
    if (!source_.is_object()) {
      diagnostics_.error(pointer_, codes::table_shape, "a table is an object; found " + kind(source_));
      return std::nullopt;
    }
    only({"table", "hit", "inputs", "outputs", "rows", "effective", "otherwise", "lenient", "when", "else", "each",
          "note"},
         source_, pointer_);
    out_.pointer = pointer_;
    out_.name = source_.find("table").as_string();
    if (const auto hit = source_.find("hit"); hit.exists()) {
      const auto policy = hit_policy_of(hit.as_string());
      if (policy) out_.policy = *policy;
      if (!policy)
        diagnostics_.error(
            pointer_ + "/hit", codes::hit_policy,
            "'" + json::to_text(hit) + "' is no hit policy; wanted U, A, P, F, R, O, C, C+, C<, C> or C#");
    }
    if (const auto no_hit = source_.find("otherwise"); no_hit.exists()) {
      if (no_hit.as_string() == "null")
        out_.no_hit = NoHit::null;
      else if (no_hit.as_string() != "error")
        shape("/otherwise", "'otherwise' says what a table without a hit gives: \"error\" or \"null\"");
    }
    out_.lenient = source_.find("lenient").as_bool();
    inputs();
    outputs();
    rows();
    return std::move(out_);
  }

 private:
  static std::string kind(View view) { return view.exists() ? std::string(json::to_string(view.kind())) : "nothing"; }
  void shape(const std::string& at, std::string message) {
    diagnostics_.error(pointer_ + at, codes::table_shape, std::move(message));
  }
  void only(std::initializer_list<std::string_view> known, View object, const std::string& at) {
    for (const auto [key, value] : object.members())
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        std::string pointer = at + "/";
        json::append_escaped(pointer, key);
        diagnostics_.error(std::move(pointer), codes::unknown_key, "'" + std::string(key) + "' means nothing here");
      }
  }
  ColumnType type_of(View column, const std::string& at) {
    const auto type = column.find("type");
    if (!type.exists()) return ColumnType::any;
    if (const auto known = column_type_of(type.as_string())) return *known;
    shape(at + "/type", "'" + json::to_text(type) +
                            "' is no column type; wanted number, integer, decimal, string, boolean, date, timestamp, "
                            "duration or any");
    return ColumnType::any;
  }

  void inputs() {
    const auto columns = source_.find("inputs");
    if (!columns.is_array())
      return shape("/inputs", "a table wants 'inputs', a list of columns; found " + kind(columns));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto at = "/inputs/" + std::to_string(i);
      const auto column = columns.at(i);
      only({"expr", "type", "values", "label"}, column, pointer_ + at);
      InputColumn out;
      if (column.find("expr").is_string())
        out.expression = {std::string(column.find("expr").as_string()), pointer_ + at + "/expr"};
      else
        shape(at, "an input column wants 'expr', the expression whose value its cells are compared with");
      out.type = type_of(column, at);
      if (const auto values = column.find("values"); values.exists()) {
        out.allowed = text_of(values, pointer_ + at + "/values");
        if (!out.allowed)
          shape(at + "/values", "an input's 'values' is one cell, such as \"[0..120]\" or \"'a', 'b'\"");
      }
      out_.inputs.push_back(std::move(out));
    }
    if (source_.find("effective").exists()) effective_ = true;
  }

  void outputs() {
    const auto columns = source_.find("outputs");
    if (!columns.is_array() || columns.empty())
      return shape("/outputs", "a table wants 'outputs', a list of at least one column; found " + kind(columns));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto at = "/outputs/" + std::to_string(i);
      const auto column = columns.at(i);
      only({"name", "type", "values", "default", "label"}, column, pointer_ + at);
      OutputColumn out;
      out.name = column.find("name").as_string();
      if (out.name.empty() && columns.size() > 1)
        shape(at, "each of several outputs wants a 'name'; only a table with one output may leave it out");
      if (std::any_of(out_.outputs.begin(), out_.outputs.end(),
                      [&](const auto& other) { return other.name == out.name; }))
        shape(at + "/name", "two outputs are named '" + out.name + "'");
      out.type = type_of(column, at);
      const auto values = column.find("values");
      for (std::size_t v = 0; v < values.size(); ++v)
        if (auto text = text_of(values.at(v), pointer_ + at + "/values/" + std::to_string(v)))
          out.order.push_back(*std::move(text));
      if (const auto value = column.find("default"); value.exists())
        out.otherwise = text_of(value, pointer_ + at + "/default");
      out_.outputs.push_back(std::move(out));
    }
  }

  void rows() {
    const auto rows = source_.find("rows");
    if (!rows.is_array()) return shape("/rows", "a table wants 'rows', a list; found " + kind(rows));
    out_.rows.reserve(rows.size());
    for (const auto row : rows.elements())
      effective_ = effective_ || row.find("from").exists() || row.find("until").exists();
    if (effective_) {
      const auto expression = source_.find("effective");
      out_.inputs.push_back(
          {{expression.is_string() ? std::string(expression.as_string()) : std::string(default_effective_),
            pointer_ + (expression.exists() ? "/effective" : "")},
           ColumnType::date,
           std::nullopt});
    }
    for (std::size_t i = 0; i < rows.size(); ++i) row(rows.at(i), i);
  }

  void row(View source, std::size_t index) {
    const auto at = "/rows/" + std::to_string(index);
    Row out;
    out.pointer = pointer_ + at;
    out.id = "row " + std::to_string(index + 1);
    const auto inputs = out_.inputs.size() - (effective_ ? 1 : 0);
    if (source.is_array()) {
      cells(source, 0, inputs, at, out.inputs);
      cells(source, inputs, inputs + out_.outputs.size(), at, out.outputs);
      if (source.size() != inputs + out_.outputs.size()) wrong_size(at, source.size(), inputs + out_.outputs.size());
    } else if (source.is_object()) {
      only({"id", "in", "out", "from", "until", "note"}, source, out.pointer);
      if (source.find("id").is_string()) out.id = source.find("id").as_string();
      cells(source.find("in"), 0, inputs, at + "/in", out.inputs);
      cells(source.find("out"), 0, out_.outputs.size(), at + "/out", out.outputs);
      if (source.find("in").size() != inputs) wrong_size(at + "/in", source.find("in").size(), inputs);
      if (source.find("out").size() != out_.outputs.size())
        wrong_size(at + "/out", source.find("out").size(), out_.outputs.size());
    } else {
      shape(at, "a row is a list of cells or an object {id, in, out, from, until}; found " + kind(source));
    }
    out.inputs.resize(inputs, {"-", out.pointer});
    out.outputs.resize(out_.outputs.size(), {"", out.pointer});
    if (effective_) out.inputs.push_back(period(source, out.pointer));
    out_.rows.push_back(std::move(out));
  }
  void wrong_size(const std::string& at, std::size_t found, std::size_t wanted) {
    shape(at, "there are " + std::to_string(found) + " cells; wanted " + std::to_string(wanted) + ", one a column");
  }
  void cells(View list, std::size_t from, std::size_t to, const std::string& at, std::vector<Text>& out) {
    for (auto i = from; i < to && i < list.size(); ++i) {
      auto text = text_of(list.at(i), pointer_ + at + "/" + std::to_string(i));
      if (!text) {
        shape(at + "/" + std::to_string(i), "a cell is a text or a bare value; found " + kind(list.at(i)));
        text = Text{"-", pointer_ + at};
      }
      out.push_back(*std::move(text));
    }
  }
  // The first day a row is in force, and the day from which it no longer is.
  Text period(View row, const std::string& pointer) {
    std::string from(row.find("from").as_string());
    std::string until(row.find("until").as_string());
    for (const auto* day : {&from, &until})
      if (day->find('\'') != std::string::npos) shape("/rows", "a date is written 2024-12-31");
    if (!from.empty() && !until.empty()) return {"['" + from + "'..'" + until + "')", pointer};
    if (!from.empty()) return {">= '" + from + "'", pointer};
    return {until.empty() ? "-" : "< '" + until + "'", pointer};
  }

  View source_;
  const std::string& pointer_;
  Diagnostics& diagnostics_;
  TableDefinition out_;
  bool effective_ = false;  // rows have a first or last day
  std::string_view default_effective_;
};

}  // namespace

std::optional<HitPolicy> hit_policy_of(std::string_view text) {
  std::string upper;
  for (const char c : text) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const auto& known : policies)
    if (upper == known.letter || upper == known.name) return known.policy;
  return std::nullopt;
}

std::string_view to_string(HitPolicy policy) { return policies[static_cast<std::size_t>(policy)].letter; }

std::optional<ColumnType> column_type_of(std::string_view text) {
  for (const auto& [type, name] : types)
    if (name == text) return type;
  return std::nullopt;
}

std::string_view to_string(ColumnType type) { return types[static_cast<std::size_t>(type)].second; }

std::optional<TableDefinition> read_table(View source, const std::string& pointer, Diagnostics& diagnostics,
                                          std::string_view effective) {
  const auto before = diagnostics.errors();
  auto out = Reader(source, pointer, diagnostics, effective).read();
  if (diagnostics.errors() != before) return std::nullopt;
  return out;
}

}  // namespace socle::rules
