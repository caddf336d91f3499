// journal.hpp: the trail as this generation has it: at most one at a time, opened when nobody else has it (the
// generation before may still be writing), closed at stop. Offload threads; the mutex lets one at a time touch it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "socle/audit/trail.hpp"

namespace socle::audit {

class Journal {
 public:
  Journal(std::string directory, TrailOptions options) : directory_(std::move(directory)), options_(options) {}

  // Opens the trail if need be. `from`: where the head says the last absorbed event came from.
  Status ready(Origin& from);
  Status append(std::span<const Entry> entries);
  Status settle();
  Result<std::uint64_t> erase(std::string_view tenant, std::int64_t now_ns);
  Result<std::size_t> retain(std::int64_t before_ns, std::int64_t now_ns);
  void close();

  [[nodiscard]] const std::string& directory() const { return directory_; }
  // What is wrong with it since the last try; empty: nothing.
  [[nodiscard]] std::string trouble() const;
  [[nodiscard]] std::uint64_t sequence() const { return sequence_.load(std::memory_order_relaxed); }

 private:
  Status opened();
  template <class Outcome>
  Outcome noted(Outcome outcome);
  const std::string directory_;
  const TrailOptions options_;
  mutable std::mutex mutex_;
  std::unique_ptr<Trail> trail_;  // guarded by mutex_, as what follows
  std::string trouble_;
  bool closed_ = false;
  std::atomic<std::uint64_t> sequence_{0};
};

}  // namespace socle::audit
