// changes.cpp: what operators change, each: check, keep, then let it hold.
#include <algorithm>

#include "manifest/problems.hpp"
#include "tenants/registry.hpp"

namespace socle::tenants {
namespace {

Error bad_id(std::string_view id) { return Error{Code::invalid, id_problem(id)}; }

}  // namespace

Status Registry::check_plan(const Settings& settings) const {
  if (!settings.plan || plans_.contains(*settings.plan)) return {};
  std::vector<std::string_view> names;
  std::string list;
  for (const auto& [name, terms] : plans_) {
    if (name.empty()) continue;
    names.push_back(name);
    list += (list.empty() ? "" : ", ") + name;
  }
  const std::string hint = manifest::did_you_mean(*settings.plan, names);
  return Error{Code::not_found, "unknown plan " + manifest::in_quotes(*settings.plan) +
                                    (!hint.empty()  ? hint
                                     : list.empty() ? "; the system file has no plans"
                                                    : "; the system file has " + list)};
}

Settings Registry::own_of(const Tenant& tenant) const { return tenant.own ? *tenant.own : Settings(); }

Result<Tenant*> Registry::changeable(std::string_view id) const {
  Tenant* tenant = table_.find(id);
  if (tenant == nullptr)
    return Error{Code::not_found,
                 "no tenant " + manifest::in_quotes(id) + "; `socle tenant list` names those there are"};
  if (tenant->deleting)
    return Error{Code::conflict, "tenant '" + tenant->id + "' is being deleted; `socle tenant delete " + tenant->id +
                                     "` goes on with it"};
  return tenant;
}

Status Registry::put(std::string_view id, const Settings& settings) {
  if (auto kept = commit(journal_line(id, settings, false) + "\n"); !kept) return kept;
  Tenant& tenant = make(id);
  tenant.own = std::make_unique<Settings>(settings);
  refresh(tenant);
  reclaim();
  return {};
}

Status Registry::create(std::string_view id, const Settings& settings) {
  if (!id_problem(id).empty()) return bad_id(id);
  const std::lock_guard lock(mutex_);
  if (auto known = check_plan(settings); !known) return known;
  if (const Tenant* there = table_.find(id); there != nullptr) {
    const std::string name = "tenant '" + there->id + "'";
    if (there->deleting)
      return Error{Code::conflict,
                   name + " is being deleted; create it again when `socle tenant delete " + there->id + "` has ended"};
    if (!there->own)
      return Error{Code::conflict,
                   name + " is declared in " + system_file_.string() + "; `socle tenant set` changes what it says"};
    return Error{Code::conflict, name + " exists; `socle tenant set` changes it"};
  }
  return put(id, settings);
}

Result<Registry::Batch> Registry::create_all(std::string_view text, const std::string& name,
                                             const std::optional<std::string>& plan) {
  auto entries = parse_batch(text, name, plan);
  if (!entries) return std::move(entries).error();
  const std::lock_guard lock(mutex_);
  Problems problems(name);
  Batch batch;
  std::string body;
  std::vector<const BatchEntry*> fresh;
  for (const BatchEntry& entry : *entries) {
    if (auto known = check_plan(entry.settings); !known) problems.add(entry.line, known.error().message);
    const Tenant* there = table_.find(entry.id);
    if (there == nullptr) {
      fresh.push_back(&entry);
      body += journal_line(entry.id, entry.settings, false) + "\n";
    } else if (there->own && *there->own == entry.settings && !there->deleting) {
      ++batch.unchanged;
    } else {
      problems.add(entry.line,
                   "tenant '" + there->id + "' exists with other settings; `socle tenant set` changes them");
    }
  }
  if (problems.any()) return problems.error();
  if (fresh.empty()) return batch;
  if (auto kept = commit(body); !kept) return std::move(kept).error();
  for (const BatchEntry* entry : fresh) {
    Tenant& tenant = make(entry->id);
    tenant.own = std::make_unique<Settings>(entry->settings);
    refresh(tenant);
  }
  batch.created = fresh.size();
  reclaim();
  return batch;
}

Status Registry::set(std::string_view id, const std::vector<std::string>& words) {
  const std::lock_guard lock(mutex_);
  const auto tenant = changeable(id);
  if (!tenant) return tenant.error();
  Settings own = own_of(**tenant);
  for (const std::string& word : words) {
    if (auto taken = own.take(word); !taken) return taken;
  }
  if (auto known = check_plan(own); !known) return known;
  return put(id, own);
}

Status Registry::suspend(std::string_view id, bool suspended) {
  const std::lock_guard lock(mutex_);
  const auto tenant = changeable(id);
  if (!tenant) return tenant.error();
  if ((*tenant)->standing == (suspended ? Standing::suspended : Standing::active)) return {};
  Settings own = own_of(**tenant);
  own.suspended = suspended;
  return put(id, own);
}

Status Registry::begin_delete(std::string_view id) {
  if (!id_problem(id).empty()) return bad_id(id);
  const std::lock_guard lock(mutex_);
  Tenant* there = table_.find(id);
  if (there != nullptr && there->deleting) return {};
  if (there != nullptr && there->declared)
    return Error{Code::conflict, "tenant '" + there->id + "' is declared in " + system_file_.string() +
                                     ", which would bring it back; take it out there first"};
  if (auto kept = commit(journal_line(id, there != nullptr ? own_of(*there) : Settings(), true) + "\n"); !kept)
    return kept;
  Tenant& tenant = make(id);
  tenant.deleting = true;
  refresh(tenant);
  return {};
}

Status Registry::forget(std::string_view id) {
  const std::lock_guard lock(mutex_);
  Tenant* there = table_.find(id);
  if (there == nullptr || !there->deleting) return {};
  if (auto kept = commit("- " + there->id + "\n"); !kept) return kept;
  there->own.reset();
  there->deleting = false;
  drop_if_unknown(*there);
  levels_changed_ = true;
  reclaim();
  return {};
}

std::vector<std::string> Registry::deleting() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  table_.each([&out](const Tenant& t) {
    if (t.deleting) out.push_back(t.id);
  });
  return out;
}

}  // namespace socle::tenants
