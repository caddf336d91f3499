// import.cpp: a DMN table's texts to our JSON form.
#include "dmn/import.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "dmn/import_overlaps.hpp"
#include "socle/json/writer.hpp"
#include "table/codes.hpp"
#include "table/definition.hpp"
#include "table/import_name.hpp"
#include "zen/translate.hpp"

namespace socle::rules::dmn {
namespace {

// Moments are compared as what they are, null among them: only a column without a type lets both in.
std::string_view column_type(Kind kind) {
  switch (kind) {
    case Kind::number: return "number";
    case Kind::string: return "string";
    case Kind::boolean: return "boolean";
    default: return "any";
  }
}

class Importer {
 public:
  Importer(const Table& table, Diagnostics& diagnostics) : table_(table), diagnostics_(diagnostics) {}

  std::optional<std::string> run() {
    const auto before = diagnostics_.errors();
    check();
    if (diagnostics_.errors() != before) return std::nullopt;
    columns();
    outputs();
    if (diagnostics_.errors() != before) return std::nullopt;
    choose_way();
    if (diagnostics_.errors() != before) return std::nullopt;
    tell_overlaps();
    return written();
  }

 private:
  // How the result is made: by the table itself, or of a list of its hits.
  enum class Way { table, one_hit, hits_agree, sum, least, greatest };

  struct Column {
    Translated input;
    Kind kind = Kind::any;
    std::optional<Translated> allowed;
    std::vector<std::string> cells;  // one a rule
  };
  struct Output {
    std::string name;  // empty: the only one
    std::vector<std::string> order;
    std::optional<std::string> otherwise;
    std::vector<Translated> cells;  // one a rule
  };

  void tell(const Error& error, const std::string& pointer) {
    diagnostics_.error(pointer, error.code == Code::unsupported ? codes::import_unsupported : codes::import_syntax,
                       error.message);
  }
  Translated translated(Result<Translated> text, const std::string& pointer) {
    if (text) {
      for (const auto& note : text->notes) diagnostics_.warning(pointer, codes::import_syntax, note);
      return *std::move(text);
    }
    tell(text.error(), pointer);
    return {"-", Kind::any, true};
  }

  // Only a value that is there is checked; rows and defaults decide about null.
  static Translated or_null(Translated allowed) {
    if (!allowed.constant)
      allowed.cel = "(value == null || " + allowed.cel + ")";
    else if (allowed.cel != "-")
      allowed.cel += ", null";
    return allowed;
  }

  void check() {
    std::string policy = table_.hit_policy.empty() ? "UNIQUE" : table_.hit_policy;
    if (!table_.aggregation.empty()) policy += " " + table_.aggregation;
    const auto known = hit_policy_of(policy);
    if (!known) {
      diagnostics_.error(table_.pointer, codes::hit_policy, "'" + policy + "' is no hit policy of DMN");
      return;
    }
    policy_ = *known;
    if (table_.outputs.empty())
      diagnostics_.error(table_.pointer, codes::import_syntax, "the decision table has no output");
    if (policy_ >= HitPolicy::sum && table_.outputs.size() > 1)
      diagnostics_.error(table_.pointer, codes::hit_policy,
                         "COLLECT with an operator is not defined for several outputs; this table has " +
                             std::to_string(table_.outputs.size()));
    for (const auto& rule : table_.rules)
      if (rule.inputs.size() != table_.inputs.size() || rule.outputs.size() != table_.outputs.size())
        diagnostics_.error(rule.pointer, codes::import_syntax, "the rule does not have one entry for each column");
    const bool ordered = policy_ == HitPolicy::priority || policy_ == HitPolicy::output_order;
    const bool listed = std::any_of(table_.outputs.begin(), table_.outputs.end(),
                                    [](const Table::Output& output) { return !output.values.empty(); });
    if (ordered && !listed)
      diagnostics_.warning(table_.pointer, codes::output_priority,
                           policy + " orders by the values of an output, and no output lists any");
  }

  // Where no type is given, the moments that the cells compare with tell it.
  Kind kind_of_cells(std::size_t column) const {
    for (const auto& rule : table_.rules)
      if (const auto cell = feel_unary_tests(rule.inputs[column], table_.variables); cell && is_moment(cell->kind))
        return cell->kind;
    const auto allowed = feel_unary_tests(table_.inputs[column].values, table_.variables);
    return allowed ? allowed->kind : Kind::any;
  }

  void columns() {
    const auto& names = table_.variables;
    for (std::size_t c = 0; c < table_.inputs.size(); ++c) {
      const auto& input = table_.inputs[c];
      Column column;
      column.kind = kind_of(input.type);
      auto read = feel_input(input.expression, names, column.kind);
      if (column.kind == Kind::any) {
        const bool tells = read && read->kind != Kind::any && read->kind != Kind::null;
        column.kind = tells ? read->kind : kind_of_cells(c);
        if (read) read = feel_input(input.expression, names, column.kind);
      }
      column.input = translated(std::move(read), table_.pointer);
      if (!input.values.empty()) {
        if (auto cell = feel_unary_tests(input.values, names, column.kind))
          column.allowed = or_null(translated(std::move(cell), table_.pointer));
        else
          diagnostics_.warning(
              table_.pointer, cell.error().code == Code::unsupported ? codes::import_unsupported : codes::import_syntax,
              "the allowed values of '" + input.expression + "' are not checked: " + cell.error().message);
      }
      for (const auto& rule : table_.rules)
        column.cells.push_back(translated(feel_unary_tests(rule.inputs[c], names, column.kind), rule.pointer).cel);
      columns_.push_back(std::move(column));
    }
  }

  void outputs() {
    const auto& names = table_.variables;
    for (std::size_t o = 0; o < table_.outputs.size(); ++o) {
      const auto& output = table_.outputs[o];
      Output out;
      if (table_.outputs.size() > 1) out.name = output.name;
      if (auto values = feel_values(output.values, names)) out.order = *std::move(values);
      if (!output.otherwise.empty())
        out.otherwise = translated(feel_output(output.otherwise, names), table_.pointer).cel;
      for (const auto& rule : table_.rules) {
        const auto& cell = rule.outputs[o];
        if (cell.empty() || cell == "-")
          out.cells.push_back({"null", Kind::null, true});
        else
          out.cells.push_back(translated(feel_output(cell, names), rule.pointer));
      }
      outputs_.push_back(std::move(out));
    }
  }

  void choose_way() {
    if (policy_ == HitPolicy::unique) way_ = Way::one_hit;
    if (policy_ == HitPolicy::any) way_ = Way::hits_agree;
    if (policy_ < HitPolicy::sum || policy_ == HitPolicy::count) return;
    const auto& cells = outputs_[0].cells;
    const auto all = [&cells](Kind kind) {
      return std::all_of(cells.begin(), cells.end(),
                         [kind](const Translated& one) { return one.constant && one.kind == kind; });
    };
    for (std::size_t r = 0; r < cells.size(); ++r)
      if (cells[r].kind == Kind::days_time || cells[r].kind == Kind::years_months)
        diagnostics_.error(table_.rules[r].pointer, codes::import_unsupported,
                           "COLLECT with an operator over durations has no translation");
    if (all(Kind::number) || (policy_ != HitPolicy::sum && all(Kind::string))) return;
    way_ = policy_ == HitPolicy::sum ? Way::sum : policy_ == HitPolicy::least ? Way::least : Way::greatest;
  }

  // Hits that DMN forbids, as far as constants tell: our own policy is asked, which knows about them.
  void tell_overlaps() {
    if (way_ != Way::one_hit && way_ != Way::hits_agree) return;
    std::string text;
    json::Writer out(text);
    write_table(out, "decision", to_string(policy_), true);
    if (!out.finish()) return;
    std::vector<Overlaps::Column> columns;
    for (std::size_t c = 0; c < columns_.size(); ++c)
      columns.push_back({input_text(columns_[c]), table_.inputs[c].expression});
    std::vector<std::string> places;
    for (const auto& rule : table_.rules) places.push_back(rule.pointer);
    Overlaps{std::move(columns), std::move(places)}.tell(text, diagnostics_);
  }

  std::optional<std::string> written() {
    std::string text;
    json::Writer out(text);
    const bool checked = std::any_of(columns_.begin(), columns_.end(), [](const auto& one) { return one.allowed; });
    out.begin_object();
    write_import_name(out, table_.asked, table_.name, "decision");
    out.key("steps").begin_array();
    if (checked) write_allowed(out);
    out.begin_object();
    if (way_ == Way::table) {
      if (checked) out.member("when", "allowed").member("else", "null");
      write_members(out, "decision", to_string(policy_), true);
    } else {
      write_members(out, "hits", to_string(HitPolicy::collect), false);
    }
    out.end_object();
    if (way_ != Way::table) write_decision(out, checked);
    out.end_array().member("output", "decision").end_object();
    const auto status = out.finish();
    if (status) return text;
    diagnostics_.error(table_.pointer, codes::import_syntax, status.error().message);
    return std::nullopt;
  }

  static std::string input_text(const Column& column) { return "dyn(" + column.input.cel + ")"; }
  static void write_input(json::Writer& out, const Column& column) {
    out.begin_object();
    out.member("expr", std::string_view(input_text(column))).member("type", column_type(column.kind));
    // They guide the analysis, which sees through constants.
    if (column.allowed && column.allowed->constant) out.member("values", std::string_view(column.allowed->cel));
    out.end_object();
  }

  // One row, hit when every input is allowed; null is, see or_null().
  void write_allowed(json::Writer& out) const {
    out.begin_object();
    out.member("table", "allowed").member("hit", "F").member("lenient", true);
    out.key("inputs").begin_array();
    for (const auto& column : columns_)
      if (column.allowed) {
        out.begin_object();
        out.member("expr", std::string_view(input_text(column))).member("type", column_type(column.kind));
        out.end_object();
      }
    out.end_array().key("outputs").begin_array().begin_object().member("default", "false").end_object().end_array();
    out.key("rows").begin_array().begin_object().member("id", "allowed values").key("in").begin_array();
    for (const auto& column : columns_)
      if (column.allowed) out.string(column.allowed->cel);
    out.end_array().key("out").begin_array().string("true").end_array().end_object().end_array().end_object();
  }

  void write_table(json::Writer& out, std::string_view name, std::string_view hit, bool itself) const {
    out.begin_object();
    write_members(out, name, hit, itself);
    out.end_object();
  }
  // `itself`: the table's result is the decision's, so that its defaults are.
  void write_members(json::Writer& out, std::string_view name, std::string_view hit, bool itself) const {
    out.member("table", name).member("hit", hit).member("lenient", true);
    if (itself) out.member("otherwise", "null");
    out.key("inputs").begin_array();
    for (const auto& column : columns_) write_input(out, column);
    out.end_array().key("outputs").begin_array();
    for (const auto& output : outputs_) {
      out.begin_object();
      if (!output.name.empty()) out.member("name", std::string_view(output.name));
      if (itself && !output.order.empty()) {
        out.key("values").begin_array();
        for (const auto& value : output.order) out.string(value);
        out.end_array();
      }
      if (itself && output.otherwise) out.member("default", std::string_view(*output.otherwise));
      out.end_object();
    }
    out.end_array().key("rows").begin_array();
    for (std::size_t r = 0; r < table_.rules.size(); ++r) {
      out.begin_object();
      if (!table_.rules[r].id.empty()) out.member("id", std::string_view(table_.rules[r].id));
      out.key("in").begin_array();
      for (const auto& column : columns_) out.string(column.cells[r]);
      out.end_array().key("out").begin_array();
      for (const auto& output : outputs_) out.string(output.cells[r].cel);
      out.end_array().end_object();
    }
    out.end_array();
  }

  // The default result: null where no output has one.
  std::string otherwise() const {
    std::string out;
    bool any = false;
    for (const auto& output : outputs_) {
      any = any || output.otherwise;
      if (output.name.empty()) return output.otherwise.value_or("null");
      out += (out.empty() ? "{" : ", ") + zen::quoted(output.name) + ": " + output.otherwise.value_or("null");
    }
    return any ? out + "}" : "null";
  }

  void write_decision(json::Writer& out, bool checked) const {
    const auto one = [&out](std::string_view when, std::string_view then, std::string_view label) {
      out.begin_object().member("when", when).member("then", then).member("label", label).end_object();
    };
    out.begin_object().member("decide", "decision").key("cases").begin_array();
    if (checked) one("!allowed", "null", "an input is not among its allowed values: null");
    one("size(hits) == 0", otherwise(), "no rule is hit");
    std::string_view result = "hits[0]";
    switch (way_) {
      case Way::table: break;
      case Way::one_hit: one("size(hits) > 1", "null", "UNIQUE, and several rules are hit: null"); break;
      case Way::hits_agree:
        one("size(hits.distinct()) > 1", "null", "ANY, and the rules that are hit differ: null");
        break;
      case Way::sum:
        one("hits.exists(h, zen.type(h) != 'number')", "null", "there is no sum of what is no number: null");
        result = "zen.sum(hits)";
        break;
      case Way::least:
      case Way::greatest: {
        const bool least = way_ == Way::least;
        one("hits.all(h, zen.type(h) == 'number')", least ? "zen.min(hits)" : "zen.max(hits)", "numbers");
        one("hits.all(h, type(h) == string)",
            least ? "hits.map(h, string(h)).sort()[0]" : "hits.map(h, string(h)).sort()[size(hits) - 1]", "texts");
        result = "null";
        break;
      }
    }
    out.end_array().member("else", result).end_object();
  }

  const Table& table_;
  Diagnostics& diagnostics_;
  HitPolicy policy_ = HitPolicy::unique;
  Way way_ = Way::table;
  std::vector<Column> columns_;
  std::vector<Output> outputs_;
};

}  // namespace

std::optional<std::string> to_ruleset(const Table& table, Diagnostics& diagnostics) {
  return Importer(table, diagnostics).run();
}

}  // namespace socle::rules::dmn
