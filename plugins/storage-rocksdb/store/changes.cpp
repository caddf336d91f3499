#include "store/changes.hpp"

#include "socle/json/document.hpp"
#include "store/read.hpp"

namespace socle::storage {
namespace {

constexpr std::size_t worker_entries = 256;

Answer expired() {
  return Answer(problem_at(Code::precondition, "position_expired", "/position",
                           "the position is older than the changes that are kept (24 h), or of another store: read the "
                           "documents afresh and start without a position"));
}

// The commit after which to read.
Outcome<std::uint64_t> start_of(State& state, const Call& call) {
  const auto position = call.request.find("position");
  if (!position.exists() || position.is_null()) {
    if (call.request.find("from").as_string() == "now") return state.committed.load(std::memory_order_acquire);
    return state.floor.load(std::memory_order_acquire) - 1;
  }
  const auto bytes = from_base64url(position.as_string());
  Reader in(bytes ? std::string_view(*bytes) : std::string_view());
  const bool known = in.byte() == 1;
  const auto store = in.big_endian();
  const auto commit = in.big_endian();
  if (!in.ok() || !known || !in.rest().empty()) {
    return problem_at(Code::invalid, "bad_position", "/position", "the position is not one that this service gave");
  }
  if (store != state.store_id.load(std::memory_order_relaxed) ||
      commit + 1 < state.floor.load(std::memory_order_acquire))
    return expired().problem;
  return commit;
}

void write_change(json::Writer& out, const FeedChange& change, std::int64_t time_ms, std::string_view position) {
  out.begin_object().member("op", change.put ? "put" : "delete");
  out.member("collection", change.collection).member("id", change.id).member("version", change.version);
  out.member("at", format_timestamp(time_ms)).member("position", position).end_object();
}

}  // namespace

Outcome<std::size_t> limit_of(const Call& call) {
  const auto limit = call.request.find("limit");
  if (!limit) return std::size_t{100};
  const auto number = limit.as_uint64();
  if (number && *number >= 1 && *number <= max_limit) return static_cast<std::size_t>(*number);
  return problem_at(Code::invalid, "bad_limit", "/limit", "\"limit\" is an integer from 1 to 1,000");
}

Result<FeedEntry> decode_feed(std::string_view value) {
  const Error damaged{Code::data_loss, "an entry of the change feed is damaged: run verify, then restore"};
  auto payload = payload_of(value, "an entry of the change feed");
  if (!payload) return std::move(payload).error();
  Reader in(*payload);
  FeedEntry out;
  out.time_ms = static_cast<std::int64_t>(in.number());
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    FeedChange change;
    change.put = in.byte() == 'p';
    change.number = in.number();
    change.collection = in.text();
    change.id = in.text();
    change.version = in.number();
    out.changes.push_back(change);
  }
  if (!in.ok() || !in.rest().empty()) return damaged;
  return out;
}

std::optional<Answer> read_changes(State& state, const Call& call, const TenantSchema& schema, Reach reach) {
  auto limit = limit_of(call);
  if (!limit) return Answer(std::move(limit).problem());
  auto after = start_of(state, call);
  if (!after) return Answer(std::move(after).problem());
  const auto collection = call.request.find("collection").as_string();
  // Nothing of the tenant can lie between what is read below and this: it is where an empty page may skip to.
  const std::uint64_t visible = state.committed.load(std::memory_order_acquire);
  std::uint64_t last = *after;
  std::size_t count = 0;
  std::size_t seen = 0;
  Answer answer;
  json::Writer out(answer.text);
  out.begin_object().key("items").begin_array();
  const std::string prefix = key_of(Space::feed, schema.tenant);
  const auto cursor = state.kv.cursor(feed_key(schema.tenant, *after + 1), feed_key(schema.tenant, visible + 1), reach);
  for (cursor->seek(feed_key(schema.tenant, *after + 1)); cursor->valid() && count < *limit; cursor->next()) {
    if (reach == Reach::cached && ++seen > worker_entries) return std::nullopt;
    last = Reader(cursor->key().substr(prefix.size())).big_endian();
    auto entry = decode_feed(cursor->value());
    if (!entry) return fail(state, entry.error());
    const std::string position = position_of(state, last);
    for (const auto& change : entry->changes) {
      if (!collection.empty() && change.collection != collection) continue;
      write_change(out, change, entry->time_ms, position);
      ++count;
    }
  }
  if (cursor->not_cached()) return std::nullopt;
  if (auto ended = cursor->status(); !ended) return fail(state, ended.error());
  if (!cursor->valid()) last = std::max(last, visible);
  // The trimmer may have passed us: what we read may then have a hole.
  if (*after + 1 < state.floor.load(std::memory_order_acquire)) return expired();
  out.end_array().member("position", position_of(state, last)).end_object();
  if (count == 0) answer.meta.emplace_back("empty", "true");
  return answer;
}

bool is_empty_changes(const Answer& answer) {
  return !answer.failed && !answer.meta.empty() && answer.meta[0].first == "empty";
}

}  // namespace socle::storage
