#include "policy/bound.hpp"

#include "policy/names.hpp"

namespace socle::authz {
namespace {

std::vector<std::string> path_of(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const auto dot = text.find('.');
    out.emplace_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::size_t bytes_when_bound(const Grant&, std::size_t condition) { return sizeof(BoundGrant) + condition; }
std::size_t bytes_when_bound(const Rule& rule, std::size_t condition) {
  return sizeof(BoundRule) + sizeof rule + rule.when.size() * 2 + condition;
}

Result<BoundPtr> Bound::bind(DirectoryPtr directory, std::vector<PolicyPtr> policies, std::string_view resource,
                             json::View types) {
  if (resource == "*" || resource.ends_with('*') || !is_resource_pattern(resource))
    return Error{Code::invalid,
                 "'" + std::string(resource.substr(0, 80)) + "' is no resource; wanted AREA/NAME, such as forms/leave"};
  std::shared_ptr<Bound> out(new Bound());
  out->directory_ = std::move(directory);
  out->policies_ = std::move(policies);
  out->resource_ = resource;
  out->area_ = area_of(out->resource_);
  auto vocabulary = Vocabulary::make(types);
  if (!vocabulary) return std::move(vocabulary).error();
  out->vocabulary_ = *std::move(vocabulary);
  if (auto done = out->compile(); !done) return std::move(done).error();
  return BoundPtr(std::move(out));
}

// A condition was good when it was published; it may still not fit the types of this record. Then it errs whenever it
// is asked, so that its rule denies or allows nothing, and says why.
std::optional<Condition> Bound::condition(const std::string& text) {
  reads_times_ = reads_times_ || text.find("_at") != std::string::npos;
  Diagnostics diagnostics;
  auto out = compile_condition(*vocabulary_, text, "", diagnostics);
  if (out) return out;
  const auto fault = diagnostics.all().front().message;
  out = compile_condition(*vocabulary_, "1 / 0 == 0", "", diagnostics);
  if (out) out->fault = fault;
  return out;
}

Status Bound::compile() {
  bytes_ = sizeof *this + std::size_t{4096};
  const auto& roles = directory_->roles();
  for (std::uint32_t number = 0; number < roles.size(); ++number) {
    for (const auto& grant : roles[number].grants) {
      if (!grant.covers(resource_)) continue;
      BoundGrant bound{&roles[number], &grant, number, path_of(grant.unit), {}};
      if (!grant.when.empty()) {
        bound.when = condition(grant.when);
        if (!bound.when) return Error{Code::internal, "a grant's condition cannot be compiled"};
      }
      bytes_ += bytes_when_bound(grant, bound.when ? bytes_of(*bound.when) : 0);
      grants_.push_back(std::move(bound));
    }
  }
  for (const auto& policy : policies_) {
    if (!policy->covers(resource_)) continue;
    for (const auto& rule : policy->rules()) {
      BoundRule bound{policy.get(), &rule, {}};
      if (!rule.when.empty()) {
        bound.when = condition(rule.when);
        if (!bound.when) return Error{Code::internal, "a rule's condition cannot be compiled"};
      }
      bytes_ += bytes_when_bound(rule, bound.when ? bytes_of(*bound.when) : 0);
      rules_.push_back(std::move(bound));
    }
  }
  return {};
}

}  // namespace socle::authz
