// rings.hpp: each tenant's signing keys, as they are kept in the tenant's own storage: made at the first token, rotated
// when they are due, cached on each worker for a minute. So a key is published long before it signs and verifies long
// after; one that is rotated earlier is told to every worker. A key that nobody knows is never looked for: who makes
// them up costs no reading. On the worker of the call.
#pragma once

#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/store.hpp"
#include "token/tokens.hpp"

namespace socle::auth {

inline constexpr std::string_view token_keys_collection = "auth.token_keys";

using RingPtr = std::shared_ptr<const tokens::KeyRing>;

class Rings {
 public:
  // Reads the key file that the configuration names: throws, and so refuses the generation, when it cannot.
  Rings(Host& host, Store& store);

  // Null when the tenant has none and `make` is false.
  Task<Got<RingPtr>> get(Context context, bool make);
  // The next key signs from now on, on every worker. An error may leave it rotated, and some workers signing with the
  // key of before for a minute; what anybody signed is verified in any case.
  Task<Got<RingPtr>> rotate(Context context);
  // What seals secrets at rest; null without a key file.
  [[nodiscard]] const tokens::Sealer* sealer() const { return sealer_ ? &*sealer_ : nullptr; }
  // Of this worker: the tenant's keys were changed elsewhere, or it is erased, and one of its name that comes later has
  // others.
  void forget(std::string_view tenant);

 private:
  static constexpr std::size_t most_tenants = 1024;  // a worker
  static constexpr Duration known_for = std::chrono::minutes(1);
  struct Known {
    std::string tenant;
    RingPtr ring;
    Instant since;
  };
  struct Worker {
    std::list<Known> recent;
    std::unordered_map<std::string_view, std::list<Known>::iterator> by_tenant;
    std::uint64_t epoch = 0;  // moves with each forget(): what was read before is not kept
  };
  Task<Got<RingPtr>> load(Context context, bool make, bool turn);
  Task<Status> tell(Context context);
  void keep(std::string_view tenant, const RingPtr& ring, std::uint64_t epoch);
  [[nodiscard]] std::int64_t seconds() const { return host_.now_utc().count() / 1'000'000'000; }

  Host& host_;
  Store& store_;
  tokens::Rotation rotation_;
  std::optional<tokens::Sealer> sealer_;
  Target changed_;
  std::vector<Worker> workers_;
};

}  // namespace socle::auth
