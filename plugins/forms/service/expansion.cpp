// expansion.cpp: `expand`: beside a record those that its references lead to. For reads and lists; see records.hpp.
#include <algorithm>
#include <map>

#include "records/named.hpp"
#include "records/texts.hpp"
#include "service/records.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t most_expanded = 1000;                        // of a reference, different ones
constexpr std::size_t most_expanded_bytes = std::size_t{8} << 20;  // of all references and items together
constexpr std::size_t expanded_block = 20;                         // read at once: at most 1 MiB each

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

using Expanded = std::map<std::string, std::string, std::less<>>;

// A reference's value with records in place of ids; false: `out` would be longer than `most`.
bool append_expanded(std::string& out, json::View value, const Expanded& found, std::size_t most) {
  if (value.is_array()) {
    out += '[';
    for (const auto one : value.elements()) {
      if (out.back() != '[') out += ',';
      if (!append_expanded(out, one, found, most)) return false;
    }
    out += ']';
    return true;
  }
  const auto at = value.is_string() ? found.find(value.as_string()) : found.end();
  const std::string_view text = at == found.end() || at->second.empty() ? "null" : std::string_view(at->second);
  if (out.size() + text.size() > most) return false;
  out += text;
  return true;
}

// Of a column: a list with one entry a row.
bool append_field(std::string& out, const Catalogue& fields, const Field& field, json::View doc, const Expanded& found,
                  std::size_t most) {
  const auto at = [](json::View from, const std::vector<std::string>& tokens) {
    for (const auto& token : tokens) from = from.find(token);
    return from;
  };
  if (field.table == Field::none) return append_expanded(out, at(doc, field.tokens), found, most);
  out += '[';
  for (const auto row : at(doc, fields[field.table].tokens).elements()) {
    if (out.back() != '[') out += ',';
    if (!append_expanded(out, at(row, field.tokens), found, most)) return false;
  }
  out += ']';
  return true;
}

Reply expanded_too_long(std::string_view name) {
  return bad_parameters({{"expand",
                          "too_long",
                          "found more than 8 MiB of records when it came to '" + std::string(name) +
                              "': name fewer references, or list fewer at a time",
                          {}}});
}

}  // namespace

// Reads the records of one form that `found` names, as this caller may read them. False: they are longer than `most`.
Task<Got<bool>> Records::fetch_expanded(Request request, const Asking& asking, const std::string& form,
                                        std::size_t most, Expanded& found) {
  auto target = co_await models_.find(request, form);
  if (!target) co_return std::move(target).problem();
  std::size_t bytes = 0;
  for (auto next = found.begin(); next != found.end();) {
    std::vector<std::string> ids;
    for (; next != found.end() && ids.size() < expanded_block; ++next) ids.push_back(next->first);
    const Reply reply = co_await saver_.get_many(request, form, ids);
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
      bytes += text.size();
      if (bytes > most) co_return false;
      found[std::string(item.find("id").as_string())] = std::move(text);
      if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
    }
  }
  co_return true;
}

// For each item a JSON object: the records that its named references lead to, as this caller may read them.
Task<Got<bool>> Records::expand(Request request, const Asking& asking, const Form& form, const std::string& names,
                                const std::vector<json::View>& items, std::vector<std::string>& out) {
  out.assign(items.size(), "{");
  std::size_t bytes = 0;  // of all that was appended
  std::vector<std::string_view> done;
  for (const auto name : split_names(names)) {
    if (std::find(done.begin(), done.end(), name) != done.end()) continue;
    done.push_back(name);
    const auto* logic = reference_called(form, name);
    if (logic == nullptr)
      co_return bad_parameters({{"expand", "unknown_reference", "'" + std::string(name) + "' is no reference", {}}});
    Expanded found;
    for (const auto item : items) {
      for (const auto& one : named_in(form.fields(), logic->field, doc_of(item)))
        if (is_record_id(one.id)) found.try_emplace(std::string(one.id));
      if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
    }
    if (found.size() > most_expanded)
      co_return bad_parameters({{"expand",
                                 "too_long",
                                 "'" + std::string(name) + "' leads to " + std::to_string(found.size()) +
                                     " records; wanted at most 1000: lower `limit`, or leave it out of `expand`",
                                 {}}});
    if (!found.empty()) {
      auto fetched = co_await fetch_expanded(request, asking, logic->reference, most_expanded_bytes - bytes, found);
      if (!fetched) co_return std::move(fetched).problem();
      if (!*fetched) co_return expanded_too_long(name);
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto before = out[i].size();
      if (before > 1) out[i] += ',';
      json::append_quoted(out[i], name);
      out[i] += ':';
      const bool fits = append_field(out[i], form.fields(), form.fields()[logic->field], doc_of(items[i]), found,
                                     before + most_expanded_bytes - bytes);
      bytes += out[i].size() - before;
      if (!fits || bytes > most_expanded_bytes) co_return expanded_too_long(name);
      if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
    }
  }
  for (auto& text : out) text += '}';
  co_return true;
}

}  // namespace socle::forms
