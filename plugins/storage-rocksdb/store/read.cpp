#include "store/read.hpp"

#include "socle/json/document.hpp"
#include "store/changes.hpp"
#include "store/query.hpp"

namespace socle::storage {
namespace {

Answer unknown_collection(std::string_view name) {
  return Answer(problem_at(Code::not_found, "unknown_collection", "/collection",
                           "collection \"" + std::string(name) + "\" is not declared: declare it first"));
}

// One member of a projected document, or all of a branch: the fields that go through `tokens[depth]`.
void project(json::Writer& out, json::View value, const std::vector<const FieldPath*>& paths, std::size_t depth) {
  out.begin_object();
  for (const auto& [key, child] : value.members()) {
    std::vector<const FieldPath*> deeper;
    bool whole = false;
    for (const FieldPath* path : paths) {
      if (path->tokens[depth] != key) continue;
      whole = whole || path->tokens.size() == depth + 1;
      deeper.push_back(path);
    }
    if (deeper.empty()) continue;
    out.key(key);
    if (whole || !child.is_object()) {
      out.value(child);
    } else {
      project(out, child, deeper, depth + 1);
    }
  }
  out.end_object();
}

std::optional<Answer> get(State& state, const Call& call, const TenantSchema& schema, Reach reach) {
  const auto name = call.request.find("collection").as_string();
  const Collection* collection = schema.find(name);
  if (collection == nullptr) return unknown_collection(name);
  auto fields = parse_fields(call.request.find("fields"), "/fields");
  if (!fields) return Answer(std::move(fields).problem());
  const auto ids = call.request.find("ids");
  const std::size_t count = ids.is_array() ? ids.size() : 1;
  if (count > max_limit)
    return Answer(problem_at(Code::invalid, "bad_ids", "/ids", "\"ids\" is an array of at most 1,000 ids"));
  Answer answer;
  if (ids.is_array()) answer.text = "{\"items\":[";
  std::string value;
  std::size_t bytes = 0, i = 0;
  for (; i < count; ++i) {
    const auto id = (ids.is_array() ? ids.at(i) : call.request.find("id")).as_string();
    if (auto good = check_id(id, ids.is_array() ? "/ids/" + std::to_string(i) : "/id"); !good)
      return Answer(std::move(good).problem());
    auto found = state.kv.get(document_key(schema.tenant, collection->number, id), value, reach);
    if (!found) return fail(state, found.error());
    if (*found == Read::not_cached) return std::nullopt;
    bytes += *found == Read::found ? value.size() : 0;
    if (reach == Reach::cached && i > 0 && bytes > worker_bytes) return std::nullopt;
    if (bytes > max_page_bytes && i > 0) break;
    if (i > 0) answer.text.push_back(',');
    if (*found == Read::missing) {
      if (!ids.is_array()) {
        return Answer(
            problem_at(Code::not_found, "not_found", "/id", "document \"" + std::string(id) + "\" does not exist"));
      }
      answer.text.append("null");
      continue;
    }
    auto record = decode_record(value);
    if (!record) return fail(state, record.error());
    if (auto written = append_record(answer.text, id, *record, *fields); !written) return fail(state, written.error());
    if (!ids.is_array()) answer.meta.emplace_back("version", std::to_string(record->version));
  }
  if (ids.is_array()) answer.text.append(i < count ? "],\"next\":" + std::to_string(i) + "}" : "]}");
  return answer;
}

void describe_one(json::Writer& out, const Collection& collection, const Counter& counter) {
  out.begin_object().member("collection", collection.name);
  out.member("documents", counter.documents).member("bytes", counter.bytes).key("indexes").begin_array();
  for (const auto& index : collection.indexes) {
    out.begin_object().key("definition");
    write_definition(out, index);
    out.member("state", to_string(index.state));
    if (index.state == IndexState::failed) {
      if (auto failure = json::Document::parse(index.failure)) out.member("failure", failure->root());
    }
    out.end_object();
  }
  out.end_array().end_object();
}

std::optional<Answer> describe(State& state, const Call& call, const TenantSchema& schema, Reach reach) {
  const auto wanted = call.request.find("collection");
  if (wanted && schema.find(wanted.as_string()) == nullptr) return unknown_collection(wanted.as_string());
  Answer answer;
  json::Writer out(answer.text);
  if (!wanted) out.begin_object().key("collections").begin_array();
  Counter all;
  for (const auto& collection : schema.collections) {
    if (wanted && collection.name != wanted.as_string()) continue;
    std::string value;
    auto found = state.kv.get(key_of(Space::counter, schema.tenant, collection.number), value, reach);
    if (!found) return fail(state, found.error());
    if (*found == Read::not_cached) return std::nullopt;
    auto counter = *found == Read::found ? decode_counter(value) : Counter{};
    if (!counter) return fail(state, counter.error());
    if (call.method == Method::describe) describe_one(out, collection, *counter);
    all.documents += counter->documents;
    all.bytes += counter->bytes;
  }
  if (call.method == Method::usage) {
    answer.text = "{\"documents\":" + std::to_string(all.documents) + ",\"bytes\":" + std::to_string(all.bytes) +
                  ",\"collections\":" + std::to_string(schema.collections.size()) + "}";
  } else if (!wanted) {
    out.end_array().end_object();
  }
  return answer;
}

Answer plan(const Call& call, const TenantSchema& schema) {
  auto wanted = parse_collection(call.request);
  if (!wanted) return Answer(std::move(wanted).problem());
  const Plan change = plan_change(schema.find(std::string_view(wanted->name)), *wanted);
  Answer answer;
  json::Writer out(answer.text);
  out.begin_object().member("collection", wanted->name).key("up");
  write_steps(out, change.up);
  out.key("down");
  write_steps(out, change.down);
  out.member("down_destroys_data", change.destroys_data).end_object();
  return answer;
}

}  // namespace

Status append_record(std::string& out, std::string_view id, const StoredRecord& record,
                     const std::vector<FieldPath>& fields) {
  out.append("{\"id\":");
  json::append_quoted(out, id);
  out.append(",\"version\":").append(std::to_string(record.version));
  out.append(",\"created_at\":\"").append(format_timestamp(record.created_ms));
  out.append("\",\"updated_at\":\"").append(format_timestamp(record.updated_ms));
  out.append("\",\"doc\":");
  if (fields.empty()) {
    out.append(record.text);
  } else {
    auto doc = json::Document::parse(record.text);
    if (!doc) return Error{Code::data_loss, "a stored document is not JSON: restore from a backup"};
    std::vector<const FieldPath*> paths;
    paths.reserve(fields.size());
    for (const auto& field : fields) paths.push_back(&field);
    json::Writer writer(out);
    project(writer, doc->root(), paths, 0);
  }
  out.push_back('}');
  return {};
}

Result<std::optional<SchemaPtr>> SchemaCache::find(State& state, std::string_view tenant) {
  // Taken before reading: a change in between makes the entry look older than it is, never newer.
  const auto epoch = state.schema_epoch.load(std::memory_order_acquire);
  const auto at = entries_.find(std::string(tenant));
  if (at != entries_.end() && at->second.epoch == epoch) return std::optional(at->second.schema);
  bool not_cached = false;
  auto schema = load_schema(state.kv, tenant, Reach::cached, not_cached);
  if (!schema) return std::move(schema).error();
  if (not_cached) return std::optional<SchemaPtr>();
  if (at != entries_.end()) {
    bytes_ -= at->second.bytes;
    entries_.erase(at);
  }
  const std::size_t bytes = (*schema)->bytes();
  if (entries_.size() >= max_kept || bytes_ + bytes > max_bytes) {
    entries_.clear();
    bytes_ = 0;
  }
  bytes_ += bytes;
  entries_[std::string(tenant)] = {*schema, epoch, bytes};
  return std::optional(*schema);
}

std::optional<Answer> read(State& state, const Call& call, Reach reach, SchemaCache* cache) {
  SchemaPtr schema;
  if (cache != nullptr) {
    auto cached = cache->find(state, call.tenant);
    if (!cached) return fail(state, cached.error());
    if (!*cached) return std::nullopt;
    schema = **cached;
  } else {
    bool not_cached = false;
    auto loaded = load_schema(state.kv, call.tenant, reach, not_cached);
    if (!loaded) return fail(state, loaded.error());
    schema = *loaded;
  }
  switch (call.method) {
    case Method::get: return get(state, call, *schema, reach);
    case Method::query: return run_query(state, call, *schema, reach);
    case Method::describe:
    case Method::usage: return describe(state, call, *schema, reach);
    case Method::plan: return plan(call, *schema);
    case Method::changes: return read_changes(state, call, *schema, reach);
    case Method::outbox_read: return read_outbox(state, call, *schema, reach);
    default: return Answer(Problem{Code::internal, "internal", "a change came to the readers", {}, 0});
  }
}

}  // namespace socle::storage
