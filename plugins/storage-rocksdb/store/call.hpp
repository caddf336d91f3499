// call.hpp: one call of storage/1 on its way through the store: what came in, for whom, and the answer. Made by the
// worker that received it, handed to the lane or to an offload thread and back; one owner at a time, so no locks.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "contract/problem.hpp"
#include "contract/request.hpp"
#include "socle/json/view.hpp"
#include "store/meters.hpp"

namespace socle::storage {

enum class Method : std::uint8_t {
  get,
  query,
  changes,
  describe,
  usage,
  plan,
  outbox_read,
  // through the commit lane
  write,
  declare,
  migrate,
  outbox_remove,
  erase,
  restore,
  // whole-store, on the offload pool
  backup,
  verify,
};
[[nodiscard]] constexpr bool is_change(Method m) { return m >= Method::write && m <= Method::restore; }
[[nodiscard]] constexpr bool is_whole_store(Method m) { return m >= Method::restore; }

// Stored bytes a read may copy on a worker before it moves to an offload thread.
inline constexpr std::size_t worker_bytes = std::size_t{1} << 20;

struct Call {
  Method method = Method::get;
  std::string_view tenant;  // from the context, never from the payload
  json::View request;
  std::string_view context_key;
  double byte_limit = std::numeric_limits<double>::infinity();    // the plan's storage.bytes
  double record_limit = std::numeric_limits<double>::infinity();  // the plan's records
  std::optional<WriteRequest> write;                              // parsed, for Method::write
  RemainderPtr remainder;                                         // of a query, from its worker's cache; may be absent
  std::string audit_opening;                                      // who acts, when changes are audited
  std::size_t bytes = 0;                                          // what the call costs in a group
  bool durable = true;

  Answer answer;
  double charged = 0;        // bytes written for the tenant, to be metered
  std::uint64_t weight = 0;  // of its part of the batch (upkeep.hpp), whose upkeep is to be charged
  // What the tenant stores after this change; `order` says which of several is the latest, 0: it may not have changed.
  struct Level {
    std::uint64_t order = 0;
    std::int64_t bytes = 0, documents = 0;
  } level;

  // The lane's own: where it stands in a queue, and what brings it home.
  MeterClock::time_point submitted{};
  Call* next = nullptr;
  std::uint32_t worker = 0;
  void (*finish)(Call*) = nullptr;  // on `worker`
};

}  // namespace socle::storage
