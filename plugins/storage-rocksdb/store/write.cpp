// write.cpp: one `write` call applied to the group: preconditions, documents, index entries, counters, feed entry,
// outbox and idempotency record. Everything it puts is taken back by the caller when it fails. Commit lane only.
#include <algorithm>

#include "contract/field.hpp"
#include "socle/json/document.hpp"
#include "store/committer.hpp"

namespace socle::storage {
namespace {

struct Delta {
  std::uint64_t collection = 0;
  Counter change;
};

// Applies the operations of one call.
class Application {
 public:
  // `auditor`: nullptr when changes leave no entries.
  Application(Tenant& tenant, Group& group, std::int64_t now_ms, const Call& call, Auditor* auditor)
      : tenant_(tenant), group_(group), now_ms_(now_ms), call_(call), auditor_(auditor) {}

  Verdict run(const WriteRequest& request, json::Writer& results) {
    for (std::size_t i = 0; i < request.operations.size(); ++i) {
      if (auto done = one(request.operations[i], i, results); !done) return done;
    }
    return Done{};
  }
  [[nodiscard]] const std::vector<Delta>& deltas() const { return deltas_; }
  [[nodiscard]] const std::string& feed() const { return feed_; }
  [[nodiscard]] const std::vector<std::string>& audit() const { return audit_; }
  [[nodiscard]] std::uint64_t feed_count() const { return feed_count_; }
  [[nodiscard]] std::int64_t grown() const { return grown_; }
  [[nodiscard]] std::int64_t more_documents() const { return more_documents_; }

 private:
  Verdict one(const Operation& op, std::size_t number, json::Writer& results) {
    const std::string pointer = "/operations/" + std::to_string(number);
    const Collection* collection = tenant_.schema->find(op.collection);
    if (collection == nullptr) {
      return problem_at(Code::not_found, "unknown_collection", pointer + "/collection",
                        "collection \"" + std::string(op.collection) + "\" is not declared: declare it first");
    }
    const std::string key = document_key(tenant_.number(), collection->number, op.id);
    Result<std::optional<std::string>> before = std::optional<std::string>();
    if (!op.fresh) before = group_.get(key);
    if (!before) return std::move(before).error();
    StoredRecord old;
    if (*before) {
      auto decoded = decode_record(**before);
      if (!decoded) return std::move(decoded).error();
      old = *decoded;
    }
    if (auto expected = check(op, old, pointer); !expected) return expected;
    results.begin_object().member("id", op.id);
    StoredRecord now;
    if (op.kind == Operation::Kind::put) {
      now = {old.version + 1, *before ? old.created_ms : now_ms_, std::max(now_ms_, old.updated_ms), op.text};
      results.member("version", now.version);
      results.member("created_at", format_timestamp(now.created_ms));
      results.member("updated_at", format_timestamp(now.updated_ms));
    } else {
      results.member("version", old.version).member("existed", before->has_value());
    }
    results.end_object();
    if (op.kind == Operation::Kind::check || (op.kind == Operation::Kind::remove && !*before)) return Done{};
    if (auto indexed = update_indexes(*collection, op, old, now, pointer); !indexed) return indexed;
    store(*collection, op, key, *before ? (*before)->size() : 0, old, now);
    if (auditor_ != nullptr) {
      audit_.push_back(auditor_->entry_of(
          call_, {op.collection, op.id, op.kind == Operation::Kind::put ? now.version : old.version,
                  *before ? &old.text : nullptr, op.kind == Operation::Kind::put ? &now.text : nullptr}));
    }
    return Done{};
  }

  static Verdict check(const Operation& op, const StoredRecord& old, const std::string& pointer) {
    const bool exists = old.version != 0;
    switch (op.expect) {
      case Operation::Expect::any: return Done{};
      case Operation::Expect::absent:
        if (!exists) return Done{};
        return problem_at(Code::conflict, "already_exists", pointer,
                          "document \"" + op.id + "\" exists already (version " + std::to_string(old.version) +
                              "), and it was expected to be absent");
      case Operation::Expect::present:
        if (exists) return Done{};
        return problem_at(Code::not_found, "not_found", pointer, "document \"" + op.id + "\" does not exist");
      case Operation::Expect::version:
        if (old.version == op.version) return Done{};
        if (!exists)
          return problem_at(Code::not_found, "not_found", pointer, "document \"" + op.id + "\" does not exist");
        return problem_at(
            Code::precondition, "version_mismatch", pointer,
            "document \"" + op.id + "\" has version " + std::to_string(old.version) + ", version " +
                std::to_string(op.version) + " was expected: read it again",
            "{\"expected\":" + std::to_string(op.version) + ",\"found\":" + std::to_string(old.version) + "}");
    }
    return Done{};
  }

  Verdict update_indexes(const Collection& collection, const Operation& op, const StoredRecord& old,
                         const StoredRecord& now, const std::string& pointer) {
    if (collection.indexes.empty()) return Done{};
    json::View old_doc;
    if (old.version != 0) {
      auto bytes = parser_.flatten(old.text);
      if (!bytes) return Error{Code::data_loss, "stored document \"" + op.id + "\" is not JSON: restore from a backup"};
      old_doc = json::open(*bytes);
    }
    const RecordView was{op.id, old.version, old.created_ms, old.updated_ms, old_doc};
    const RecordView is{op.id, now.version, now.created_ms, now.updated_ms, op.doc};
    for (const auto& index : collection.indexes) {
      if (index.state == IndexState::failed) continue;
      IndexEntry gone;
      if (old.version != 0) {
        auto entry = index_entry(tenant_.number(), collection.number, index, was);
        // A building index may not fit documents written before it: they have no entry to take away.
        if (entry) gone = std::move(*entry);
      }
      IndexEntry come;
      if (op.kind == Operation::Kind::put) {
        auto entry = index_entry(tenant_.number(), collection.number, index, is);
        if (!entry) return relocate(std::move(entry).problem(), pointer);
        come = std::move(*entry);
      }
      if (gone.key == come.key) continue;
      if (!gone.key.empty())
        if (auto done = take_away(index, gone, op.id); !done) return done;
      if (come.enforced) {
        if (auto free = check_free(index, come, op.id, pointer); !free) return free;
      }
      if (!come.key.empty()) group_.put(std::move(come.key), std::move(come.value), come.enforced);
    }
    return Done{};
  }

  // While a unique index is being built another document may own the key.
  Verdict take_away(const Index& index, IndexEntry& gone, const std::string& id) {
    if (gone.enforced && index.state == IndexState::building) {
      auto owner = group_.get(gone.key);
      if (!owner) return std::move(owner).error();
      if (!*owner || **owner != stored(id)) return Done{};
    }
    group_.remove(std::move(gone.key), gone.enforced);
    return Done{};
  }

  Verdict check_free(const Index& index, const IndexEntry& entry, const std::string& id, const std::string& pointer) {
    auto owner = group_.get(entry.key);
    if (!owner) return std::move(owner).error();
    if (!*owner) return Done{};
    const std::string other = (*owner)->substr(value_header.size());
    if (other == id) return Done{};
    std::string params = "{\"index\":";
    json::append_quoted(params, index.name);
    params.append(",\"fields\":[");
    for (std::size_t i = 0; i < index.fields.size(); ++i) {
      if (i > 0) params.push_back(',');
      json::append_quoted(params, index.fields[i].path.text);
    }
    params.append("],\"id\":");
    json::append_quoted(params, other);
    params.push_back('}');
    return problem_at(Code::conflict, "unique_violation", pointer + "/doc" + index.fields[0].path.text,
                      "document \"" + other + "\" has the same value under unique index \"" + index.name + "\"",
                      params);
  }

  // index_entry() points into the document; the caller sees the request.
  static Problem relocate(Problem problem, const std::string& pointer) {
    constexpr std::string_view start = "[{\"pointer\":\"";
    if (problem.fields.starts_with(start)) problem.fields.insert(start.size(), pointer + "/doc");
    return problem;
  }

  void store(const Collection& collection, const Operation& op, const std::string& key, std::size_t size_before,
             const StoredRecord& old, const StoredRecord& now) {
    Delta delta{collection.number, {}};
    if (old.version != 0) delta.change = {-1, -static_cast<std::int64_t>(key.size() + size_before)};
    if (op.kind == Operation::Kind::put) {
      std::string value = encode_record(now);
      delta.change.documents += 1;
      delta.change.bytes += static_cast<std::int64_t>(key.size() + value.size());
      group_.put(key, std::move(value));
    } else {
      group_.remove(key);
    }
    grown_ += delta.change.bytes;
    more_documents_ += delta.change.documents;
    deltas_.push_back(delta);
    feed_.push_back(op.kind == Operation::Kind::put ? 'p' : 'd');
    put_number(feed_, collection.number);
    put_text(feed_, op.collection);
    put_text(feed_, op.id);
    put_number(feed_, op.kind == Operation::Kind::put ? now.version : old.version);
    ++feed_count_;
  }

  Tenant& tenant_;
  Group& group_;
  std::int64_t now_ms_;
  const Call& call_;
  Auditor* auditor_;
  std::vector<std::string> audit_;
  json::Parser parser_;
  std::vector<Delta> deltas_;
  std::string feed_;
  std::uint64_t feed_count_ = 0;
  std::int64_t grown_ = 0;
  std::int64_t more_documents_ = 0;
};

// Growth beyond a limit of the plan; what shrinks or stays is always taken.
std::optional<Problem> over_quota(std::int64_t have, std::int64_t more, double limit, std::string_view what,
                                  std::string_view name) {
  if (more <= 0 || static_cast<double>(have + more) <= limit) return std::nullopt;
  return Problem{Code::exhausted,
                 "storage_quota",
                 "the tenant would store " + std::to_string(have + more) + " " + std::string(what) +
                     ", its plan allows " + std::to_string(static_cast<std::int64_t>(limit)) +
                     ": delete something or raise the plan's " + std::string(name),
                 {},
                 507};
}

}  // namespace

Verdict Committer::write(Call& call, Group& group) {
  const WriteRequest& request = *call.write;
  auto found = tenant_for(call, group, request.operations.empty());
  if (!found) return std::move(found).problem();
  Tenant& tenant = **found;
  const std::string replay_key = idempotency_key(tenant.number(), request.idempotency_key);
  if (!request.idempotency_key.empty()) {
    auto first = group.get(replay_key);
    if (!first) return std::move(first).error();
    if (*first) {
      auto payload = payload_of(**first, "an idempotency record");
      if (!payload) return std::move(payload).error();
      Reader in(*payload);
      const auto time = static_cast<std::int64_t>(in.number());
      const auto fingerprint = in.text();
      if (time + state_.settings.feed_ms > now_ms_) {
        if (fingerprint != request.fingerprint) {
          Problem reused = problem_at(Code::conflict, "idempotency_key_reused", "/idempotency/key",
                                      "this idempotency key was used for another request: take a new key");
          reused.http_status = 422;
          return reused;
        }
        call.answer = Answer(std::string(in.text()));
        call.answer.meta.emplace_back("replayed", "true");
        return Done{};
      }
    }
  }
  std::string text = "{\"results\":";
  json::Writer results(text);
  results.begin_array();
  Application application(tenant, group, now_ms_, call, audited(call) ? &auditor_ : nullptr);
  if (auto done = application.run(request, results); !done) {
    if (done.problem().code == Code::data_loss) state_.damaged.store(true, std::memory_order_relaxed);
    return done;
  }
  results.end_array();
  if (auto over = over_quota(tenant.bytes, application.grown(), call.byte_limit, "bytes", "storage.bytes"))
    return std::move(*over);
  if (auto over = over_quota(tenant.documents, application.more_documents(), call.record_limit, "records", "records"))
    return std::move(*over);
  ++commit_;
  text.append(",\"position\":\"").append(position_of(state_, commit_)).append("\"}");
  if (application.feed_count() > 0) {
    mark_feed(tenant, group);
    std::string feed(value_header);
    put_number(feed, static_cast<std::uint64_t>(now_ms_));
    put_number(feed, application.feed_count());
    group.put(feed_key(tenant.number(), commit_), feed.append(application.feed()), false);
  }
  for (std::size_t i = 0; i < request.outbox.size(); ++i) {
    std::string key = outbox_prefix(tenant.number(), request.outbox[i].topic);
    put_big_endian(key, commit_);
    put_ordered_number(key, i);
    group.put(std::move(key), stored(request.outbox[i].text), false);
  }
  if (auto left = leave_audit(application.audit(), group); !left) return left;
  if (!request.idempotency_key.empty()) {
    std::string record(value_header);
    put_number(record, static_cast<std::uint64_t>(now_ms_));
    put_text(record, request.fingerprint);
    put_text(record, text);
    group.put(replay_key, std::move(record));
  }
  for (const auto& delta : application.deltas()) {
    Counter& counter = tenant.counters[delta.collection];
    counter.documents += delta.change.documents;
    counter.bytes += delta.change.bytes;
    tenant.bytes += delta.change.bytes;
    tenant.documents += delta.change.documents;
    dirty_.emplace(&tenant, delta.collection);
  }
  call.charged = static_cast<double>(text.size());
  for (const auto& operation : request.operations) call.charged += static_cast<double>(operation.text.size());
  call.answer = Answer(std::move(text));
  return Done{};
}

}  // namespace socle::storage
