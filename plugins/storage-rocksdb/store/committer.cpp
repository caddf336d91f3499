#include "store/committer.hpp"

#include <algorithm>
#include <random>

#include "store/outbox.hpp"
#include "store/upkeep.hpp"

namespace socle::storage {
namespace {

constexpr std::int64_t slot_ms = 10 * 60 * 1000;
constexpr std::int64_t full_retry_ms = 100;

Result<std::uint64_t> read_number(Kv& kv, std::string_view name) {
  std::string value;
  auto read = kv.get(meta_key(name), value, Reach::any);
  if (!read) return std::move(read).error();
  if (*read == Read::missing) return std::uint64_t{0};
  auto payload = payload_of(value, name);
  if (!payload) return std::move(payload).error();
  return Reader(*payload).number();
}

std::string number_value(std::uint64_t number) {
  std::string out(value_header);
  put_number(out, number);
  return out;
}

}  // namespace

Status Committer::open(std::int64_t now_ms) {
  now_ms_ = now_ms;
  tenants_.forget_all();
  builds_.clear();
  auto id = read_number(state_.kv, "store");
  if (!id) return state_.note(id.error());
  if (*id == 0) {
    std::random_device random;
    *id = (std::uint64_t{random()} << 32 | random()) >> 1 | 1;
    const std::vector<Change> first{{Change::Kind::put, meta_key("store"), number_value(*id)}};
    if (auto written = state_.kv.write(first, true); !written) return written;
  }
  auto commit = read_number(state_.kv, "commit");
  auto floor = read_number(state_.kv, "floor");
  if (!commit) return state_.note(commit.error());
  if (!floor) return state_.note(floor.error());
  commit_ = *commit;
  load_slot();
  state_.store_id.store(*id, std::memory_order_relaxed);
  state_.floor.store(std::max<std::uint64_t>(*floor, 1), std::memory_order_relaxed);
  state_.committed.store(commit_, std::memory_order_release);
  state_.schema_epoch.fetch_add(1, std::memory_order_release);
  state_.damaged.store(false, std::memory_order_relaxed);
  std::string mark;
  auto restoring = state_.kv.get(meta_key("restoring"), mark, Reach::any);
  if (!restoring) return state_.note(restoring.error());
  interrupted_.reset();
  if (*restoring == Read::found) interrupted_ = interrupted();
  load_builds();
  return open_audit();
}

void Committer::load_slot() {
  const std::string prefix = key_of(Space::slot);
  const auto cursor = state_.kv.cursor(prefix, after_prefix(prefix), Reach::any);
  cursor->seek_to_last();
  slot_ = cursor->valid() ? Reader(cursor->key().substr(prefix.size())).big_endian() : 0;
}

std::optional<Error> Committer::stopped() const {
  if (interrupted_) return interrupted_;
  if (state_.damaged.load(std::memory_order_relaxed)) {
    return Error{Code::data_loss,
                 "writing has stopped because stored data failed its checksum: check the disk, then restore the latest "
                 "backup into an empty data directory"};
  }
  if (full_ && now_ms_ < retry_full_ms_) return full_;
  return std::nullopt;
}

void Committer::refuse_all(std::span<Call* const> calls, const Error& error) {
  for (Call* call : calls) call->answer = Answer(Outcome<Done>(error).problem());
}

void Committer::commit(std::span<Call* const> calls, std::int64_t now_ms) {
  now_ms_ = now_ms;
  advanced_.clear();
  tenants_.trim();
  if (const auto reason = stopped(); reason && !(calls.size() == 1 && calls[0]->method == Method::restore))
    return refuse_all(calls, *reason);
  Group group(state_.kv);
  std::vector<Call*> waiting;
  bool durable = false;
  for (Call* call : calls) {
    if (call->method == Method::restore) {
      if (!group.empty()) {  // about to hold data, and what restore() puts there would be written over
        call->answer = Answer(Problem{Code::conflict, "not_empty", "the store is being written: retry restore", {}, 0});
        continue;
      }
      if (auto done = restore(*call); !done) call->answer = Answer(std::move(done).problem());
      continue;
    }
    const std::size_t mark = group.mark();
    const std::uint64_t commit_before = commit_;
    if (auto applied = apply(*call, group); !applied) {
      group.rollback(mark);
      commit_ = commit_before;
      call->answer = Answer(std::move(applied).problem());
      continue;
    }
    call->weight = weight_of(std::span(group.changes()).subspan(mark));
    durable = durable || call->durable;
    waiting.push_back(call);
  }
  if (group.empty()) return;
  if (auto written = write_group(group, durable, schema_changed_); !written) {
    refuse_all(waiting, written.error());
    advanced_.clear();
  }
}

Status Committer::write_group(Group& group, bool durable, bool schema_changed) {
  const std::uint64_t weight = weight_of(group.changes());
  for (const auto& [tenant, collection] : dirty_) {
    group.put(key_of(Space::counter, tenant->number(), collection), encode_counter(tenant->counters[collection]),
              false);
  }
  dirty_.clear();
  schema_changed_ = false;
  group.put(meta_key("commit"), number_value(commit_), false);
  const auto begun = MeterClock::now();
  auto written = state_.kv.write(group.changes(), durable);
  if (written) measure(group, durable, seconds_since(begun));
  if (!written) {
    // What the lane believes about tenants may not have come true: read it again.
    tenants_.forget_all();
    commit_ = state_.committed.load(std::memory_order_relaxed);
    load_slot();
    disk_failed(written.error());
    return written;
  }
  if (durable || !sync_failed_) disk_works();
  unsettled_ = !durable;
  state_.written.fetch_add(weight, std::memory_order_relaxed);
  state_.committed.store(commit_, std::memory_order_release);
  if (schema_changed) {
    state_.schema_epoch.fetch_add(1, std::memory_order_release);
    load_builds();
  }
  return {};
}

void Committer::disk_failed(const Error& error) {
  state_.note(error);
  state_.failing.store(error.code == Code::internal, std::memory_order_relaxed);
  if (error.code != Code::storage_full) return;
  full_ = error;
  state_.full.store(true, std::memory_order_relaxed);
  retry_full_ms_ = now_ms_ + full_retry_ms;
}

void Committer::disk_works() {
  sync_failed_ = false;
  full_.reset();
  state_.full.store(false, std::memory_order_relaxed);
  state_.failing.store(false, std::memory_order_relaxed);
}

void Committer::measure(const Group& group, bool durable, double seconds) const {
  const Meters& meters = state_.meters;
  (durable ? meters.commits_synced : meters.commits_unsynced).observe(seconds);
  if (durable) meters.syncs.add();
  std::size_t bytes = 0;
  for (const Change& change : group.changes()) bytes += change.key.size() + change.value.size();
  meters.written.add(static_cast<double>(bytes));
}

void Committer::settle() {
  if (!unsettled_ || stopped()) return;
  state_.meters.syncs.add();
  if (auto synced = state_.kv.sync(); !synced) {
    sync_failed_ = true;
    disk_failed(synced.error());  // and unsettled still: the next nudge tries again
    return;
  }
  unsettled_ = false;
  if (sync_failed_) disk_works();
}

// In the batch that is being built, under the number of the commit that made them.
Verdict Committer::leave_audit(const std::vector<std::string>& entries, Group& group) {
  if (entries.empty()) return Done{};
  auto house = tenant_named(audit_tenant, group, true);
  if (!house) return std::move(house).problem();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::string key = outbox_prefix((*house)->number(), audit_topic);
    put_big_endian(key, commit_);
    put_ordered_number(key, i);
    group.put(std::move(key), stored(entries[i]), false);
  }
  return Done{};
}

Status Committer::open_audit() {
  if (!state_.settings.audit) return {};
  std::string value;
  auto read = state_.kv.get(meta_key("audit_key"), value, Reach::any);
  if (!read) return state_.note(read.error());
  if (*read == Read::missing) {
    auto key = Auditor::make_key();
    if (!key) return std::move(key).error();
    value = stored(*key);
    if (auto written = state_.kv.write({{Change::Kind::put, meta_key("audit_key"), value}}, true); !written)
      return written;
  }
  auto payload = payload_of(value, "the audit hashes' key");
  if (!payload) return state_.note(payload.error());
  auditor_.use_key(*payload);
  return take_carried();
}

Verdict Committer::apply(Call& call, Group& group) {
  const std::size_t before = group.changes().size();
  auto done = change(call, group);
  if (done && audited(call) &&
      (call.method == Method::declare || call.method == Method::migrate || call.method == Method::erase) &&
      group.changes().size() > before) {
    ++commit_;
    const std::string_view what = call.method == Method::erase ? "storage.erase" : "storage.declare";
    const std::string_view target =
        call.method == Method::erase ? std::string_view("storage") : call.request.find("collection").as_string();
    done = leave_audit({Auditor::entry_of(call, what, target)}, group);
  }
  if (!done || call.method == Method::outbox_remove) return done;
  if (auto tenant = tenants_.find(call.tenant); tenant)
    call.level = {++level_order_, (*tenant)->bytes, (*tenant)->documents};
  return done;
}

Verdict Committer::change(Call& call, Group& group) {
  switch (call.method) {
    case Method::write: return write(call, group);
    case Method::declare:
    case Method::migrate: return migrate(call, group);
    case Method::outbox_remove: return outbox_remove(call, group);
    case Method::erase: return erase(call, group);
    default: return Problem{Code::internal, "internal", "a call that changes nothing came to the commit lane", {}, 0};
  }
}

Outcome<Tenant*> Committer::tenant_for(Call& call, Group& group, bool create) {
  return tenant_named(call.tenant, group, create);
}

Outcome<Tenant*> Committer::tenant_named(std::string_view name, Group& group, bool create) {
  auto found = tenants_.find(name);
  if (!found) return state_.note(found.error());
  Tenant* tenant = *found;
  if (tenant->number() != 0 || !create) return tenant;
  auto last = group.get(meta_key("tenants"));
  if (!last) return std::move(last).error();
  std::uint64_t number = 1;
  if (*last) number = Reader(std::string_view(**last).substr(value_header.size())).number() + 1;
  group.put(meta_key("tenants"), number_value(number));
  group.put(tenant_name_key(name), number_value(number));
  std::string name_of(meta_key("name/"));
  put_big_endian(name_of, number);
  group.put(std::move(name_of), stored(name));
  TenantSchema schema;
  schema.tenant = number;
  store_schema(*tenant, std::move(schema), group);
  return tenant;
}

void Committer::store_schema(Tenant& tenant, TenantSchema schema, Group& group) {
  const bool building = std::any_of(schema.collections.begin(), schema.collections.end(), [](const Collection& c) {
    return std::any_of(c.indexes.begin(), c.indexes.end(), [](auto& i) { return i.state == IndexState::building; });
  });
  const std::string mark = meta_key("building/") + tenant.name;
  if (building) {
    group.put(mark, stored({}));
  } else {
    group.remove(mark);
  }
  group.put(key_of(Space::schema, schema.tenant), stored(schema.encode()));
  tenants_.put(tenant, std::make_shared<const TenantSchema>(std::move(schema)));
  schema_changed_ = true;
}

// The time marks by which old feed entries are found again: the first commit of each slot of ten minutes, and which
// tenants have entries in it.
void Committer::mark_feed(Tenant& tenant, Group& group) {
  const auto slot = std::max(static_cast<std::uint64_t>(now_ms_ / slot_ms), slot_);
  if (slot != slot_) group.put(slot_key(Space::slot, slot), number_value(commit_), false);
  if (tenant.touched_slot != slot) {
    std::string key = slot_key(Space::touched, slot);
    put_ordered_number(key, tenant.number());
    group.put(std::move(key), stored({}), false);
  }
  slot_ = slot;
  tenant.touched_slot = slot;
  advanced_.emplace(tenant.name);
}

Verdict Committer::outbox_remove(Call& call, Group& group) {
  auto tenant = tenant_for(call, group, false);
  if (!tenant) return std::move(tenant).problem();
  const auto topic = call.request.find("topic").as_string();
  const auto through = from_base64url(call.request.find("through").as_string());
  if (!through || through->size() < 8 || topic.empty()) {
    return problem_at(Code::invalid, "bad_outbox", "/through",
                      "\"topic\" and \"through\" (the position of the last entry to remove) are needed");
  }
  call.answer = Answer(std::string("{}"));
  if ((*tenant)->number() == 0) return Done{};
  const auto removed = outbox_end(state_.kv, group, outbox_prefix((*tenant)->number(), topic), *through);
  if (!removed) return state_.note(removed.error());
  return Done{};
}

Verdict Committer::erase(Call& call, Group& group) {
  auto found = tenant_for(call, group, false);
  if (!found) return std::move(found).problem();
  Tenant& tenant = **found;
  if (tenant.number() != 0) {
    for (const Space space :
         {Space::counter, Space::document, Space::feed, Space::index, Space::idempotency, Space::outbox}) {
      const std::string prefix = key_of(space, tenant.number());
      group.remove_range(prefix, after_prefix(prefix));
    }
    group.remove(key_of(Space::schema, tenant.number()));  // verify walks over all of them
    group.remove(tenant_name_key(tenant.name));
    std::string name_of(meta_key("name/"));
    put_big_endian(name_of, tenant.number());
    group.remove(std::move(name_of));
    group.remove(meta_key("building/") + tenant.name);
    advanced_.emplace(tenant.name);
    std::erase_if(dirty_, [&](const auto& each) { return each.first == &tenant; });
    tenants_.put(tenant, std::make_shared<const TenantSchema>());
    tenant.counters.clear();
    tenant.bytes = 0;
    tenant.documents = 0;
    tenant.touched_slot = 0;
    schema_changed_ = true;
  }
  call.answer = Answer(std::string("{}"));
  return Done{};
}

}  // namespace socle::storage
