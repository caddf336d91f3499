// flights.hpp: one compilation of a content at a time, whoever asks for it: who comes first leads, the others wait for
// what it brings. Any thread; the lock is held for a look-up.
#pragma once

#include <socle/plugin.hpp>

#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ruleset/ruleset.hpp"

namespace socle::rules {

class Flights {
 public:
  // Null: the leader failed, and who waited tries by itself.
  using Arrival = Completion<RulesetPtr>;

  // True: the caller leads and must make a Landing. False: `arrival` will be set.
  [[nodiscard]] bool lead(const std::string& hash, Arrival& arrival) {
    const std::lock_guard lock(mutex_);
    const auto [at, first] = waiting_.try_emplace(hash);
    if (!first) at->second.push_back(&arrival);
    return first;
  }

 private:
  friend class Landing;
  void land(const std::string& hash, const RulesetPtr& ruleset) {
    std::vector<Arrival*> woken;
    {
      const std::lock_guard lock(mutex_);
      const auto at = waiting_.find(hash);
      woken = std::move(at->second);
      waiting_.erase(at);
    }
    for (auto* arrival : woken) arrival->set(ruleset);
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<Arrival*>> waiting_;
};

// The end of a flight, however the leader's function ends.
class Landing {
 public:
  Landing(Flights& flights, const std::string& hash) : flights_(flights), hash_(hash) {}
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;
  ~Landing() { flights_.land(hash_, ruleset); }
  RulesetPtr ruleset;

 private:
  Flights& flights_;
  const std::string hash_;
};

}  // namespace socle::rules
