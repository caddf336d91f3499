// bound.hpp: what a tenant's roles and policies say about one resource, compiled: the grants and rules that can matter
// there, their conditions as programs over one vocabulary. Made once for a set of versions and shared by every worker;
// immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/directory.hpp"
#include "policy/policy.hpp"
#include "policy/vocabulary.hpp"
#include "socle/result.hpp"

namespace socle::authz {

struct BoundGrant {
  const Role* role = nullptr;
  const Grant* grant = nullptr;
  std::uint32_t role_number = 0;
  std::vector<std::string> unit_path;  // of the record's unit within its document
  std::optional<Condition> when;
};

struct BoundRule {
  const Policy* policy = nullptr;
  const Rule* rule = nullptr;
  std::optional<Condition> when;
};

// What one takes in a Bound, with a condition of so many bytes.
[[nodiscard]] std::size_t bytes_when_bound(const Grant& grant, std::size_t condition);
[[nodiscard]] std::size_t bytes_when_bound(const Rule& rule, std::size_t condition);

class Bound {
 public:
  // `types`: of record's fields, as Vocabulary::make takes them. Code::invalid when they are none.
  static Result<std::shared_ptr<const Bound>> bind(DirectoryPtr directory, std::vector<PolicyPtr> policies,
                                                   std::string_view resource, json::View types = {});

  [[nodiscard]] const std::string& resource() const { return resource_; }
  [[nodiscard]] std::string_view area() const { return area_; }
  [[nodiscard]] const Directory& directory() const { return *directory_; }
  [[nodiscard]] const Vocabulary& vocabulary() const { return *vocabulary_; }
  [[nodiscard]] const std::vector<BoundGrant>& grants() const { return grants_; }
  [[nodiscard]] const std::vector<BoundRule>& rules() const { return rules_; }
  // Some condition may read created_at or updated_at.
  [[nodiscard]] bool reads_times() const { return reads_times_; }
  // Of what is bound: roles and policies are not in it.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

 private:
  Bound() = default;
  Status compile();
  std::optional<Condition> condition(const std::string& text);

  DirectoryPtr directory_;
  std::vector<PolicyPtr> policies_;
  std::string resource_;
  std::string_view area_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<BoundGrant> grants_;
  std::vector<BoundRule> rules_;
  std::size_t bytes_ = 0;
  bool reads_times_ = false;
};
using BoundPtr = std::shared_ptr<const Bound>;

}  // namespace socle::authz
