// memory_store.cpp: the model's methods but for writing (memory_store_write.cpp) and querying (memory_store_query.cpp).
#include "support/memory_store.hpp"

#include <algorithm>

#include "support/memory_store_text.hpp"

namespace socle::storage {

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
    case Method::outbox_read: return outbox(tenant, request);
    case Method::outbox_remove: {
      auto& entries = tenant.outbox[std::string(request.find("topic").as_string())];
      const auto through = std::stoull(std::string(request.find("through").as_string()));
      entries.erase(entries.begin(), entries.upper_bound(through));
      return Answer(std::string("{}"));
    }
    default: return Answer(Problem{Code::unsupported, "unsupported", "the model has no such method", {}, 0});
  }
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
    std::size_t bytes = 0, answered = 0;
    for (const auto id : ids.elements()) {
      const Record* record = find(id.as_string());
      bytes += record == nullptr ? 0 : record->text.size();
      if (bytes > max_page_bytes && answered > 0) break;
      ++answered;
      if (record == nullptr) {
        out.null();
      } else {
        put(id.as_string(), *record);
      }
    }
    out.end_array();
    if (answered < ids.size()) out.member("next", answered);
    out.end_object();
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

Answer MemoryStore::outbox(Tenant& tenant, json::View request) {
  const auto after = request.find("after").as_string();
  const auto& entries = tenant.outbox[std::string(request.find("topic").as_string())];
  const auto limit = request.find("limit").as_uint64().value_or(100);
  Answer answer;
  json::Writer out(answer.text);
  out.begin_object().key("items").begin_array();
  std::size_t count = 0, bytes = 0;
  for (auto at = entries.upper_bound(after.empty() ? 0 : std::stoull(std::string(after))); at != entries.end(); ++at) {
    bytes += at->second.size();
    if (count == limit || (bytes > max_page_bytes && count > 0)) break;
    ++count;
    out.begin_object().member("position", std::to_string(at->first)).key("entry").value(parsed(at->second).root());
    out.end_object();
  }
  out.end_array().end_object();
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
