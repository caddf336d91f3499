// front.hpp: the rulesets that one worker used lately, so that an evaluation takes no lock that others take. It keeps
// none alive: what the shared cache gives up is gone, its charge with it, and every few uses the cache is asked, so
// that it knows what is in use.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ruleset/ruleset.hpp"

namespace socle::rules {

class Front {
 public:
  // Null: ask the shared table, and keep() what it has.
  [[nodiscard]] RulesetPtr find(const std::string& hash) {
    const auto at = known_.find(hash);
    if (at == known_.end() || ++at->second.uses % asks_every == 0) return nullptr;
    return at->second.ruleset.lock();
  }
  void keep(const std::string& hash, const RulesetPtr& ruleset) {
    if (known_.size() >= most) known_.clear();
    known_[hash].ruleset = ruleset;
  }

 private:
  static constexpr std::size_t most = 512;
  static constexpr std::uint32_t asks_every = 64;
  struct Entry {
    std::weak_ptr<const Ruleset> ruleset;
    std::uint32_t uses = 0;
  };
  std::unordered_map<std::string, Entry> known_;
};

}  // namespace socle::rules
