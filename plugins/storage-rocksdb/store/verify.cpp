// verify.cpp: `verify`: proves on one consistent view that what is stored agrees with itself. Reading every block also
// checks every checksum. Long; on an offload thread.
#include <map>

#include "socle/json/document.hpp"
#include "store/changes.hpp"
#include "store/read.hpp"

namespace socle::storage {
namespace {

class Verification {
 public:
  explicit Verification(State& state) : state_(state), snapshot_(state.kv.snapshot()) {}

  Status run() {
    const std::string space = key_of(Space::schema);
    const auto cursor = state_.kv.cursor(space, after_prefix(space), Reach::any, snapshot_.get(), true);
    for (cursor->seek(space); cursor->valid(); cursor->next()) {
      auto payload = payload_of(cursor->value(), "a tenant's schema");
      if (!payload) return std::move(payload).error();
      auto schema = TenantSchema::decode(*payload);
      if (!schema) return std::move(schema).error();
      for (const auto& collection : schema->collections) {
        if (auto done = documents(*schema, collection); !done) return done;
        for (const auto& index : collection.indexes) {
          if (index.state == IndexState::failed) continue;  // its entries are gone, and no cursor is to look for them
          if (auto done = entries(*schema, collection, index); !done) return done;
        }
      }
      if (auto done = feed(*schema); !done) return done;
    }
    return cursor->status();
  }

  [[nodiscard]] std::string report() const {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().member("ok", problems_.empty()).member("documents", documents_);
    writer.member("index_entries", entries_).member("changes", changes_).key("problems").begin_array();
    for (const auto& problem : problems_) writer.string(problem);
    writer.end_array().end_object();
    return out;
  }

 private:
  void report(const std::string& problem) {
    if (problems_.size() < 20) problems_.push_back(problem);
  }

  Status documents(const TenantSchema& schema, const Collection& collection) {
    const std::string prefix = key_of(Space::document, schema.tenant, collection.number);
    const auto cursor = state_.kv.cursor(prefix, after_prefix(prefix), Reach::any, snapshot_.get(), true);
    Counter found;
    for (cursor->seek(prefix); cursor->valid(); cursor->next()) {
      found.documents += 1;
      found.bytes += static_cast<std::int64_t>(cursor->key().size() + cursor->value().size());
      const std::string id(cursor->key().substr(prefix.size()));
      auto record = decode_record(cursor->value());
      if (!record) return std::move(record).error();
      auto doc = parser_.flatten(record->text);
      if (!doc) {
        report("document \"" + id + "\" of \"" + collection.name + "\" is not JSON");
        continue;
      }
      const RecordView view{id, record->version, record->created_ms, record->updated_ms, json::open(*doc)};
      for (const auto& index : collection.indexes) {
        if (index.state != IndexState::ready) continue;
        if (auto done = has_entry(schema, collection, index, view); !done) return done;
      }
    }
    documents_ += static_cast<std::uint64_t>(found.documents);
    std::string value;
    auto read =
        state_.kv.get(key_of(Space::counter, schema.tenant, collection.number), value, Reach::any, snapshot_.get());
    if (!read) return std::move(read).error();
    auto counter = *read == Read::found ? decode_counter(value) : Counter{};
    if (!counter) return std::move(counter).error();
    if (counter->documents != found.documents || counter->bytes != found.bytes) {
      report("collection \"" + collection.name + "\" has " + std::to_string(found.documents) +
             " documents, its counter says " + std::to_string(counter->documents));
    }
    return cursor->status();
  }

  Status has_entry(const TenantSchema& schema, const Collection& collection, const Index& index,
                   const RecordView& view) {
    auto entry = index_entry(schema.tenant, collection.number, index, view);
    std::string value;
    auto read = entry ? state_.kv.get(entry->key, value, Reach::any, snapshot_.get()) : Result<Read>(Read::missing);
    if (!read) return std::move(read).error();
    if (*read != Read::found || value != entry->value) {
      report("index \"" + index.name + "\" of \"" + collection.name + "\" lacks document \"" + std::string(view.id) +
             "\"");
    }
    return {};
  }

  Status entries(const TenantSchema& schema, const Collection& collection, const Index& index) {
    const std::string prefix = index_prefix(schema.tenant, collection.number, index.number);
    const auto cursor = state_.kv.cursor(prefix, after_prefix(prefix), Reach::any, snapshot_.get(), true);
    for (cursor->seek(prefix); cursor->valid(); cursor->next()) {
      ++entries_;
      auto id = id_of_entry(index, cursor->key(), prefix.size(), cursor->value());
      if (!id) return std::move(id).error();
      std::string value;
      auto read =
          state_.kv.get(document_key(schema.tenant, collection.number, *id), value, Reach::any, snapshot_.get());
      if (!read) return std::move(read).error();
      bool agrees = false;
      if (*read == Read::found) {
        auto record = decode_record(value);
        if (!record) return std::move(record).error();
        if (auto doc = parser_.flatten(record->text)) {
          const RecordView view{*id, record->version, record->created_ms, record->updated_ms, json::open(*doc)};
          auto entry = index_entry(schema.tenant, collection.number, index, view);
          agrees = entry && entry->key == cursor->key();
        }
      }
      if (!agrees) {
        report("index \"" + index.name + "\" of \"" + collection.name + "\" has an entry for document \"" + *id +
               "\" that does not belong to it");
      }
    }
    return cursor->status();
  }

  // Versions of one document go up, and the last change in the feed is what the document says.
  Status feed(const TenantSchema& schema) {
    const std::string prefix = key_of(Space::feed, schema.tenant);
    const auto cursor = state_.kv.cursor(prefix, after_prefix(prefix), Reach::any, snapshot_.get(), true);
    std::map<std::pair<std::uint64_t, std::string>, FeedChange> latest;
    for (cursor->seek(feed_key(schema.tenant, floor_)); cursor->valid(); cursor->next()) {
      auto entry = decode_feed(cursor->value());
      if (!entry) return std::move(entry).error();
      for (const auto& change : entry->changes) {
        ++changes_;
        FeedChange kept = change;
        kept.collection = kept.id = {};  // borrowed from the cursor
        const std::pair<std::uint64_t, std::string> name(change.number, change.id);
        // Bounded: with more documents in the feed than this only the first ones met are followed.
        if (latest.size() < most_followed || latest.contains(name)) latest[name] = kept;
      }
    }
    for (const auto& [name, change] : latest) {
      const Collection* collection = schema.find(name.first);
      if (collection == nullptr) continue;
      std::string value;
      auto read =
          state_.kv.get(document_key(schema.tenant, name.first, name.second), value, Reach::any, snapshot_.get());
      if (!read) return std::move(read).error();
      auto record = *read == Read::found ? decode_record(value) : StoredRecord{};
      if (!record) return std::move(record).error();
      if ((*read == Read::found) == change.put && (!change.put || record->version == change.version)) continue;
      report("the feed's last change of document \"" + name.second + "\" of \"" + collection->name +
             "\" is not what is stored");
    }
    return cursor->status();
  }

  static constexpr std::size_t most_followed = 100'000;
  State& state_;
  std::unique_ptr<Snapshot> snapshot_;
  const std::uint64_t floor_ = state_.floor.load(std::memory_order_acquire);
  json::Parser parser_;
  std::uint64_t documents_ = 0, entries_ = 0, changes_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace

Answer verify_store(State& state) {
  Verification verification(state);
  if (auto ran = verification.run(); !ran) return Answer(Outcome<Done>(state.note(ran.error())).problem());
  return Answer(verification.report());
}

}  // namespace socle::storage
