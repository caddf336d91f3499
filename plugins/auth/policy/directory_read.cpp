// directory_read.cpp: roles and units from their JSON form, every fault told at its place.
#include <algorithm>
#include <array>

#include "policy/directory.hpp"
#include "policy/names.hpp"
#include "policy/reader.hpp"
#include "policy/vocabulary.hpp"
#include "socle/json/writer.hpp"

namespace socle::authz {
namespace {

constexpr std::size_t most_names = 64;
constexpr std::size_t most_grants = 64;
// What is kept of a text of roles: twice itself here, and the document beside it.
constexpr std::size_t with_document = 3;
constexpr std::array<std::string_view, 5> scopes{"all", "own", "department", "department_and_below", "custom"};

Role built_in_role(std::string name, std::vector<std::string> permissions) {
  Role role;
  role.name = std::move(name);
  role.built_in = true;
  Grant grant;
  grant.permissions = std::move(permissions);
  grant.pointer = "/grants/0";
  role.grants.push_back(std::move(grant));
  return role;
}

}  // namespace

std::string_view to_string(Scope scope) { return scopes[static_cast<std::size_t>(scope)]; }

class DirectoryReader {
 public:
  explicit DirectoryReader(Diagnostics& diagnostics)
      : reader_(diagnostics, codes::role_shape), directory_(new Directory()) {
    auto& roles = directory_->roles_;
    roles.push_back(built_in_role("owner", {"*"}));
    roles.push_back(built_in_role("admin", {"*"}));
    roles.push_back(built_in_role("member", {"account:*", "files:*", "forms:read", "models:read", "records:*",
                                             "rules:evaluate", "rules:read", "usage:read"}));
    roles.push_back(built_in_role("viewer", {"account:*", "files:read", "forms:read", "models:read", "records:read",
                                             "rules:read", "usage:read"}));
  }

  DirectoryPtr run(json::View roles, json::View units) {
    read_roles(roles);
    read_units(units);
    if (!reader_.diagnostics().failed()) {
      link_roles();
      link_units();
    }
    if (reader_.diagnostics().failed()) return nullptr;
    const auto unit_text = json::to_text(units).size();
    directory_->bytes_ = json::to_text(roles).size() * 2 + unit_text * 2 + 4096;
    directory_->unit_bytes_ = units.size() > 0 ? unit_text * with_document : 0;
    return DirectoryPtr(std::move(directory_));
  }

 private:
  static std::string at(std::string_view list, std::size_t i) { return std::string(list) + "/" + std::to_string(i); }

  void read_roles(json::View roles) {
    if (!roles.exists()) return;
    if (!roles.is_array() || roles.size() > Directory::most_roles)
      return reader_.bad("/roles", "'roles' is a list of at most 1000 roles");
    auto vocabulary = Vocabulary::make();
    if (!vocabulary) return reader_.bad("/roles", vocabulary.error().message);
    vocabulary_ = *std::move(vocabulary);
    for (std::size_t i = 0; i < roles.size(); ++i) read_role(roles.at(i), at("/roles", i));
  }

  void read_role(json::View source, const std::string& here) {
    if (!source.is_object()) return reader_.bad(here, "a role is an object with 'role' and 'permissions' or 'grants'");
    reader_.only({"role", "title", "inherits", "permissions", "grants", "second_factor"}, source, here);
    Role role;
    role.name = source.find("role").as_string();
    if (!is_name(role.name))
      reader_.bad(here + "/role", "found " + Reader::shown(source.find("role")) + "; wanted a name");
    for (const auto& other : directory_->roles_)
      if (other.name == role.name)
        reader_.diagnostics().error(
            here + "/role", codes::duplicate,
            "'" + role.name + (other.built_in ? "' is built in; choose another name" : "' is there already"));
    role.title = reader_.local_text(source.find("title"), here + "/title");
    role.inherits =
        reader_.names(source.find("inherits"), here + "/inherits", most_names, is_name, "the name of a role");
    if (const auto list = source.find("permissions"); list.exists()) {
      Grant grant;
      grant.pointer = "/permissions";
      grant.permissions = permissions(list, here + "/permissions");
      role.grants.push_back(std::move(grant));
    }
    const auto grants = source.find("grants");
    if (grants.exists() && (!grants.is_array() || grants.size() > most_grants))
      reader_.bad(here + "/grants", "'grants' is a list of at most 64 grants");
    else
      for (std::size_t i = 0; i < grants.size(); ++i)
        role.grants.push_back(read_grant(grants.at(i), here, at("/grants", i)));
    const auto factor = source.find("second_factor");
    if (factor.exists() && !factor.is_boolean())
      reader_.bad(here + "/second_factor", "found " + Reader::shown(factor) + "; wanted true or false");
    role.second_factor = factor.as_bool();
    role.bytes = json::to_text(source).size() * with_document;
    directory_->roles_.push_back(std::move(role));
  }

  std::vector<std::string> permissions(json::View list, const std::string& here) {
    auto out =
        reader_.names(list, here, most_names, is_permission, "a permission such as records:read, records:* or *");
    const bool said = list.exists() && !(list.is_array() && list.size() == 0);
    if (out.empty() && !said) reader_.bad(here, "'permissions' says what is granted: [records:read], ['*']");
    return out;
  }

  Grant read_grant(json::View source, const std::string& role, const std::string& place) {
    const auto here = role + place;
    Grant grant;
    grant.pointer = place;
    if (!source.is_object()) {
      reader_.bad(here, "a grant is an object with 'permissions'");
      return grant;
    }
    reader_.only({"permissions", "resources", "scope", "unit", "when", "hidden", "read_only"}, source, here);
    grant.permissions = permissions(source.find("permissions"), here + "/permissions");
    grant.resources = reader_.names(source.find("resources"), here + "/resources", most_names, is_resource_pattern,
                                    "a resource such as 'forms/leave' or 'forms/*'");
    if (const auto scope = source.find("scope"); scope.exists()) {
      const auto found = std::find(scopes.begin(), scopes.end(), scope.as_string());
      if (found == scopes.end())
        reader_.bad(here + "/scope",
                    "found " + Reader::shown(scope) + "; wanted all, own, department, department_and_below or custom");
      else
        grant.scope = static_cast<Scope>(found - scopes.begin());
    }
    if (const auto unit = source.find("unit"); unit.exists()) {
      grant.unit = unit.as_string();
      if (!is_field_path(grant.unit))
        reader_.bad(here + "/unit", "found " + Reader::shown(unit) + "; wanted a field of the record, such as org");
    }
    grant.when = reader_.condition(source.find("when"), here + "/when");
    if (grant.scope == Scope::custom && grant.when.empty())
      reader_.bad(here + "/when", "a custom scope is what its 'when' says; there is none");
    if (!grant.when.empty())
      if (const auto condition = compile_condition(*vocabulary_, grant.when, here + "/when", reader_.diagnostics()))
        grant.condition_bytes = bytes_of(*condition);
    for (auto [list, key] : {std::pair{&grant.hidden, "hidden"}, std::pair{&grant.read_only, "read_only"}})
      *list = reader_.names(source.find(key), here + "/" + key, 256, is_field_pointer,
                            "a field as a JSON Pointer, such as /salary");
    return grant;
  }

  void read_units(json::View units) {
    if (!units.exists()) return;
    if (!units.is_array() || units.size() > Directory::most_units)
      return reader_.bad("/units", "'units' is a list of at most 10000 units");
    directory_->units_.reserve(units.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
      const auto here = at("/units", i);
      const auto source = units.at(i);
      if (!source.is_object()) {
        reader_.bad(here, "a unit is an object with 'unit' and 'parent'");
        continue;
      }
      reader_.only({"unit", "parent", "title"}, source, here);
      (void)reader_.local_text(source.find("title"), here + "/title");
      Directory::Unit unit;
      unit.name = source.find("unit").as_string();
      if (!is_name(unit.name))
        reader_.bad(here + "/unit", "found " + Reader::shown(source.find("unit")) + "; wanted a name");
      const auto parent = source.find("parent");
      if (parent.exists() && !parent.is_string() && !parent.is_null())
        reader_.bad(here + "/parent", "found " + Reader::shown(parent) + "; wanted the name of a unit, or nothing");
      parents_.emplace_back(parent.as_string());
      directory_->units_.push_back(std::move(unit));
    }
  }

  void link_roles() {
    auto& roles = directory_->roles_;
    for (std::uint32_t i = 0; i < roles.size(); ++i) directory_->role_by_name_.emplace(roles[i].name, i);
    const std::size_t first = roles.size() - custom_count();
    for (std::size_t i = first; i < roles.size(); ++i)
      for (const auto& name : roles[i].inherits)
        if (!directory_->role_by_name_.contains(name))
          reader_.diagnostics().error(at("/roles", i - first) + "/inherits", codes::role_unknown,
                                      "there is no role '" + name + "' to inherit from");
    if (reader_.diagnostics().failed()) return;
    directory_->closures_.resize(roles.size());
    for (std::uint32_t i = 0; i < roles.size(); ++i)
      if (!close(i)) {
        reader_.diagnostics().error(at("/roles", i - first) + "/inherits", codes::role_cycle,
                                    "'" + roles[i].name + "' inherits itself");
        return;
      }
  }
  [[nodiscard]] std::size_t custom_count() const {
    return static_cast<std::size_t>(std::count_if(directory_->roles_.begin(), directory_->roles_.end(),
                                                  [](const Role& role) { return !role.built_in; }));
  }
  // Breadth first; false when the role meets itself.
  bool close(std::uint32_t role) {
    auto& out = directory_->closures_[role];
    out.push_back(role);
    for (std::size_t next = 0; next < out.size(); ++next)
      for (const auto& name : directory_->roles_[out[next]].inherits) {
        const auto parent = directory_->role_by_name_.at(name);
        if (parent == role) return false;
        if (std::find(out.begin(), out.end(), parent) == out.end()) out.push_back(parent);
      }
    return true;
  }

  void link_units() {
    auto& units = directory_->units_;
    for (std::uint32_t i = 0; i < units.size(); ++i)
      if (!directory_->unit_by_name_.emplace(units[i].name, i).second)
        reader_.diagnostics().error(at("/units", i) + "/unit", codes::duplicate,
                                    "'" + units[i].name + "' is there already");
    for (std::uint32_t i = 0; i < units.size(); ++i) {
      if (parents_[i].empty()) continue;
      const auto parent = directory_->unit_by_name_.find(parents_[i]);
      if (parent == directory_->unit_by_name_.end()) {
        reader_.diagnostics().error(at("/units", i) + "/parent", codes::unit_unknown,
                                    "there is no unit '" + parents_[i] + "' to lie below");
        continue;
      }
      units[i].parent = parent->second;
      units[parent->second].children.push_back(i);
    }
    for (std::uint32_t i = 0; i < units.size(); ++i) {
      std::size_t depth = 0;
      for (auto up = units[i].parent; up != Directory::none && depth <= Directory::deepest_unit; up = units[up].parent)
        ++depth;
      if (depth <= Directory::deepest_unit) continue;
      reader_.diagnostics().error(at("/units", i) + "/parent", codes::unit_cycle,
                                  "'" + units[i].name + "' lies below itself or more than 32 deep");
      return;
    }
  }

  Reader reader_;
  std::unique_ptr<Directory> directory_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<std::string> parents_;
};

DirectoryPtr Directory::read(json::View roles, json::View units, Diagnostics& diagnostics) {
  return DirectoryReader(diagnostics).run(roles, units);
}

DirectoryPtr Directory::built_in() {
  Diagnostics diagnostics;
  return read({}, {}, diagnostics);
}

}  // namespace socle::authz
