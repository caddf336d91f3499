// Longer than most: one small function per method, and splitting a model over files would hide what it promises.
#include "support/memory_store.hpp"

#include <algorithm>
#include <cstdio>

#include "contract/bytes.hpp"

namespace socle::storage {
namespace {

Answer unknown(std::string_view name, std::string_view pointer = "/collection") {
  return Answer(problem_at(Code::not_found, "unknown_collection", pointer,
                           "collection \"" + std::string(name) + "\" is not declared"));
}

RecordView view_of(std::string_view id, std::uint64_t version, std::int64_t created, std::int64_t updated,
                   const json::Document& doc) {
  return {id, version, created, updated, doc.root()};
}

json::Document parsed(const std::string& text) { return std::move(json::Document::parse(text)).value(); }

void write_record(json::Writer& out, const std::string& id, std::uint64_t version, std::int64_t created,
                  std::int64_t updated, json::View doc, const std::vector<FieldPath>& fields) {
  out.begin_object().member("id", id).member("version", version);
  out.member("created_at", format_timestamp(created)).member("updated_at", format_timestamp(updated)).key("doc");
  if (fields.empty()) {
    out.value(doc);
  } else {  // one level is enough for the model
    out.begin_object();
    for (const auto& [key, value] : doc.members())
      for (const auto& field : fields)
        if (field.tokens.size() == 1 && field.tokens[0] == key) out.member(key, value);
    out.end_object();
  }
  out.end_object();
}

// The typed values an index sees of a record; "" in place of one that is not of its type.
std::vector<std::string> values_of(const Index& index, const RecordView& record, bool& missing) {
  std::vector<std::string> out;
  for (const auto& field : index.fields) {
    auto& bytes = out.emplace_back();
    missing = encode_path(bytes, field.type, field.path, record) == Fit::missing || missing;
  }
  return out;
}

}  // namespace

std::string MemoryStore::Ids::next_id() {
  char text[64];
  std::snprintf(text, sizeof text, "00000000-0000-7000-8000-%012llx", static_cast<unsigned long long>(++next_));
  return text;
}

Answer MemoryStore::call(std::string_view name, Method method, json::View request, std::string_view context_key) {
  const auto at = tenants_.find(name);
  Tenant none;
  Tenant& tenant = at != tenants_.end()                                     ? at->second
                   : method == Method::declare || method == Method::migrate ? tenants_[std::string(name)]
                                                                            : none;
  switch (method) {
    case Method::write: return write(tenant, request, context_key);
    case Method::get: return get(tenant, request);
    case Method::query: return query(tenant, request);
    case Method::changes: return changes(tenant, request);
    case Method::declare:
    case Method::migrate:
    case Method::plan: return migrate(tenant, method, request);
    case Method::describe:
    case Method::usage: return describe(tenant, request);
    case Method::erase: tenants_.erase(std::string(name)); return Answer(std::string("{}"));
    case Method::outbox_read: {
      Answer answer;
      json::Writer out(answer.text);
      out.begin_object().key("items").begin_array();
      for (const auto& [number, text] : tenant.outbox[std::string(request.find("topic").as_string())]) {
        out.begin_object()
            .member("position", std::to_string(number))
            .key("entry")
            .value(parsed(text).root())
            .end_object();
      }
      out.end_array().end_object();
      return answer;
    }
    case Method::outbox_remove: {
      auto& entries = tenant.outbox[std::string(request.find("topic").as_string())];
      const auto through = std::stoull(std::string(request.find("through").as_string()));
      entries.erase(entries.begin(), entries.upper_bound(through));
      return Answer(std::string("{}"));
    }
    default: return Answer(Problem{Code::unsupported, "unsupported", "the model has no such method", {}, 0});
  }
}

Verdict MemoryStore::check_unique(const Tenant& tenant, const std::string& collection, const std::string& id,
                                  const Record& record, const std::string& pointer) {
  const auto doc = parsed(record.text);
  const auto view = view_of(id, record.version, record.created_ms, record.updated_ms, doc);
  for (const auto& index : tenant.schema.at(collection).indexes) {
    if (index.state == IndexState::failed) continue;
    for (const auto& field : index.fields) {
      std::string bytes;
      if (encode_path(bytes, field.type, field.path, view) == Fit::other)
        return problem_at(Code::invalid, "index_type", pointer + "/doc" + field.path.text, "wrong type for an index");
      if (value_at(view, field.path).as_string().size() > max_field_text)
        return problem_at(Code::invalid, "index_value_too_long", pointer + "/doc" + field.path.text, "too long");
    }
    bool missing = false;
    const auto mine = values_of(index, view, missing);
    if (!index.unique || missing) continue;
    for (const auto& [other_id, other] : tenant.documents.at(collection)) {
      if (other_id == id) continue;
      const auto other_doc = parsed(other.text);
      bool ignored = false;
      const auto theirs =
          values_of(index, view_of(other_id, other.version, other.created_ms, other.updated_ms, other_doc), ignored);
      if (mine == theirs)
        return problem_at(Code::conflict, "unique_violation", pointer + "/doc" + index.fields[0].path.text, "taken");
    }
  }
  return Done{};
}

Verdict MemoryStore::apply(Tenant& tenant, const Operation& op, std::size_t number, std::int64_t now_ms, Record& before,
                           Record& after) {
  const std::string pointer = "/operations/" + std::to_string(number);
  const std::string collection(op.collection);
  if (!tenant.schema.contains(collection)) return unknown(collection, pointer + "/collection").problem;
  Documents& documents = tenant.documents[collection];
  const auto at = documents.find(op.id);
  if (at != documents.end()) before = at->second;
  const bool exists = before.version != 0;
  using Expect = Operation::Expect;
  if (op.expect == Expect::absent && exists)
    return problem_at(Code::conflict, "already_exists", pointer, "exists already");
  if ((op.expect == Expect::present || op.expect == Expect::version) && !exists)
    return problem_at(Code::not_found, "not_found", pointer, "does not exist");
  if (op.expect == Expect::version && before.version != op.version)
    return problem_at(Code::precondition, "version_mismatch", pointer, "other version");
  if (op.kind == Operation::Kind::remove) documents.erase(op.id);
  if (op.kind != Operation::Kind::put) return Done{};
  after = {before.version + 1, exists ? before.created_ms : now_ms, now_ms, op.text};
  if (auto unique = check_unique(tenant, collection, op.id, after, pointer); !unique) return unique;
  documents[op.id] = after;
  return Done{};
}

Answer MemoryStore::write(Tenant& tenant, json::View request, std::string_view context_key) {
  auto wish = parse_write(request, context_key, {}, ids_);
  if (!wish) return Answer(std::move(wish).problem());
  if (const auto first = tenant.remembered.find(wish->idempotency_key);
      !wish->idempotency_key.empty() && first != tenant.remembered.end() &&
      first->second.time_ms + 24 * 3600 * 1000 > now_ms_) {
    if (first->second.fingerprint != wish->fingerprint)
      return Answer(
          problem_at(Code::conflict, "idempotency_key_reused", "/idempotency/key", "used for another request"));
    Answer answer(first->second.answer);
    answer.meta.emplace_back("replayed", "true");
    return answer;
  }
  Tenant trial = tenant;
  Answer answer;
  json::Writer out(answer.text);
  out.begin_object().key("results").begin_array();
  ++commit_;
  for (std::size_t i = 0; i < wish->operations.size(); ++i) {
    const Operation& op = wish->operations[i];
    Record before, after;
    if (auto done = apply(trial, op, i, now_ms_, before, after); !done) {
      --commit_;
      return Answer(std::move(done).problem());
    }
    out.begin_object().member("id", op.id);
    if (op.kind == Operation::Kind::put) {
      out.member("version", after.version).member("created_at", format_timestamp(after.created_ms));
      out.member("updated_at", format_timestamp(after.updated_ms));
    } else {
      out.member("version", before.version).member("existed", before.version != 0);
    }
    out.end_object();
    if (op.kind == Operation::Kind::check || (op.kind == Operation::Kind::remove && before.version == 0)) continue;
    const bool put = op.kind == Operation::Kind::put;
    trial.feed.push_back(
        {commit_, now_ms_, put, std::string(op.collection), op.id, put ? after.version : before.version});
  }
  for (const auto& entry : wish->outbox) trial.outbox[std::string(entry.topic)][++outbox_] = entry.text;
  out.end_array().member("position", std::to_string(commit_)).end_object();
  if (!wish->idempotency_key.empty())
    trial.remembered[wish->idempotency_key] = {now_ms_, wish->fingerprint, answer.text};
  tenant = std::move(trial);
  return answer;
}

Answer MemoryStore::get(const Tenant& tenant, json::View request) {
  const std::string name(request.find("collection").as_string());
  if (!tenant.schema.contains(name)) return unknown(name);
  const auto documents = tenant.documents.find(name);
  auto fields = parse_fields(request.find("fields"), "/fields");
  if (!fields) return Answer(std::move(fields).problem());
  const auto find = [&](std::string_view id) {
    if (documents == tenant.documents.end()) return static_cast<const Record*>(nullptr);
    const auto at = documents->second.find(std::string(id));
    return at == documents->second.end() ? nullptr : &at->second;
  };
  Answer answer;
  json::Writer out(answer.text);
  const auto put = [&](std::string_view id, const Record& r) {
    write_record(out, std::string(id), r.version, r.created_ms, r.updated_ms, parsed(r.text).root(), *fields);
  };
  if (const auto ids = request.find("ids"); ids.is_array()) {
    out.begin_object().key("items").begin_array();
    for (const auto id : ids.elements()) {
      const Record* record = find(id.as_string());
      if (record == nullptr) {
        out.null();
      } else {
        put(id.as_string(), *record);
      }
    }
    out.end_array().end_object();
    return answer;
  }
  const auto id = request.find("id").as_string();
  if (auto good = check_id(id, "/id"); !good) return Answer(std::move(good).problem());
  const Record* record = find(id);
  if (record == nullptr) return Answer(problem_at(Code::not_found, "not_found", "/id", "does not exist"));
  put(id, *record);
  answer.meta.emplace_back("version", std::to_string(record->version));
  return answer;
}

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
  const std::size_t end = std::min(begin + wish->limit, rows.size());
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

Answer MemoryStore::changes(const Tenant& tenant, json::View request) const {
  std::uint64_t after = request.find("from").as_string() == "now" ? commit_ : 0;
  if (const auto position = request.find("position"); position.is_string())
    after = std::stoull(std::string(position.as_string()));
  const auto limit = request.find("limit").as_uint64().value_or(100);
  const auto collection = request.find("collection").as_string();
  Answer answer;
  json::Writer out(answer.text);
  out.begin_object().key("items").begin_array();
  std::uint64_t last = after;
  std::size_t count = 0;
  bool all = true;
  for (const auto& change : tenant.feed) {
    if (change.commit <= after) continue;
    if (count >= limit && change.commit != last) {
      all = false;
      break;
    }
    last = change.commit;
    if (!collection.empty() && change.collection != collection) continue;
    ++count;
    out.begin_object().member("op", change.put ? "put" : "delete").member("collection", change.collection);
    out.member("id", change.id).member("version", change.version).member("at", format_timestamp(change.time_ms));
    out.member("position", std::to_string(change.commit)).end_object();
  }
  out.end_array().member("position", std::to_string(all ? std::max(last, commit_) : last)).end_object();
  return answer;
}

Answer MemoryStore::migrate(Tenant& tenant, Method method, json::View request) {
  Plan plan;
  std::string name;
  if (method == Method::migrate) {
    name = request.find("collection").as_string();
    auto steps = parse_steps(request.find("steps"));
    if (!steps) return Answer(std::move(steps).problem());
    plan.up = std::move(*steps);
  } else {
    auto wanted = parse_collection(request);
    if (!wanted) return Answer(std::move(wanted).problem());
    name = wanted->name;
    const auto have = tenant.schema.find(name);
    plan = plan_change(have == tenant.schema.end() ? nullptr : &have->second, *wanted);
  }
  Answer answer;
  json::Writer out(answer.text);
  if (method == Method::plan) {
    out.begin_object().member("collection", name).key("up");
    write_steps(out, plan.up);
    out.key("down");
    write_steps(out, plan.down);
    out.member("down_destroys_data", plan.destroys_data).end_object();
    return answer;
  }
  for (const auto& step : plan.up) {
    const bool exists = tenant.schema.contains(name);
    if (step.op == Step::Op::create_collection) {
      if (exists) return Answer(problem_at(Code::conflict, "already_exists", "/steps/0", "exists already"));
      tenant.schema[name].name = name;
      continue;
    }
    if (!exists) return unknown(name);
    Collection& collection = tenant.schema[name];
    if (step.op == Step::Op::drop_collection) {
      tenant.schema.erase(name);
      tenant.documents.erase(name);
    } else if (step.op == Step::Op::drop_index) {
      if (std::erase_if(collection.indexes, [&](auto& i) { return i.name == step.index.name; }) == 0)
        return Answer(problem_at(Code::not_found, "unknown_index", "/steps/0", "no such index"));
    } else {
      Index index = step.index;
      index.state = IndexState::ready;
      collection.indexes.push_back(index);
      for (const auto& [id, record] : tenant.documents[name]) {
        if (check_unique(tenant, name, id, record, "")) continue;
        collection.indexes.back().state = IndexState::failed;
      }
    }
  }
  const auto have = tenant.schema.find(name);
  const bool failed =
      have != tenant.schema.end() && std::any_of(have->second.indexes.begin(), have->second.indexes.end(),
                                                 [](auto& i) { return i.state == IndexState::failed; });
  out.begin_object().member("collection", name);
  out.member("state", have == tenant.schema.end() ? "dropped" : failed ? "failed" : "ready").key("applied");
  write_steps(out, plan.up);
  out.end_object();
  return answer;
}

Answer MemoryStore::describe(const Tenant& tenant, json::View request) {
  const auto wanted = request.find("collection");
  Answer answer;
  json::Writer out(answer.text);
  if (!wanted) {
    std::size_t documents = 0;
    for (const auto& [name, all] : tenant.documents) documents += all.size();
    out.begin_object().member("documents", documents).member("collections", tenant.schema.size()).end_object();
    return answer;
  }
  const std::string name(wanted.as_string());
  const auto have = tenant.schema.find(name);
  if (have == tenant.schema.end()) return unknown(name);
  const auto documents = tenant.documents.find(name);
  out.begin_object().member("collection", name);
  out.member("documents", documents == tenant.documents.end() ? 0 : documents->second.size())
      .key("indexes")
      .begin_array();
  for (const auto& index : have->second.indexes) {
    out.begin_object().key("definition");
    write_definition(out, index);
    out.member("state", to_string(index.state)).end_object();
  }
  out.end_array().end_object();
  return answer;
}

}  // namespace socle::storage
