// build.cpp: building an index of a collection that already holds documents, a slice at a time between groups: first
// entries for every document (new versions get theirs from the write path meanwhile), then a second pass that proves
// every document has its entry; only then may queries use the index. Commit lane only.
//
// `progress` is a phase letter ('f' fill, 'v' verify) and the last document's id done. It is stored with the slice's
// entries in one batch, so a crash repeats at most one slice.
#include "socle/json/document.hpp"
#include "store/committer.hpp"

namespace socle::storage {
namespace {

constexpr std::size_t max_offenders = 10;

struct Slice {
  std::string last;  // id of the last document seen; "" when there was none
  bool end = false;
  std::size_t offenders = 0;
  std::string failure;  // JSON array under construction, without brackets
};

void add_offender(Slice& slice, std::string_view code, std::string_view id, std::string_view message) {
  if (slice.offenders++ >= max_offenders) return;
  if (!slice.failure.empty()) slice.failure.push_back(',');
  slice.failure.append("{\"code\":\"").append(code).append("\",\"id\":");
  json::append_quoted(slice.failure, id);
  slice.failure.append(",\"message\":");
  json::append_quoted(slice.failure, message);
  slice.failure.push_back('}');
}

// What one document needs: its entry put (fill) or found (verify).
Status index_document(Slice& slice, Group& group, const TenantSchema& schema, const Collection& collection,
                      const Index& index, const RecordView& record, bool fill) {
  auto entry = index_entry(schema.tenant, collection.number, index, record);
  if (!entry) {
    add_offender(slice, entry.problem().stable, record.id, entry.problem().message);
    return {};
  }
  if (fill && !entry->enforced) {
    group.put(std::move(entry->key), std::move(entry->value), false);
    return {};
  }
  auto stands = group.get(entry->key);
  if (!stands) return std::move(stands).error();
  if (*stands && **stands == entry->value) return {};
  if (fill && !*stands) {
    group.put(std::move(entry->key), std::move(entry->value));
  } else if (*stands) {
    const std::string other = (*stands)->substr(value_header.size());
    add_offender(slice, "unique_violation", record.id, "same value as document \"" + other + "\"");
  } else {
    add_offender(slice, "entry_missing", record.id, "the index lost this document's entry while it was built");
  }
  return {};
}

Status walk(Slice& slice, Group& group, Kv& kv, const TenantSchema& schema, const Collection& collection,
            const Index& index, std::string_view after, bool fill, std::size_t most) {
  const std::string prefix = key_of(Space::document, schema.tenant, collection.number);
  const auto cursor = kv.cursor(prefix, after_prefix(prefix), Reach::any);
  json::Parser parser;
  std::size_t seen = 0;
  for (cursor->seek(after.empty() ? prefix : prefix + std::string(after) + '\0'); cursor->valid(); cursor->next()) {
    if (seen++ == most) return {};
    auto record = decode_record(cursor->value());
    if (!record) return std::move(record).error();
    auto doc = parser.flatten(record->text);
    if (!doc) return Error{Code::data_loss, "a stored document is not JSON: restore from a backup"};
    slice.last = cursor->key().substr(prefix.size());
    const RecordView view{slice.last, record->version, record->created_ms, record->updated_ms, json::open(*doc)};
    if (auto done = index_document(slice, group, schema, collection, index, view, fill); !done) return done;
    if (slice.offenders >= max_offenders) break;
  }
  slice.end = true;
  return cursor->status();
}

}  // namespace

void Committer::load_builds() {
  builds_.clear();
  const std::string prefix = meta_key("building/");
  const auto cursor = state_.kv.cursor(prefix, after_prefix(prefix), Reach::any);
  for (cursor->seek(prefix); cursor->valid(); cursor->next()) {
    const std::string tenant(cursor->key().substr(prefix.size()));
    bool not_cached = false;
    auto schema = load_schema(state_.kv, tenant, Reach::any, not_cached);
    if (!schema) continue;
    for (const auto& collection : (*schema)->collections)
      for (const auto& index : collection.indexes)
        if (index.state == IndexState::building) builds_.push_back({tenant, collection.name, index.name});
  }
}

bool Committer::build_slice() {
  if (builds_.empty() || stopped()) return false;
  const Build build = builds_.front();
  builds_.pop_front();
  auto tenant = tenants_.find(build.tenant);
  if (!tenant) {
    state_.note(tenant.error());
    return false;
  }
  TenantSchema schema = *(*tenant)->schema;
  Collection* collection = schema.find(std::string_view(build.collection));
  Index* index = collection == nullptr ? nullptr : const_cast<Index*>(collection->find(build.index));
  if (index == nullptr || index->state != IndexState::building) return true;
  if (index->progress.empty()) index->progress = "f";
  const bool fill = index->progress[0] == 'f';
  Group group(state_.kv);
  Slice slice;
  slice.offenders = index->offenders;
  if (auto walked = walk(slice, group, state_.kv, schema, *collection, *index,
                         std::string_view(index->progress).substr(1), fill, state_.settings.backfill_slice);
      !walked) {
    state_.note(walked.error());
    builds_.push_back(build);
    return false;
  }
  // Offenders of earlier slices stand in `failure`; the fill goes on until it has ten or the end, to report them all.
  if (!slice.failure.empty()) index->failure += (index->failure.empty() ? "" : ",") + slice.failure;
  index->offenders = slice.offenders;
  if (!index->failure.empty() && (slice.end || slice.offenders >= max_offenders)) {
    index->state = IndexState::failed;
    index->failure = "[" + index->failure + "]";
    const std::string prefix = index_prefix(schema.tenant, collection->number, index->number);
    group.remove_range(prefix, after_prefix(prefix));
  } else if (!slice.end) {
    index->progress = std::string(fill ? "f" : "v") + slice.last;
  } else if (fill) {
    index->progress = "v";
  } else {
    index->state = IndexState::ready;
    index->progress.clear();
  }
  store_schema(**tenant, std::move(schema), group);
  // load_builds() in write_group() queues what is still building.
  const bool written = static_cast<bool>(write_group(group, false, true));
  if (!written) builds_.push_back(build);
  return written;
}

}  // namespace socle::storage
