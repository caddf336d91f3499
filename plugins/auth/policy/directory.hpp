// directory.hpp: a tenant's roles and its organisation: which permissions a role grants, on which resources, to which
// records, and which unit lies below which. Made of the documents that /v1/auth/roles and /v1/auth/units keep.
// Immutable once read; any thread.
//
// Built in, and not to be redefined: owner and admin (everything), member (records, evaluating rules, own account) and
// viewer (reading). They do not inherit from one another, so a rule about members is not about administrators.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/local_text.hpp"
#include "socle/json/view.hpp"

namespace socle::authz {

// Which records a grant reaches.
enum class Scope : std::uint8_t {
  all,
  own,                   // created_by is the user
  department,            // the record's unit is the user's
  department_and_below,  // or lies below it
  custom,                // those of which `when` is true
};
[[nodiscard]] std::string_view to_string(Scope scope);

struct Grant {
  std::vector<std::string> permissions;
  std::vector<std::string> resources;  // patterns; empty: all
  Scope scope = Scope::all;
  std::string unit = "org";            // the record's field that holds its unit, as CEL reads it below `record`
  std::string when;                    // CEL; empty: always
  std::vector<std::string> hidden;     // fields that this grant does not show
  std::vector<std::string> read_only;  // fields that it does not let be written
  std::string pointer;                 // "/grants/0" within its role
  std::size_t condition_bytes = 0;     // of `when` compiled, where no types are declared

  [[nodiscard]] bool covers(std::string_view resource) const;
  [[nodiscard]] bool unlimited() const;
};

struct Role {
  std::string name;
  LocalText title;
  std::vector<std::string> inherits;
  std::vector<Grant> grants;
  bool built_in = false;
  bool second_factor = false;  // whoever holds it signs in with one
  std::size_t bytes = 0;       // its part of what is kept of the tenant's roles, about; nothing when it is built in
};

class Directory {
 public:
  static constexpr std::size_t most_roles = 1000;
  static constexpr std::size_t most_units = 10'000;
  static constexpr std::size_t deepest_unit = 32;

  // `roles`: [{role, title?, inherits?, permissions?, grants?}], `units`: [{unit, parent?, title?}]; either may be
  // absent. Null when there are errors; pointers begin with /roles/N or /units/N.
  static std::shared_ptr<const Directory> read(json::View roles, json::View units, Diagnostics& diagnostics);
  // Only what is built in.
  static std::shared_ptr<const Directory> built_in();

  [[nodiscard]] const std::vector<Role>& roles() const { return roles_; }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view role) const;
  // The role and all it inherits, by number, itself first.
  [[nodiscard]] const std::vector<std::uint32_t>& closure(std::uint32_t role) const { return closures_[role]; }

  [[nodiscard]] bool has_unit(std::string_view name) const { return unit(name) != none; }
  // Is `unit` the same as `above` or below it? Names that are no units are only equal to themselves.
  [[nodiscard]] bool within(std::string_view unit, std::string_view above) const;
  // The unit and everything below it, itself first.
  [[nodiscard]] std::vector<std::string_view> subtree(std::string_view unit) const;
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Of the units, as Role::bytes.
  [[nodiscard]] std::size_t unit_bytes() const { return unit_bytes_; }

 private:
  friend class DirectoryReader;
  Directory() = default;
  struct Unit {
    std::string name;
    std::uint32_t parent = none;
    std::vector<std::uint32_t> children;
  };
  static constexpr std::uint32_t none = 0xffffffff;
  [[nodiscard]] std::uint32_t unit(std::string_view name) const;

  std::vector<Role> roles_;
  std::vector<std::vector<std::uint32_t>> closures_;
  std::vector<Unit> units_;
  std::unordered_map<std::string_view, std::uint32_t> role_by_name_;
  std::unordered_map<std::string_view, std::uint32_t> unit_by_name_;
  std::size_t bytes_ = 0;
  std::size_t unit_bytes_ = 0;
};
using DirectoryPtr = std::shared_ptr<const Directory>;

// Does any grant of the role, or of what it inherits, give the permission? `anywhere`: wherever the grant may reach,
// which is what a route can ask whose records are decided on one by one afterwards. `everywhere`: only a grant without
// resources, scope, condition or withheld fields, for routes behind which nothing asks again.
enum class Reach : std::uint8_t { anywhere, everywhere };
[[nodiscard]] bool may(const Directory& directory, std::uint32_t role, std::string_view permission,
                       Reach reach = Reach::anywhere);

}  // namespace socle::authz
