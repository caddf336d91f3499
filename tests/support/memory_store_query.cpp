// memory_store_query.cpp: the model's queries: all documents are looked at, kept or not, sorted, and the page is cut.
#include <algorithm>
#include <optional>

#include "contract/bytes.hpp"
#include "support/memory_store_text.hpp"

namespace socle::storage {

Answer MemoryStore::query(const Tenant& tenant, json::View request) {
  const std::string name(request.find("collection").as_string());
  if (!tenant.schema.contains(name)) return unknown(name);
  auto wish = parse_query(request, tenant.schema.at(name));
  if (!wish) return Answer(std::move(wish).problem());
  struct Row {
    std::vector<std::string> keys;
    std::string id;
    const Record* record;
  };
  std::vector<Row> rows;
  std::optional<RemainderCheck> remainder;
  if (wish->remainder) remainder.emplace(*wish->remainder, wish->remainder_values, query_fuel);
  const auto documents = tenant.documents.find(name);
  if (documents != tenant.documents.end()) {
    for (const auto& [id, record] : documents->second) {
      const auto doc = parsed(record.text);
      const auto view = view_of(id, record.version, record.created_ms, record.updated_ms, doc);
      if (!wish->filter.holds(view)) continue;
      if (remainder && remainder->check(view) != RemainderCheck::Result::holds) continue;
      Row row{{}, id, &record};
      for (const auto& order : wish->order) {
        auto& key = row.keys.emplace_back();
        if (encode_path(key, order.type, order.path, view) == Fit::other) encode_missing(key);
      }
      rows.push_back(std::move(row));
    }
  }
  const auto before = [&](const Row& a, const Row& b) {
    for (std::size_t i = 0; i < a.keys.size(); ++i) {
      if (a.keys[i] != b.keys[i]) return (a.keys[i] < b.keys[i]) != wish->order[i].descending;
    }
    return a.id != b.id && (a.id < b.id) != wish->id_descending;
  };
  std::sort(rows.begin(), rows.end(), before);
  const auto total = rows.size();
  std::size_t begin = 0;
  if (!wish->cursor.empty()) {
    const auto bytes = from_base64url(wish->cursor);
    Reader in(bytes ? std::string_view(*bytes) : std::string_view());
    Row place{{}, {}, nullptr};
    const bool same = in.big_endian() == wish->shape;
    for (std::size_t i = 0; i < wish->order.size(); ++i) place.keys.emplace_back(in.text());
    place.id = in.text();
    if (!in.ok() || !same)
      return Answer(problem_at(Code::invalid, "bad_cursor", "/cursor", "not a cursor of this query"));
    while (begin < rows.size() && !before(place, rows[begin])) ++begin;
  }
  std::size_t end = begin;
  for (std::size_t bytes = 0; end < std::min(begin + wish->limit, rows.size()); ++end) {
    bytes += rows[end].record->text.size();
    if (bytes > max_page_bytes && end > begin) break;
  }
  Answer answer;
  json::Writer out(answer.text);
  out.begin_object().key("items").begin_array();
  for (std::size_t i = begin; i < end; ++i) {
    const Record& r = *rows[i].record;
    write_record(out, rows[i].id, r.version, r.created_ms, r.updated_ms, parsed(r.text).root(), wish->fields);
  }
  out.end_array();
  if (end < rows.size()) {
    std::string place;
    put_big_endian(place, wish->shape);
    for (const auto& key : rows[end - 1].keys) put_text(place, key);
    put_text(place, rows[end - 1].id);
    out.member("next", to_base64url(place));
  } else {
    out.key("next").null();
  }
  if (wish->count != Count::none) out.member("count", total).member("count_exact", true);
  out.end_object();
  return answer;
}

}  // namespace socle::storage
