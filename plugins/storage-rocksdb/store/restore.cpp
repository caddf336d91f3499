// restore.cpp: `restore` fills a store that has no tenant yet from a backup, while it serves: the backup is put into a
// scratch directory (which compares every file's checksum) and copied key by key through the lane. A mark stands while
// it runs, so that a crash in between is seen at the next start and the restore can be repeated. Commit lane only.
#include "store/restore.hpp"

#include "store/committer.hpp"
#include "store/outbox.hpp"
#include "store/upkeep.hpp"

namespace socle::storage {
namespace {

constexpr std::size_t batch_bytes = std::size_t{1} << 20;
constexpr std::size_t most_carried = 10'000;
constexpr std::string_view carried = "carried/";  // audit events of before, while the restore runs

std::string carried_key(std::size_t i) {
  std::string out = meta_key(carried);
  put_big_endian(out, i);
  return out;
}

Status copy_all(Kv& from, State& to, std::uint64_t& copied) {
  const auto write = [&to](const std::vector<Change>& batch, bool durable) {
    auto written = to.kv.write(batch, durable);
    if (written) to.written.fetch_add(weight_of(batch), std::memory_order_relaxed);
    return written;
  };
  const auto cursor = from.cursor("", "", Reach::any, nullptr, true);
  std::vector<Change> batch;
  std::size_t bytes = 0;
  std::string value;
  for (cursor->seek(""); cursor->valid(); cursor->next()) {
    if (cursor->key() == meta_key("store")) continue;  // a new history: old positions must expire
    auto there = from.get(cursor->key(), value, Reach::any);
    if (!there) return std::move(there).error();
    if (*there == Read::missing) continue;  // a range took it
    batch.push_back({Change::Kind::put, std::string(cursor->key()), value});
    bytes += cursor->key().size() + value.size();
    ++copied;
    if (bytes < batch_bytes) continue;
    if (auto written = write(batch, false); !written) return written;
    batch.clear();
    bytes = 0;
  }
  if (auto ended = cursor->status(); !ended) return ended;
  return write(batch, true);
}

// What an interrupted restore left goes, and what the house did on the empty system; the mark and what is carried stay.
// Key by key: a cursor would still meet what a range took.
Status remove_all(State& to) {
  const std::string mark = meta_key("restoring");
  const auto cursor = to.kv.cursor("", "", Reach::any, nullptr, true);
  std::vector<Change> batch;
  std::size_t bytes = 0;
  for (cursor->seek(""); cursor->valid(); cursor->next()) {
    if (cursor->key() == mark || cursor->key().starts_with(meta_key(carried))) continue;
    batch.push_back({Change::Kind::remove, std::string(cursor->key()), {}});
    bytes += cursor->key().size();
    if (bytes < batch_bytes) continue;
    if (auto written = to.kv.write(batch, false); !written) return written;
    batch.clear();
    bytes = 0;
  }
  if (auto ended = cursor->status(); !ended) return ended;
  return to.kv.write(batch, false);
}

// Payloads of the values from a key on, appended.
Status gather(Kv& kv, const std::string& from, const std::string& end, std::vector<std::string>& out) {
  const auto cursor = kv.cursor(from, end, Reach::any);
  for (cursor->seek(from); cursor->valid(); cursor->next()) {
    auto payload = payload_of(cursor->value(), "an audit event");
    if (!payload) return std::move(payload).error();
    if (out.size() == most_carried)
      return Error{Code::unavailable, "too many audit events are not in the trail yet: retry in a second"};
    out.emplace_back(*payload);
  }
  return cursor->status();
}

Status gather_carried(Kv& kv, std::vector<std::string>& out) {
  return gather(kv, meta_key(carried), after_prefix(meta_key(carried)), out);
}

Status gather_audit(Kv& kv, std::vector<std::string>& out) {
  const std::string prefix = outbox_prefix(1, audit_topic);
  std::string from;
  if (auto begin = outbox_begin(kv, prefix, Reach::any, nullptr, from); !begin) return std::move(begin).error();
  return gather(kv, from, after_prefix(prefix), out);
}

}  // namespace

Error Committer::interrupted() {
  return {Code::unavailable,
          "a restore into this store was interrupted: repeat it, or start with an empty data directory"};
}

// At every start, so that a restore that ended just before this is finished.
Status Committer::take_carried() {
  std::vector<std::string> events;
  if (interrupted_) return {};
  if (auto read = gather_carried(state_.kv, events); !read) return state_.note(read.error());
  if (events.empty()) return {};
  Group group(state_.kv);
  ++commit_;
  if (auto left = leave_audit(events, group); !left) return Error{left.problem().code, left.problem().message};
  const auto cursor = state_.kv.cursor(meta_key(carried), after_prefix(meta_key(carried)), Reach::any);
  for (cursor->seek(meta_key(carried)); cursor->valid(); cursor->next())
    group.remove(std::string(cursor->key()), false);
  if (auto read = cursor->status(); !read) return state_.note(read.error());
  return write_group(group, true, schema_changed_);
}

Verdict Committer::restore(Call& call) {
  const std::string directory(call.request.find("directory").as_string());
  if (directory.empty())
    return problem_at(Code::invalid, "bad_directory", "/directory", "\"directory\" names the backup to restore");
  std::string value;
  auto tenants = state_.kv.get(meta_key("tenants"), value, Reach::any);
  if (!tenants) return state_.note(tenants.error());
  const std::string count = value;
  auto mark = state_.kv.get(meta_key("restoring"), value, Reach::any);
  if (!mark) return state_.note(mark.error());
  const bool used = *tenants == Read::found && *mark == Read::missing;
  // What the operator did on the empty system is no data of anybody.
  bool house_only = used && Reader(std::string_view(count).substr(value_header.size())).number() == 1;
  if (house_only) {
    auto house = tenants_.find(audit_tenant);
    if (!house) return state_.note(house.error());
    house_only = (*house)->number() == 1;
  }
  std::vector<std::string> events;  // those of them that are not in the trail yet are carried over
  if (auto read = gather_carried(state_.kv, events); !read) return state_.note(read.error());
  if (house_only)
    if (auto read = gather_audit(state_.kv, events); !read) return state_.note(read.error());
  if (used && !house_only) {
    return Problem{Code::conflict,
                   "not_empty",
                   "the store holds data already: start with an empty data directory and restore into that",
                   {},
                   0};
  }
  if (state_.settings.open_backup == nullptr)
    return Problem{Code::unsupported, "unsupported", "this store has no backups to restore", {}, 0};
  auto backup = state_.settings.open_backup(directory, state_.settings.scratch);
  if (!backup) return std::move(backup).error();
  std::vector<Change> begin{{Change::Kind::put, meta_key("restoring"), stored({})}};
  for (std::size_t i = 0; i < events.size(); ++i)
    begin.push_back({Change::Kind::put, carried_key(i), stored(events[i])});
  std::uint64_t copied = 0;
  if (auto marked = state_.kv.write(begin, true); !marked) return state_.note(marked.error());
  // Until open() finds no mark any more: what is known of the store is not what is in it.
  interrupted_ = interrupted();
  tenants_.forget_all();
  Status done = remove_all(state_);
  if (done) done = copy_all((*backup)->kv(), state_, copied);
  if (done) done = state_.kv.write({{Change::Kind::remove, meta_key("restoring"), {}}}, true);
  if (!done) return state_.note(done.error());
  if (auto opened = open(now_ms_); !opened) return opened.error();
  call.answer = Answer("{\"keys\":" + std::to_string(copied) + "}");
  return Done{};
}

}  // namespace socle::storage
