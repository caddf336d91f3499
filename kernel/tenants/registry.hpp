// registry.hpp: which tenants there are and what each may use. Three layers, the later wins: the plan, the system
// file's entry of the tenant, what `socle tenant` said (kept in the journal). Operators change it from control threads
// and main(), one change at a time; an answer without error is on disk and holds for the next request. Workers ask
// through bus::TenantDirectory and see either the old terms or the new ones.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/tenant_directory.hpp"
#include "manifest/system_manifest.hpp"
#include "socle/result.hpp"
#include "tenants/batch.hpp"
#include "tenants/journal.hpp"
#include "tenants/tenant.hpp"

namespace socle::tenants {

class Registry final : public bus::TenantDirectory {
 public:
  // Reads what is kept in `folder` (made when it is not there) and lays the system file over it. An error names the
  // damaged place, or tenants whose plan the file no longer has.
  static Result<std::unique_ptr<Registry>> open(const std::filesystem::path& folder,
                                                const manifest::SystemManifest& system);
  ~Registry() override;

  // Returns true once every worker has taken a turn; what they may have been looking at is freed after it. Set before
  // workers ask; absent: freed at the end.
  std::function<bool()> quiesce;
  // Hears of every tenant whose terms are new or other than before. Set before open()'s tenants are announce()d.
  std::function<void(const std::string& id, const Terms& terms)> on_terms;
  // The tenant is no more.
  std::function<void(const std::string& id)> on_gone;
  void announce();

  Status create(std::string_view id, const Settings& settings);
  struct Batch {
    size_t created = 0, unchanged = 0;
  };
  // All of the file or nothing. A tenant that exists with just these settings is left as it is, so a repetition is
  // fine.
  Result<Batch> create_all(std::string_view text, const std::string& name, const std::optional<std::string>& plan);
  Status set(std::string_view id, const std::vector<std::string>& words);
  Status suspend(std::string_view id, bool suspended);
  // From now on its requests are refused, also after a restart. A tenant that is not known may have left data behind,
  // so it is taken too. Idempotent.
  Status begin_delete(std::string_view id);
  // The end of begin_delete(): its data is erased. Idempotent.
  Status forget(std::string_view id);
  [[nodiscard]] std::vector<std::string> deleting() const;

  // Whether the system file `next` may take the present one's place: no tenant loses its plan by it.
  [[nodiscard]] Status fits(const manifest::SystemManifest& next) const;
  // REQUIRES: fits(next).
  void adopt(const manifest::SystemManifest& next);

  [[nodiscard]] size_t count() const;
  [[nodiscard]] Result<std::string> show_json(std::string_view id) const;
  [[nodiscard]] std::string list_json() const;
  // Now and then: writes the levels of stocks that changed, and frees what is retired.
  Status housekeep();

  // -- bus::TenantDirectory
  [[nodiscard]] Entry entry(std::string_view tenant) const override;
  [[nodiscard]] double limit(std::string_view tenant, std::string_view name) const override;
  [[nodiscard]] std::string_view plan(std::string_view tenant) const override;
  void meter(std::string_view tenant, std::string_view name, double amount, int64_t now) override;
  void meter_level(std::string_view tenant, std::string_view name, double level) override;
  [[nodiscard]] std::string usage_json(std::string_view tenant, int64_t now) const override;
  // Further members of usage's JSON object, with a comma in front: what others count of the tenant.
  std::function<std::string(std::string_view id, const Terms& terms)> more_usage;  // any thread

 private:
  using Retired = std::vector<std::shared_ptr<const void>>;
  explicit Registry(const std::filesystem::path& folder) : levels_file_(folder / "levels") {}

  // mutex_ held by the caller from here on
  Status replay(std::string_view body);
  Status replay_line(std::string_view line);
  void mend();
  void read_levels();
  Status commit(const std::string& body);
  [[nodiscard]] std::string whole() const;
  Tenant& make(std::string_view id);
  Status put(std::string_view id, const Settings& settings);
  void refresh(Tenant& tenant);
  void drop_if_unknown(Tenant& tenant);
  [[nodiscard]] std::shared_ptr<const Terms> terms_of(const Tenant& tenant) const;
  [[nodiscard]] const manifest::Tenant* declaration(std::string_view id) const;
  [[nodiscard]] Status check_plan(const Settings& settings) const;
  [[nodiscard]] Result<Tenant*> changeable(std::string_view id) const;
  [[nodiscard]] Settings own_of(const Tenant& tenant) const;
  void declare(const manifest::SystemManifest& system);
  void reclaim();

  mutable std::mutex mutex_;
  Table table_;
  MeterNames names_;
  std::map<std::string, manifest::Tenant> declared_;  // guarded by mutex_, as all below
  std::map<std::string, std::shared_ptr<const Terms>, std::less<>> plans_;
  std::filesystem::path system_file_;
  std::optional<Journal> journal_;
  uint64_t compact_size_ = 0;  // of the journal, when it was last written whole
  Retired retired_;
  const std::filesystem::path levels_file_;
  std::atomic<bool> levels_changed_{false};
};

// The plan's numbers as a JSON object: {"rate":100, ...}
[[nodiscard]] std::string limits_json(const Terms& terms);

}  // namespace socle::tenants
