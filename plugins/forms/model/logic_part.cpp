// logic_part.cpp: `logic` and `checks` of a model, expression by expression.
#include <algorithm>
#include <set>

#include "model/body.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

using json::View;

constexpr std::size_t most_checks = 500;

class LogicReader {
 public:
  LogicReader(Form::Body& body, Diagnostics& diagnostics) : body_(body), diagnostics_(diagnostics) {}

  void run() {
    body_.logic_of.assign(body_.fields.size(), Field::none);
    from_schema();
    const auto logic = body_.source.root().find("logic");
    if (!logic.exists()) return;
    if (!logic.is_object()) {
      diagnostics_.error("/logic", "bad_value", "logic is {FIELD: {compute, visible, …}}; found " + shown(logic));
      return;
    }
    for (const auto& [path, rules] : logic.members()) {
      const auto pointer = below("/logic", path);
      const auto field = body_.fields.find(path);
      if (field == Field::none)
        diagnostics_.error(pointer, "unknown_field", body_.fields.unknown(path));
      else if (below_row_object(body_.fields[field]))
        diagnostics_.error(pointer, "not_supported",
                           "columns of a sub-table have logic, parts of an object inside a row have none; make '" +
                               body_.fields[field].name + "' a column");
      else if (!rules.is_object())
        diagnostics_.error(pointer, "bad_value", "the logic of a field is an object; found " + shown(rules));
      else
        read(field, rules, pointer);
    }
    columns_of_given_tables();
  }

 private:
  // Rows that an expression made would have to be read back before their columns could be computed.
  void columns_of_given_tables() {
    for (const auto& logic : body_.logic) {
      const auto table = body_.fields[logic.field].table;
      if (table == Field::none || body_.logic_of[table] == Field::none) continue;
      const auto& whole = body_.logic[body_.logic_of[table]];
      if (whole.compute || whole.fallback || body_.fields[table].fallback.exists())
        diagnostics_.error(below("/logic", body_.fields[table].path), "not_supported",
                           "a sub-table with logic in its columns is filled in by people: it has no compute and no "
                           "default of its own");
    }
  }

  static bool below_row_object(const Field& field) { return field.table != Field::none && field.parent != field.table; }
  FieldLogic& logic_of(std::uint32_t field) {
    auto& at = body_.logic_of[field];
    if (at == Field::none) {
      at = static_cast<std::uint32_t>(body_.logic.size());
      body_.logic.emplace_back().field = field;
    }
    return body_.logic[at];
  }

  void from_schema() {
    for (std::uint32_t i = 0; i < body_.fields.size(); ++i) {
      const auto& field = body_.fields[i];
      if (below_row_object(field)) continue;
      if (field.read_only) logic_of(i).always_read_only = true;
      if (field.fallback.exists()) (void)logic_of(i);
    }
  }

  std::optional<Expression> expression(View rules, std::string_view key, const std::string& pointer,
                                       std::uint32_t table, Want want) {
    const auto text = rules.find(key);
    if (!text.exists()) return std::nullopt;
    return body_.language->compile(text, below(pointer, key), table, want, diagnostics_);
  }

  void read(std::uint32_t index, View rules, const std::string& pointer) {
    only(rules,
         {"visible", "required", "read_only", "readonly", "compute", "default", "options", "clear_on_hide", "sequence",
          "reference", "on_delete", "attachment", "validate"},
         pointer, diagnostics_);
    const auto& field = body_.fields[index];
    const auto table = field.table;
    auto& out = logic_of(index);
    out.visible = expression(rules, "visible", pointer, table, Want::condition);
    out.required = expression(rules, "required", pointer, table, Want::condition);
    out.compute = expression(rules, "compute", pointer, table, Want::value);
    out.fallback = expression(rules, "default", pointer, table, Want::value);
    out.options = expression(rules, "options", pointer, table, Want::value);
    const bool spelled = rules.find("readonly").exists();
    if (spelled && rules.find("read_only").exists())
      diagnostics_.error(below(pointer, "readonly"), "duplicate", "read_only is there already; keep one of the two");
    out.read_only = expression(rules, spelled ? "readonly" : "read_only", pointer, table, Want::condition);
    const auto clear = rules.find("clear_on_hide");
    if (clear.exists() && !clear.is_boolean())
      diagnostics_.error(below(pointer, "clear_on_hide"), "bad_value", "true or false; found " + shown(clear));
    out.clear_on_hide = clear.as_bool();
    if (out.clear_on_hide && !rules.find("visible").exists())
      diagnostics_.error(below(pointer, "clear_on_hide"), "bad_value",
                         "a field is cleared when it hides: say when it is visible");
    if (out.compute && out.fallback)
      diagnostics_.error(below(pointer, "default"), "bad_value", "a computed field needs no default; remove it");
    options(out, below(pointer, "options"));
    sequence(out, field, rules, pointer);
    reference(out, field, rules.find("reference"), below(pointer, "reference"));
    on_delete(out, field, rules, below(pointer, "on_delete"));
    attachment(out, field, rules.find("attachment"), below(pointer, "attachment"));
    validators(out, field, rules.find("validate"), below(pointer, "validate"));
  }

  // NAME, {use, when, message}, or a list of such.
  void validators(FieldLogic& out, const Field& field, View given, const std::string& pointer) {
    if (!given.exists()) return;
    const bool text = field.type == FieldType::string || field.type == FieldType::any ||
                      (field.type == FieldType::list && field.element == FieldType::string);
    if (!text) {
      diagnostics_.error(pointer, "bad_value", "a component judges a field of type string or a list of strings");
      return;
    }
    if (!given.is_array()) return validator(out, field, given, pointer);
    std::size_t i = 0;
    for (const auto one : given.elements()) validator(out, field, one, below(pointer, i++));
  }

  void validator(FieldLogic& out, const Field& field, View given, const std::string& pointer) {
    if (given.is_object()) only(given, {"use", "when", "message"}, pointer, diagnostics_);
    const auto name = given.is_object() ? given.find("use") : given;
    FieldValidator made;
    made.component = component(name.as_string());
    if (made.component == nullptr) {
      std::string known;
      for (const auto& one : components()) known.append(known.empty() ? "" : ", ").append(one.name);
      diagnostics_.error(given.is_object() ? below(pointer, "use") : pointer, "unknown_value",
                         "there is no validator " + shown(name) + "; there are " + known);
      return;
    }
    made.when = expression(given, "when", pointer, field.table, Want::condition);
    if (given.find("message").exists())
      made.message = words_of(given.find("message"), below(pointer, "message"), diagnostics_);
    out.validators.push_back(std::move(made));
  }

  void options(const FieldLogic& out, const std::string& pointer) {
    if (!out.options) return;
    const auto& type = out.options->type;
    if (!type.is_dyn() && !type.is(cel::TypeKind::list))
      diagnostics_.error(pointer, "expression", "options are a list of values; this one is " + type.text(), 0);
  }

  void sequence(FieldLogic& out, const Field& field, View rules, const std::string& pointer) {
    const auto pattern = rules.find("sequence");
    if (!pattern.exists()) return;
    const auto at = below(pointer, "sequence");
    auto parsed = Sequence::parse(pattern.as_string());
    if (!parsed) {
      diagnostics_.error(at, "bad_value", parsed.error().message);
    } else if (field.type != FieldType::string || field.parent != Field::none) {
      diagnostics_.error(at, "bad_value", "a sequence fills a field of type string at the top of the record");
    } else if (out.compute || out.fallback) {
      diagnostics_.error(at, "bad_value", "a sequence fills the field: remove its compute or default");
    } else {
      out.sequence = std::move(*parsed);
      body_.has_sequences = true;
    }
  }

  void reference(FieldLogic& out, const Field& field, View form, const std::string& pointer) {
    if (!form.exists()) return;
    const bool one = field.type == FieldType::string;
    const bool many = field.type == FieldType::list && field.element == FieldType::string;
    if (!form.is_string() || form.as_string().empty() || form.as_string().size() > 62 ||
        form.as_string().find('\0') != std::string_view::npos) {
      diagnostics_.error(pointer, "bad_value", "a reference names a form; found " + shown(form));
    } else if (!one && !many) {
      diagnostics_.error(pointer, "bad_value",
                         "a reference is a field of type string (one record) or a list of strings (several)");
    } else {
      out.reference = form.as_string();
      body_.has_references = true;
    }
  }

  void on_delete(FieldLogic& out, const Field& field, View rules, const std::string& pointer) {
    const auto given = rules.find("on_delete");
    if (!given.exists()) return;
    const auto word = given.as_string();
    const auto demanded = rules.find("required");
    const bool required = field.required || demanded.as_bool() || demanded.as_string() == "true";
    if (word != "restrict" && word != "clear" && word != "cascade") {
      diagnostics_.error(pointer, "unknown_value", "on_delete is restrict, clear or cascade; found " + shown(given));
    } else if (!rules.find("reference").exists()) {
      diagnostics_.error(pointer, "bad_value",
                         "on_delete is for a reference: say which form's records the field names");
    } else if (field.table != Field::none || field.type == FieldType::list) {
      diagnostics_.error(pointer, "not_supported",
                         "on_delete is for a field that names one record, outside of sub-tables: what a list or a "
                         "column names has no index to find it by");
    } else if (word == "clear" && required) {
      diagnostics_.error(pointer, "bad_value", "a required field cannot be cleared: say restrict or cascade");
    } else if (word == "clear" && (out.always_read_only || rules.find("compute").exists())) {
      diagnostics_.error(pointer, "bad_value",
                         "a field that is computed or read-only cannot be cleared: say restrict or cascade");
    } else if (!out.reference.empty()) {
      out.on_delete = word == "restrict" ? OnDelete::refuse : word == "clear" ? OnDelete::clear : OnDelete::cascade;
      body_.has_on_delete = true;
    }
  }

  void attachment(FieldLogic& out, const Field& field, View given, const std::string& pointer) {
    if (!given.exists() || (given.is_boolean() && !given.as_bool())) return;
    const bool one = field.type == FieldType::string;
    const bool many = field.type == FieldType::list && field.element == FieldType::string;
    if ((!one && !many) || !out.reference.empty() || out.sequence) {
      diagnostics_.error(pointer, "bad_value",
                         "an attachment is a field of type string (one file) or a list of strings (several), without "
                         "reference or sequence");
      return;
    }
    Attachment made;
    if (given.is_object()) {
      only(given, {"types", "size"}, pointer, diagnostics_);
      for (const auto type : given.find("types").elements()) made.types.emplace_back(type.as_string());
      const auto bad = std::find_if(made.types.begin(), made.types.end(),
                                    [](const std::string& t) { return t.find('/') == std::string::npos; });
      if ((given.find("types").exists() && !given.find("types").is_array()) || bad != made.types.end())
        diagnostics_.error(below(pointer, "types"), "bad_value",
                           "types are a list of media types such as application/pdf or image/*");
      const auto size = given.find("size");
      made.size = size.as_uint64().value_or(0);
      if (size.exists() && made.size == 0)
        diagnostics_.error(below(pointer, "size"), "bad_value",
                           "size is the most bytes of a file; found " + shown(size));
    } else if (!given.is_boolean()) {
      diagnostics_.error(pointer, "bad_value", "attachment is true or {types, size}; found " + shown(given));
    }
    out.attachment = std::move(made);
    body_.has_attachments = true;
  }

  Form::Body& body_;
  Diagnostics& diagnostics_;
};

// A pointer into a record that leads to a declared field; rows are numbers.
bool leads_somewhere(const Catalogue& fields, std::string_view text) {
  if (text.empty()) return true;
  const auto pointer = json::Pointer::parse(text);
  if (!pointer) return false;
  std::string path;
  for (const auto& token : pointer->tokens()) {
    if (path.ends_with("[]") || path.empty())
      path += path.empty() ? token : "." + token;
    else if (const auto at = fields.find(path); at != Field::none && fields[at].type == FieldType::table)
      path += "[]";
    else
      path += "." + token;
  }
  if (path.ends_with("[]")) path.resize(path.size() - 2);
  if (fields.find(path) != Field::none) return true;
  // Below a field without declared parts anything may be meant.
  for (auto dot = path.rfind('.'); dot != std::string::npos; dot = path.rfind('.', dot - 1)) {
    const auto at = fields.find(path.substr(0, dot));
    if (at != Field::none) return fields[at].children.empty();
    if (dot == 0) break;
  }
  return fields.open();
}

}  // namespace

void compile_logic(Form::Body& body, Diagnostics& diagnostics) { LogicReader(body, diagnostics).run(); }

void compile_checks(Form::Body& body, Diagnostics& diagnostics) {
  const auto checks = body.source.root().find("checks");
  if (!checks.exists()) return;
  if (!checks.is_array() || checks.size() > most_checks) {
    diagnostics.error("/checks", "bad_value", "checks are a list of at most 500 {id, when, message, at}");
    return;
  }
  std::set<std::string, std::less<>> ids;
  std::size_t i = 0;
  for (const auto item : checks.elements()) {
    const auto pointer = below("/checks", i++);
    if (!item.is_object()) {
      diagnostics.error(pointer, "bad_value", "a check is {id, when, message, at}; found " + shown(item));
      continue;
    }
    only(item, {"id", "when", "message", "at"}, pointer, diagnostics);
    Check check;
    check.id = item.find("id").as_string();
    if (check.id.empty() || check.id.size() > 64)
      diagnostics.error(below(pointer, "id"), item.find("id").exists() ? "bad_value" : "required",
                        "a check has an id of 1 to 64 characters: it is the code of its error");
    else if (!ids.insert(check.id).second)
      diagnostics.error(below(pointer, "id"), "duplicate", "there is a check '" + check.id + "' already");
    check.message = words_of(item.find("message"), below(pointer, "message"), diagnostics);
    if (!item.find("message").exists())
      diagnostics.error(below(pointer, "message"), "required", "a check says what is wrong: message: {en, zh}");
    const auto at = item.find("at");
    check.at = at.as_string();
    if (at.exists() && (!at.is_string() || !leads_somewhere(body.fields, check.at)))
      diagnostics.error(below(pointer, "at"), "unknown_field",
                        "'at' is a JSON pointer to a declared field, such as /to; found " + shown(at));
    if (!item.find("when").exists()) {
      diagnostics.error(below(pointer, "when"), "required", "a check says when it objects: a condition");
      continue;
    }
    auto when =
        body.language->compile(item.find("when"), below(pointer, "when"), Field::none, Want::condition, diagnostics);
    if (!when) continue;
    check.when = std::move(*when);
    body.checks.push_back(std::move(check));
  }
}

}  // namespace socle::forms
