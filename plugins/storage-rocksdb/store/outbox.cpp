#include "store/outbox.hpp"

#include <algorithm>

#include "socle/json/document.hpp"
#include "store/changes.hpp"
#include "store/read.hpp"

namespace socle::storage {
namespace {

constexpr char next_key = '\0';  // appended: the first key behind one

// The first key behind what was removed; `removed` is what the topic's own key holds.
Result<std::string> begin_of(std::string_view prefix, const std::optional<std::string>& removed) {
  std::string out(prefix);
  if (removed) {
    auto position = payload_of(*removed, "the end of an outbox");
    if (!position) return std::move(position).error();
    out += *position;
  }
  return out + next_key;
}

}  // namespace

Result<Read> outbox_begin(Kv& kv, std::string_view prefix, Reach reach, const Snapshot* at, std::string& from) {
  std::string removed;
  auto read = kv.get(prefix, removed, reach, at);
  if (!read) return read;
  auto begin = begin_of(prefix, *read == Read::found ? std::optional(std::move(removed)) : std::nullopt);
  if (!begin) return std::move(begin).error();
  from = std::move(*begin);
  return read;
}

std::optional<Answer> read_outbox(State& state, const Call& call, const TenantSchema& schema, Reach reach) {
  auto limit = limit_of(call);
  if (!limit) return Answer(std::move(limit).problem());
  const auto topic = call.request.find("topic").as_string();
  if (auto named = check_name(topic, "\"topic\"", "/topic"); !named) return Answer(std::move(named).problem());
  const std::string prefix = outbox_prefix(schema.tenant, topic);
  const auto after = from_base64url(call.request.find("after").as_string());
  // Where it begins and what is there are of one moment.
  const auto snapshot = state.kv.snapshot();
  std::string from, value;
  auto begin = outbox_begin(state.kv, prefix, reach, snapshot.get(), from);
  const bool untouched = begin && *begin == Read::missing;
  // Nothing was ever removed, or the tenant was erased since the schema was read, and that with it.
  if (untouched) begin = state.kv.get(key_of(Space::schema, schema.tenant), value, reach, snapshot.get());
  if (!begin) return fail(state, begin.error());
  if (*begin == Read::not_cached) return std::nullopt;
  const bool erased = *begin == Read::missing;
  if (after) from = std::max(from, prefix + *after + next_key);
  Answer answer;
  json::Writer out(answer.text);
  out.begin_object().key("items").begin_array();
  const auto cursor = state.kv.cursor(prefix, erased ? prefix : after_prefix(prefix), reach, snapshot.get());
  std::size_t count = 0, bytes = 0;
  for (cursor->seek(from); cursor->valid() && count < *limit; cursor->next(), ++count) {
    bytes += cursor->value().size();
    if (reach == Reach::cached && bytes > worker_bytes) return std::nullopt;
    if (bytes > max_page_bytes && count > 0) break;
    auto payload = payload_of(cursor->value(), "an outbox entry");
    if (!payload) return fail(state, payload.error());
    auto entry = json::Document::parse(*payload);
    if (!entry) return fail(state, {Code::data_loss, "an outbox entry is not JSON: restore from a backup"});
    out.begin_object().member("position", to_base64url(cursor->key().substr(prefix.size())));
    out.member("entry", entry->root()).end_object();
  }
  if (cursor->not_cached()) return std::nullopt;
  if (auto ended = cursor->status(); !ended) return fail(state, ended.error());
  out.end_array().member("store", state.store_id.load(std::memory_order_relaxed)).end_object();
  return answer;
}

Status outbox_end(Kv& kv, Group& group, const std::string& prefix, std::string_view through) {
  auto removed = group.get(prefix);  // this group's, when one before has removed some
  if (!removed) return std::move(removed).error();
  auto from = begin_of(prefix, *removed);
  if (!from) return std::move(from).error();
  const std::string end = (prefix + std::string(through)) + next_key;
  if (end <= *from) return {};
  const auto cursor = kv.cursor(*from, end, Reach::any);
  cursor->seek_to_last();
  if (!cursor->valid()) return cursor->status();
  const std::string last(cursor->key());
  group.remove_range(std::move(*from), last + next_key);
  group.put(prefix, stored(std::string_view(last).substr(prefix.size())));
  return {};
}

}  // namespace socle::storage
