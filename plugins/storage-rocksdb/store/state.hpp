// state.hpp: what the commit lane and the readers share. The lane writes it; anybody reads it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "contract/bytes.hpp"
#include "contract/key.hpp"
#include "store/kv.hpp"
#include "store/meters.hpp"
#include "store/restore.hpp"

namespace socle::storage {

struct Settings {
  std::size_t scan_limit = 10'000;                        // documents a query may look at and not return
  std::int64_t feed_ms = std::int64_t{24} * 3600 * 1000;  // how long changes and idempotency keys are kept
  std::size_t backfill_slice = 256;                       // documents a slice of an index build takes
  bool audit = false;                                     // every change leaves an entry for the plugin audit
  BackupOpener open_backup = nullptr;                     // nullptr: this database has no backups
  std::string scratch;                                    // a directory that verify and restore may make and remove
};

struct State {
  State(Kv& kv_in, Settings settings_in, Meters meters_in = {})
      : kv(kv_in), settings(std::move(settings_in)), meters(meters_in) {}
  Kv& kv;
  const Settings settings;
  const Meters meters;
  std::atomic<std::uint64_t> store_id{0};      // another history, another id: positions do not carry over
  std::atomic<std::uint64_t> committed{0};     // the last commit that is visible
  std::atomic<std::uint64_t> floor{1};         // the oldest commit whose changes are still kept
  std::atomic<std::uint64_t> schema_epoch{1};  // moves after every visible schema change
  std::atomic<std::uint64_t> written{0};       // weight of all batches (upkeep.hpp), without the store's own numbers
  std::atomic<bool> damaged{false};            // a checksum failed: no more writes until restored

  std::atomic<bool> full{false};     // the last write found no room
  std::atomic<bool> failing{false};  // the last write failed in another way

  // Every error of the database passes here, whoever met it.
  const Error& note(const Error& error) {
    if (error.code == Code::data_loss) damaged.store(true, std::memory_order_relaxed);
    return error;
  }
};

// A place in a tenant's change feed: after commit n of this store's history. Opaque outside.
[[nodiscard]] inline std::string position_of(const State& state, std::uint64_t commit) {
  std::string bytes(1, '\x01');
  put_big_endian(bytes, state.store_id.load(std::memory_order_relaxed));
  put_big_endian(bytes, commit);
  return to_base64url(bytes);
}

}  // namespace socle::storage
