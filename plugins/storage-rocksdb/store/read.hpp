// read.hpp: the methods that change nothing. On a worker with Reach::cached and that worker's SchemaCache, or on an
// offload thread with Reach::any and none.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "store/call.hpp"
#include "store/state.hpp"
#include "store/tenants.hpp"

namespace socle::storage {

// The answer to who asked when the database does not work.
[[nodiscard]] inline Answer fail(State& state, const Error& error) {
  return Answer(Outcome<Done>(state.note(error)).problem());
}

// A worker's own: schemas it has lately used, 16 MiB at most. An entry is believed while no schema of the store has
// changed.
class SchemaCache {
 public:
  // Nothing when the disk would be needed.
  Result<std::optional<SchemaPtr>> find(State& state, std::string_view tenant);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    SchemaPtr schema;
    std::uint64_t epoch = 0;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t max_kept = 4096;
  static constexpr std::size_t max_bytes = std::size_t{16} << 20;
  std::unordered_map<std::string, Entry> entries_;
  std::size_t bytes_ = 0;
};

// Nothing: answer it again with Reach::any on a thread that may wait.
std::optional<Answer> read(State& state, const Call& call, Reach reach, SchemaCache* cache);

// `changes` found nothing newer than its position: the caller may wait for the tenant's next commit and ask again.
[[nodiscard]] bool is_empty_changes(const Answer& answer);

// Everything, in one consistent view: checksums, documents against index entries both ways, counters, the feed.
// {"ok":bool,"documents":n,"index_entries":n,"changes":n,"problems":[...]} with the first 20 problems.
Answer verify_store(State& state);

}  // namespace socle::storage
