// verdict.cpp: see the header.
#include "logic/verdict.hpp"

#include <algorithm>

#include "logic/cells.hpp"
#include "logic/messages.hpp"
#include "logic/values.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

struct Place {
  std::uint32_t field = Field::none;
  std::size_t row = 0;
};

// The declared field that a pointer into a record names.
Place place_of(const Catalogue& fields, const std::string& text) {
  Place out;
  const auto pointer = json::Pointer::parse(text);
  if (!pointer) return out;
  std::string path;
  bool in_table = false;
  for (const auto& token : pointer->tokens()) {
    const auto index = in_table ? json::array_index(token) : json::View::none;
    if (in_table && index != json::View::none) {
      out.row = index;
      path += "[]";
      in_table = false;
      continue;
    }
    path += (path.empty() ? "" : ".") + token;
    const auto at = fields.find(path);
    in_table = at != Field::none && fields[at].type == FieldType::table;
  }
  out.field = fields.find(path);
  return out;
}

json::View part_at(json::View object, const std::vector<std::string>& tokens) {
  for (const auto& token : tokens) object = object.find(token);
  return object;
}

class Judgement {
 public:
  Judgement(const Form& form, const Call& call, Language language, cel::Arena& arena, Verdict& out)
      : form_(form), language_(language), evaluation_(form, call, arena), out_(out) {}

  void run() {
    if (evaluation_.run() && settle()) {
      schema();
      if (left_out_ == 0) cells();
      if (!evaluation_.stopped().empty()) return stop();
      if (left_out_ > 0) out_.errors.push_back({"", "more", more_message(left_out_, language_), {}});
      fields();
      checks();
    }
    stop();
    std::stable_sort(out_.errors.begin(), out_.errors.end(),
                     [](const FieldError& a, const FieldError& b) { return a.pointer < b.pointer; });
  }

 private:
  void stop() {
    out_.stopped = evaluation_.stopped();
    out_.fuel_used = evaluation_.call().limits.fuel - evaluation_.fuel_left();
  }

  bool settle() {
    if (evaluation_.changed()) {
      out_.text = evaluation_.document();
      auto parsed = json::Document::parse(out_.text);
      if (!parsed) {
        out_.errors.push_back({"", "compute", parsed.error().message, {}});
        return false;
      }
      out_.document = std::move(*parsed);
    }
    for (const auto& error : evaluation_.errors())
      out_.errors.push_back({error.pointer, error.code, compute_message(error.message, language_), {}});
    return true;
  }

  void schema() {
    const auto root = out_.root(evaluation_.call().doc);
    if (form_.schema().valid(root)) return;
    const auto report = form_.schema().check(root);
    for (const auto& fault : report.faults) {
      // Nobody can fill in what is hidden.
      if (fault.code == "required") {
        const auto place = place_of(form_.fields(), fault.field);
        if (place.field != Field::none && !evaluation_.visible(place.field, place.row)) continue;
      }
      out_.errors.push_back({fault.field, std::string(fault.code), schema_message(fault, language_), params_of(fault)});
    }
    left_out_ = report.truncated;
  }

  bool told(const std::string& pointer, std::string_view code) const {
    return std::any_of(out_.errors.begin(), out_.errors.end(),
                       [&](const FieldError& error) { return error.pointer == pointer && error.code == code; });
  }

  // What the schema lets pass and the store, or exact arithmetic, cannot take. Hidden or not: it would be kept. It may
  // be many more cells than the record has letters (rows without members), so each takes fuel, there or not.
  void cells() {
    const auto root = out_.root(evaluation_.call().doc);
    auto table = Field::none;
    json::View rows;
    for (const auto& rule : form_.cells()) {
      const auto& field = form_.fields()[rule.field];
      if (field.table == Field::none) {
        if (!evaluation_.charge(1)) return;
        cell(rule, 0, part_at(root, field.tokens));
        continue;
      }
      if (field.table != table) {
        table = field.table;
        const auto& whole = form_.fields()[table];
        rows = told(whole.pointer, "maxItems") ? json::View() : part_at(root, whole.tokens);  // refused as a whole
      }
      if (!evaluation_.charge(rows.size())) return;
      std::size_t row = 0;
      for (const auto one : rows.elements()) cell(rule, row++, part_at(one, field.tokens));
    }
  }
  void cell(const CellRule& rule, std::size_t row, json::View value) {
    if (!rule.each) {
      if (const auto found = misfit(rule.type, value); found != Misfit::none && !kept(rule, value, row, {}))
        unfit(rule, row, found, {});
      return;
    }
    if (!evaluation_.charge(value.size())) return;
    std::size_t i = 0;
    for (const auto one : value.elements()) {
      if (const auto found = misfit(rule.type, one); found != Misfit::none && !kept(rule, one, row, i))
        unfit(rule, row, found, i);
      ++i;
    }
  }
  bool indexed(const CellRule& rule) const {
    if (rule.type != FieldType::decimal) return true;
    const auto& indexes = form_.shape().indexes;
    const auto& path = form_.fields()[rule.field].path;
    return std::any_of(indexes.begin(), indexes.end(),
                       [&](const auto& one) { return one.field == path && one.type == to_string(rule.type); });
  }
  // Stored like this at this place already, when less was asked of it. Without an index nothing breaks by it, and
  // nobody could change the rest of the record if the field is read-only.
  bool kept(const CellRule& rule, json::View value, std::size_t row, std::optional<std::size_t> element) const {
    const auto before = evaluation_.stored(rule.field, row);
    return same_text(value, element ? before.at(*element) : before) && !indexed(rule);
  }
  void unfit(const CellRule& rule, std::size_t row, Misfit found, std::optional<std::size_t> element) {
    if (unfit_ == most_unfit) {
      ++left_out_;
      return;
    }
    auto pointer = evaluation_.pointer(rule.field, row);
    if (element) pointer = below(pointer, *element);
    if (told(pointer, "type") || told(pointer, "format") || told(pointer, "too_long")) return;
    const bool too_long = found == Misfit::too_long;
    if (too_long && told(pointer, "maxLength")) return;
    ++unfit_;
    std::string params;
    json::Writer out(params);
    if (too_long)
      out.begin_object().member("limit", most_indexed_text).end_object();
    else
      out.begin_object().member("format", to_string(rule.type)).end_object();
    out_.errors.push_back({std::move(pointer), too_long ? "too_long" : "format",
                           cell_message(rule.type, too_long, language_), std::move(params)});
  }

  void fields() {
    for (const auto& logic : form_.logic()) {
      if (!logic.required && !logic.options && logic.validators.empty()) continue;
      const auto table = form_.fields()[logic.field].table;
      const auto count = table == Field::none ? 1 : evaluation_.rows(table);
      for (std::size_t row = 0; row < count; ++row) field(logic, row);
    }
  }
  void field(const FieldLogic& logic, std::size_t row) {
    if (!evaluation_.visible(logic.field, row)) return;
    const auto state = evaluation_.state(logic.field, row);
    const auto value = evaluation_.value(logic.field, row);
    const auto pointer = evaluation_.pointer(logic.field, row);
    if (state.required && is_blank(value) && !told(pointer, "required"))
      out_.errors.push_back({pointer, "required", required_message(language_), {}});
    if (!is_blank(value)) validators(logic, row, value, pointer);
    if (!state.options || is_blank(value)) return;
    const auto allowed = [&](const cel::Value& one) {
      for (std::size_t i = 0; i < state.options->size(); ++i)
        if (cel::equal(state.options->at(i), one)) return true;
      return false;
    };
    bool good = true;
    if (value.is(cel::Kind::list))
      for (std::size_t i = 0; i < value.size(); ++i) good = good && allowed(value.at(i));
    else
      good = allowed(value);
    if (!good) out_.errors.push_back({pointer, "options", options_message(language_), {}});
  }

  void validators(const FieldLogic& logic, std::size_t row, const cel::Value& value, const std::string& pointer) {
    for (const auto& one : logic.validators) {
      if (one.when && !evaluation_.holds(*one.when, form_.fields()[logic.field].table, row)) continue;
      const auto judge = [&](const cel::Value& text, const std::string& place) {
        if (!text.is(cel::Kind::string) || one.component->holds(text.as_string())) return;
        const auto own = language_ == Language::zh ? one.component->zh : one.component->en;
        out_.errors.push_back({place,
                               std::string(one.component->name),
                               one.message.empty() ? std::string(own) : one.message.in(language_),
                               {}});
      };
      if (!value.is(cel::Kind::list)) {
        judge(value, pointer);
        continue;
      }
      for (std::size_t i = 0; i < value.size(); ++i) judge(value.at(i), below(pointer, i));
    }
  }

  void checks() {
    for (const auto& check : form_.checks()) {
      if (evaluation_.holds(check.when)) out_.errors.push_back({check.at, check.id, check.message.in(language_), {}});
      if (!evaluation_.stopped().empty()) return;
    }
  }

  const Form& form_;
  const Language language_;
  Evaluation evaluation_;
  Verdict& out_;
  static constexpr std::size_t most_unfit = 200;
  std::size_t unfit_ = 0;     // faults of cells()
  std::size_t left_out_ = 0;  // beyond what is listed
};

}  // namespace

Verdict judge(const Form& form, const Call& call, Language language, cel::Arena& arena) {
  Verdict out;
  arena.reset();
  Judgement(form, call, language, arena, out).run();
  return out;
}

std::string errors_text(const std::vector<FieldError>& errors) {
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (const auto& error : errors) {
    out.begin_object().member("pointer", error.pointer).member("code", error.code).member("message", error.message);
    if (!error.params.empty()) {
      const auto params = json::Document::parse(error.params);
      if (params) out.member("params", params->root());
    }
    out.end_object();
  }
  out.end_array();
  return text;
}

}  // namespace socle::forms
