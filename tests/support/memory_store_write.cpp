// memory_store_write.cpp: the model's writes: each operation on a copy of the tenant, which takes its place if all
// succeed.
#include <algorithm>
#include <cstdio>

#include "support/memory_store_text.hpp"

namespace socle::storage {
namespace {

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

}  // namespace socle::storage
