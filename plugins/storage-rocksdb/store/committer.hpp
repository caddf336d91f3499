// committer.hpp: what the commit lane does with a group of calls: checks each one's preconditions in order against the
// database and the batch being built, writes one batch, syncs once. Also the store's housekeeping: index builds, the
// feed's and the idempotency keys' end of life. One thread at a time (the lane's).
//
//   calls ──▶ apply each into Group ──▶ Kv::write (all or none) ──▶ publish State ──▶ answers stand in the calls
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/audit.hpp"
#include "store/call.hpp"
#include "store/group.hpp"
#include "store/state.hpp"
#include "store/tenants.hpp"

namespace socle::storage {

class Committer {
 public:
  explicit Committer(State& state) : state_(state), tenants_(state.kv) {}

  // Creates or reads the store's own records. Once, before anything else.
  Status open(std::int64_t now_ms);
  // Fills every call's answer. `now_ms`: Unix time.
  void commit(std::span<Call* const> calls, std::int64_t now_ms);
  // One bounded slice of waiting work (an index build, the end of old feed entries); false: nothing was due.
  bool background(std::int64_t now_ms);
  // Makes asynchronous writes durable; called when the lane falls idle.
  void settle();
  // The feed advanced for these tenants in the last commit().
  [[nodiscard]] const std::set<std::string, std::less<>>& advanced() const { return advanced_; }

 private:
  struct Build {
    std::string tenant;
    std::string collection, index;
  };
  using Dirty = std::set<std::pair<Tenant*, std::uint64_t>>;

  Verdict apply(Call& call, Group& group);
  Verdict change(Call& call, Group& group);
  Verdict write(Call& call, Group& group);
  Verdict migrate(Call& call, Group& group);
  Verdict outbox_remove(Call& call, Group& group);
  Verdict erase(Call& call, Group& group);
  Verdict restore(Call& call);
  Status write_group(Group& group, bool durable, bool schema_changed);
  void disk_failed(const Error& error);
  void disk_works();
  void measure(const Group& group, bool durable, double seconds) const;
  void refuse_all(std::span<Call* const> calls, const Error& error);
  [[nodiscard]] static Error interrupted();  // restore.cpp
  [[nodiscard]] std::optional<Error> stopped() const;

  Outcome<Tenant*> tenant_for(Call& call, Group& group, bool create);
  Outcome<Tenant*> tenant_named(std::string_view name, Group& group, bool create);
  Verdict leave_audit(const std::vector<std::string>& entries, Group& group);
  Status open_audit();
  Status take_carried();
  [[nodiscard]] bool audited(const Call& call) const { return state_.settings.audit && call.tenant != audit_tenant; }
  Verdict run_steps(Tenant& tenant, TenantSchema& schema, const std::string& collection, const std::vector<Step>& steps,
                    Group& group);
  void store_schema(Tenant& tenant, TenantSchema schema, Group& group);
  void mark_feed(Tenant& tenant, Group& group);

  void load_slot();
  void load_builds();
  bool build_slice();
  bool trim_slice();
  bool expire_slice();

  State& state_;
  Tenants tenants_;
  std::int64_t now_ms_ = 0;
  std::uint64_t commit_ = 0;  // the last number given out
  std::uint64_t slot_ = 0;    // the last time slot that has a first commit recorded
  std::uint64_t level_order_ = 0;
  bool schema_changed_ = false;
  bool unsettled_ = false;    // something written waits for a sync
  bool sync_failed_ = false;  // and the last one failed: only a sync that succeeds says that the disk works again
  Dirty dirty_;
  std::set<std::string, std::less<>> advanced_;
  std::deque<Build> builds_;
  Auditor auditor_;
  std::int64_t next_trim_ms_ = 0;
  std::string expire_from_;
  std::int64_t next_expire_ms_ = 0;
  std::optional<Error> interrupted_;  // a restore did not finish
  std::optional<Error> full_;         // the disk was full at the last try
  std::int64_t retry_full_ms_ = 0;    // when to try again
};

}  // namespace socle::storage
