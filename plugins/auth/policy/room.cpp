#include "policy/room.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "policy/bound.hpp"
#include "policy/names.hpp"

namespace socle::authz {
namespace {

// What the cache keeps beside them: entries and keys. A policy is in the key of what is bound of it, too; there the
// declared types stand as well, some 25 bytes a field and twice.
constexpr std::size_t beside_policy = 768;
constexpr std::size_t beside_directory = 1024;
constexpr std::size_t beside_bound = std::size_t{16} << 10;

// Walks the resources that patterns tell apart, from the widest pattern to the names within it. Where most patterns
// cover a place they are a chain, each within the one before, so it is enough to look at the place of each pattern.
class Walk {
 public:
  Walk(const Keeping& before, const Keeping& now) {
    for (auto [keeping, side] : {std::pair{&before, std::size_t{0}}, std::pair{&now, std::size_t{1}}}) {
      auto& sum = sums_[side];
      if (keeping->directory > 0) sum.kept = keeping->directory + beside_directory;
      for (const auto& role : keeping->roles) add(role, side, 0);
      for (const auto& policy : keeping->policies) {
        const auto own = policy.own + beside_policy;
        sum.elsewhere.insert(own);
        add(policy, side, own);
      }
    }
    std::sort(patterns_.begin(), patterns_.end(), [](const Pattern& a, const Pattern& b) {
      return std::tuple(a.stem, !a.open) < std::tuple(b.stem, !b.open);
    });
  }

  std::optional<Need> run() {
    look("*");
    for (std::size_t at = 0; at < patterns_.size();) {
      const auto stem = patterns_[at].stem;
      for (; !within_.empty() && !stem.starts_with(within_.back()->stem); within_.pop_back()) leave(*within_.back());
      const auto first = at;
      for (; at < patterns_.size() && patterns_[at].open && patterns_[at].stem == stem; ++at) {
        enter(patterns_[at]);
        within_.push_back(&patterns_[at]);
      }
      if (at > first) look(std::string(stem) + "*");
      const auto named = at;
      for (; at < patterns_.size() && patterns_[at].stem == stem; ++at) enter(patterns_[at]);
      if (at > named) look(std::string(stem));
      for (auto each = named; each < at; ++each) leave(patterns_[each]);
    }
    return most_;
  }

 private:
  struct Owner {
    std::size_t side, own, bound;
    std::size_t covering = 0;  // of its patterns, here
  };
  struct Pattern {
    std::string_view stem;
    bool open;  // goes on
    std::size_t owner;
  };
  struct Sum {
    std::size_t kept = 0, bound = 0;
    std::multiset<std::size_t> elsewhere;  // policies that are not about the place
    [[nodiscard]] std::size_t need() const {
      return kept + std::max(beside_bound + bound, elsewhere.empty() ? 0 : *elsewhere.rbegin());
    }
  };

  void add(const Weight& weight, std::size_t side, std::size_t own) {
    if (own == 0 && weight.bound == 0) return;
    owners_.push_back({side, own, weight.bound});
    for (const std::string_view pattern : weight.resources) {
      const bool open = pattern.ends_with('*');
      patterns_.push_back({pattern.substr(0, pattern.size() - (open ? 1 : 0)), open, owners_.size() - 1});
    }
  }
  void enter(const Pattern& pattern) {
    auto& owner = owners_[pattern.owner];
    if (owner.covering++ > 0) return;
    auto& sum = sums_[owner.side];
    sum.kept += owner.own;
    sum.bound += owner.bound;
    if (owner.own > 0) sum.elsewhere.erase(sum.elsewhere.find(owner.own));
  }
  void leave(const Pattern& pattern) {
    auto& owner = owners_[pattern.owner];
    if (--owner.covering > 0) return;
    auto& sum = sums_[owner.side];
    sum.kept -= owner.own;
    sum.bound -= owner.bound;
    if (owner.own > 0) sum.elsewhere.insert(owner.own);
  }
  void look(std::string place) {
    const auto need = sums_[1].need();
    if (need > sums_[0].need() && (!most_ || need > most_->bytes)) most_ = Need{need, std::move(place)};
  }

  std::vector<Owner> owners_;
  std::vector<Pattern> patterns_;
  std::vector<const Pattern*> within_;
  std::array<Sum, 2> sums_;
  std::optional<Need> most_;
};

bool is_about(const Weight& weight, std::string_view resource) {
  return std::any_of(weight.resources.begin(), weight.resources.end(),
                     [&](const auto& pattern) { return resource_covers(pattern, resource); });
}

}  // namespace

Weight Weight::of(const Policy& policy) {
  Weight out{policy.name(), policy.resources(), policy.bytes(), 0};
  for (const auto& rule : policy.rules()) out.bound += bytes_when_bound(rule, rule.condition_bytes);
  return out;
}

Keeping Keeping::of(const Directory& directory, std::size_t document) {
  Keeping out;
  if (document > 0) out.directory = directory.bytes() + document;
  out.units = directory.unit_bytes();
  for (const auto& role : directory.roles()) {
    if (role.built_in) continue;  // all have them
    out.roles.push_back({role.name, {}, role.bytes, 0});
    for (const auto& grant : role.grants) {
      auto resources = grant.resources.empty() ? std::vector<std::string>{"*"} : grant.resources;
      out.roles.push_back({role.name, std::move(resources), 0, bytes_when_bound(grant, grant.condition_bytes)});
    }
  }
  return out;
}

std::optional<Need> grown(const Keeping& before, const Keeping& now) { return Walk(before, now).run(); }

std::string largest(const Keeping& keeping, std::string_view resource) {
  std::string out = keeping.units > 0 ? "the units" : "the roles of this tenant";
  std::size_t most = keeping.units;
  const auto take = [&](std::string_view kind, std::string_view name, std::size_t bytes) {
    if (bytes <= most) return;
    most = bytes;
    out.assign(kind).append(" '").append(name).append("'");
  };
  const auto place = resource.ends_with('*') ? resource.substr(0, resource.size() - 1) : resource;
  const auto bound = [&](const Weight& one) { return !resource.empty() && is_about(one, place) ? one.bound : 0; };
  std::map<std::string_view, std::size_t> roles;
  for (const auto& role : keeping.roles) roles[role.name] += role.own + bound(role);
  for (const auto& [name, bytes] : roles) take("role", name, bytes);
  for (const auto& policy : keeping.policies) take("policy", policy.name, policy.own + bound(policy));
  return out;
}

}  // namespace socle::authz
