// room.hpp: what must fit into a tenant's memory together. Whoever is asked about a resource holds the tenant's roles,
// the policies that are about it and what is bound of both; a policy that is read meanwhile and is about another one
// lies beside them for a moment. A policy or role is judged by this before it is stored, when nobody knows the types of
// a record yet. Bytes, about. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/directory.hpp"
#include "policy/policy.hpp"

namespace socle::authz {

// Of a policy, or of what a role says of some resources.
struct Weight {
  std::string name;
  std::vector<std::string> resources;  // patterns
  std::size_t own = 0;                 // as it is read
  std::size_t bound = 0;               // of it in a Bound, wherever it is about the resource
  [[nodiscard]] static Weight of(const Policy& policy);
};

// What a tenant has. Keeps nothing of it alive.
struct Keeping {
  std::size_t directory = 0;  // roles and units, with their document; nothing: it has none of its own
  std::size_t units = 0;      // of them
  std::vector<Weight> roles;  // as many of one name as it has grants, and one: what is `own` is part of `directory`
  std::vector<Weight> policies;
  // `document`: bytes of what is stored of the directory.
  [[nodiscard]] static Keeping of(const Directory& directory, std::size_t document);
};

struct Need {
  std::size_t bytes = 0;
  std::string resource;  // a pattern
};
// Where `now` takes most, of the resources at which it takes more than `before`; nothing when there are none.
[[nodiscard]] std::optional<Need> grown(const Keeping& before, const Keeping& now);

// Which of them takes most at a resource or a pattern of some: "policy 'leave'", "role 'clerk'", "the units". Of roles
// alone, wherever: `resource` empty.
[[nodiscard]] std::string largest(const Keeping& keeping, std::string_view resource);

}  // namespace socle::authz
