// expansion.cpp: `expand`: beside a record those that its references lead to. For reads and lists; see records.hpp.
#include <map>

#include "records/named.hpp"
#include "records/texts.hpp"
#include "service/records.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t most_expanded = 1000;  // storage/1.get takes no more

using Expanded = std::map<std::string, std::string, std::less<>>;  // by id: the record as JSON, or null

// "customer" or "lines.product" (also as the field's path, "lines[].product"); nullptr: no reference is called so.
const FieldLogic* reference_called(const Form& form, std::string_view name) {
  for (const auto& logic : form.logic()) {
    if (logic.reference.empty()) continue;
    const auto& field = form.fields()[logic.field];
    if (field.path == name) return &logic;
    if (field.table != Field::none && form.fields()[field.table].path + "." + field.name == name) return &logic;
  }
  return nullptr;
}

// A reference's value with records in place of ids.
void append_expanded(std::string& out, json::View value, const Expanded& found) {
  if (value.is_array()) {
    out += '[';
    for (const auto one : value.elements()) {
      if (out.back() != '[') out += ',';
      append_expanded(out, one, found);
    }
    out += ']';
    return;
  }
  const auto at = value.is_string() ? found.find(value.as_string()) : found.end();
  out += at == found.end() ? std::string_view("null") : std::string_view(at->second);
}

// Of a column: a list with one entry a row.
void append_field(std::string& out, const Catalogue& fields, const Field& field, json::View doc,
                  const Expanded& found) {
  const auto at = [](json::View from, const std::vector<std::string>& tokens) {
    for (const auto& token : tokens) from = from.find(token);
    return from;
  };
  if (field.table == Field::none) return append_expanded(out, at(doc, field.tokens), found);
  out += '[';
  for (const auto row : at(doc, fields[field.table].tokens).elements()) {
    if (out.back() != '[') out += ',';
    append_expanded(out, at(row, field.tokens), found);
  }
  out += ']';
}

}  // namespace

// For each item a JSON object: the records that its named references lead to, as this caller may read them.
Task<Got<bool>> Records::expand(Request request, const Asking& asking, const Form& form, const std::string& names,
                                const std::vector<json::View>& items, std::vector<std::string>& out) {
  out.assign(items.size(), "{");
  for (const auto name : split_names(names)) {
    const auto* logic = reference_called(form, name);
    if (logic == nullptr)
      co_return bad_parameters({{"expand", "unknown_reference", "'" + std::string(name) + "' is no reference", {}}});
    Expanded found;
    for (const auto item : items)
      for (const auto& one : named_in(form.fields(), logic->field, doc_of(item)))
        if (is_record_id(one.id)) found.emplace(one.id, "null");
    if (found.size() > most_expanded)
      co_return bad_parameters({{"expand",
                                 "too_long",
                                 "'" + std::string(name) + "' leads to more than 1000 records: list fewer at a time",
                                 {}}});
    std::vector<std::string> ids;
    for (const auto& [id, text] : found) ids.push_back(id);
    if (!ids.empty()) {
      auto target = co_await models_.find(request, logic->reference);
      if (!target) co_return std::move(target).problem();
      const Reply reply = co_await saver_.get_many(request, logic->reference, ids);
      if (!reply) co_return reply;
      const auto answer = json::Document::parse(reply.text());
      if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
      for (const auto item : answer->root().find("items").elements()) {
        if (!item.is_object() || !readable(*target->form, asking, item)) continue;
        auto shown = co_await shown_item(request, asking, *target->form, item);
        if (!shown) {
          Reply problem = std::move(shown).problem();
          if (problem.code() == Code::denied) continue;
          co_return problem;
        }
        std::string text;
        json::Writer writer(text);
        writer.begin_object();
        write_members(writer, shown->root());
        writer.end_object();
        found[std::string(item.find("id").as_string())] = std::move(text);
      }
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (out[i].size() > 1) out[i] += ',';
      json::append_quoted(out[i], name);
      out[i] += ':';
      append_field(out[i], form.fields(), form.fields()[logic->field], doc_of(items[i]), found);
    }
  }
  for (auto& text : out) text += '}';
  co_return true;
}

}  // namespace socle::forms
