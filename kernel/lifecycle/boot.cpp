// boot.cpp: the first change set of a process, and the end of all plugins. Called by main().
#include <algorithm>

#include "base/parallel.hpp"
#include "lifecycle/lifecycle.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

void say_canary_waits(const std::string& plugin, const std::filesystem::path& path) {
  telemetry::Log::get().write(telemetry::Level::info, "a canary is not begun by a start; `socle apply` begins it",
                              {{"plugin", plugin}, {"path", path.string()}});
}

}  // namespace

// A canary that was promoted before the restart stays; one that was not begins with the next `socle apply`.
Result<Package> Lifecycle::boot_package(const manifest::PluginEntry& entry, const manifest::SystemManifest& system,
                                        const LastGood* kept) const {
  auto first = read_package(entry.path, entry, system);
  if (!first || !entry.canary) return first;
  manifest::PluginEntry terms = entry;
  terms.name = first->manifest->plugin;
  auto second = read_package(entry.canary->path, terms, system);
  const auto served = [&](const Package& p) { return second && same_package(p, *second); };
  if (kept != nullptr && std::any_of(kept->set.begin(), kept->set.end(), served)) return second;
  say_canary_waits(*terms.name, entry.canary->path);
  return first;
}

// The entries of the system manifest. Reading, hashing and storing the libraries is most of a first start's time.
Status Lifecycle::boot_from(const manifest::SystemManifest& system, const LastGood* kept) {
  std::vector<std::optional<Result<Package>>> packages(system.plugins.size());
  base::for_each_index(packages.size(),
                       [&](size_t i) { packages[i].emplace(boot_package(system.plugins[i], system, kept)); });
  ChangeSet set;
  std::string problems;
  for (auto& package : packages) {
    if (*package) {
      basis_.serves(**package);
      set.put.push_back(std::move(**package));
    } else {
      problems += (problems.empty() ? "" : "\n") + package->error().message;
    }
  }
  if (!problems.empty()) return Error{Code::invalid, problems};
  return start_with_dropped(std::move(set), system);
}

// With what lies in the watched folders where that is possible; what does not start there is left out and met again by
// follow_directories().
Status Lifecycle::start_with_dropped(ChangeSet set, const manifest::SystemManifest& system) {
  settle_crashed(set.put);
  DropIn::Round round = drop_in_.look(system.watch.directories);
  std::vector<Taken> dropped = read_dropped(round, system, {});
  std::erase_if(dropped, [&](const Taken& t) { return puts(set.put, t.package.manifest->plugin); });
  ChangeSet with = set;
  if (!dropped.empty()) add_what_fits(with, dropped, {});
  if (!dropped.empty()) {
    settle_crashed(with.put);
    const auto done = change(std::move(with));
    if (done) {
      take_over(dropped);
      return {};
    }
    telemetry::Log::get().write(
        telemetry::Level::error,
        "the plugins of the watched directories do not start and are left out: " + done.error().message,
        {{"code", to_string(done.error().code)}});
  }
  if (auto done = change(std::move(set)); !done) return std::move(done).error();
  return {};
}

// Ahead of its stage, where a library that cannot be read or verified is told.
void Lifecycle::read_stored(Package& package, const manifest::SystemManifest& system) const {
  auto stored = store_.get(package.sha256, expected_of(package), policy(system));
  if (stored) package.verified = std::make_shared<const loader::Verified>(std::move(*stored));
}

Status Lifecycle::boot_last_good(const manifest::SystemManifest& system, const LastGood& kept) {
  ChangeSet set;
  for (const Package& p : kept.set) {
    if (!dropped_in(p, system)) set.put.push_back(p);
  }
  base::for_each_index(set.put.size(), [&](size_t i) { read_stored(set.put[i], system); });
  for (const auto& entry : system.plugins) {
    const auto promoted = [&](const Package& p) { return entry.canary && p.entry.path == entry.canary->path; };
    if (entry.canary && std::none_of(kept.set.begin(), kept.set.end(), promoted))
      say_canary_waits(entry.path.filename().string(), entry.canary->path);
  }
  if (auto started = start_with_dropped(std::move(set), system); !started) return started;
  remember_previous(kept);
  return {};
}

Status Lifecycle::boot(bool after_crash) {
  const std::lock_guard change_lock(change_mutex_);
  auto& log = telemetry::Log::get();
  const manifest::SystemManifest system = this->system();
  const auto kept = last_good();
  if (!kept && kept.error().code != Code::not_found)
    log.write(telemetry::Level::error, "the last good set cannot be used: " + kept.error().message,
              {{"code", to_string(kept.error().code)}});
  basis_ = kept ? basis_of(system) : unread_basis_of(system);
  std::string problems;
  const bool unchanged = kept && kept->basis.same(basis_);
  if (kept && (unchanged || after_crash)) {
    const Basis described = basis_;
    basis_ = kept->basis;
    manifest_waits_ = described.terms != kept->basis.terms;
    const Status started = boot_last_good(system, *kept);
    if (started) return {};
    basis_ = described;
    manifest_waits_ = false;
    problems = "the last good set does not start: " + started.error().message;
    log.write(telemetry::Level::error, "the last good set does not start; using the system manifest's plugins",
              {{"reason", started.error().message}});
  }
  const Status booted = boot_from(system, kept ? &*kept : nullptr);
  if (booted) {
    if (kept) remember_previous(*kept);
    keep_last_good();
    return {};
  }
  if (!kept || !problems.empty())
    return Error{Code::invalid, booted.error().message + (problems.empty() ? "" : "\n" + problems)};
  log.write(telemetry::Level::error, "the system manifest's plugins do not start; using the last good set",
            {{"reason", booted.error().message}});
  basis_ = kept->basis;
  if (auto started = boot_last_good(system, *kept); !started)
    return Error{Code::invalid,
                 booted.error().message + "\nand the last good set does not start either: " + started.error().message};
  return {};
}

void Lifecycle::stop_waiting() {
  {
    const std::lock_guard lock(mutex_);  // so that nobody is between looking and waiting
    stopping_ = true;
  }
  changed_.notify_all();
}

void Lifecycle::shut_down() {
  if (shut_down_.exchange(true)) return;
  stop_waiting();
  if (health_.joinable()) health_.join();
  std::unique_lock change_lock(change_mutex_);
  Members left = members_copy();
  const auto packages = packages_of(left);
  auto order = start_order(packages);
  std::vector<std::string> names;
  for (const Package* p : order ? *order : packages) names.push_back(p->manifest->plugin);
  // What serves a listener goes first, so that requests under way still meet the services they call.
  std::stable_partition(names.begin(), names.end(),
                        [&left](const std::string& name) { return left[name].primary->package.entry.listen.empty(); });
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    const Member gone = left[*it];
    left.erase(*it);
    install(left, system());
    for (const RecordPtr& record : {gone.canary, gone.primary}) {
      if (record == nullptr) continue;
      retire(record);
      await_retired(*record);
    }
  }
  change_lock.unlock();  // judges of canaries need it to see that theirs is gone
  background_.wait();
  for (const Resident& handle : handles_) {
    telemetry::Log::get().write(telemetry::Level::warn, "a resident handle stays: its plugin could not be stopped",
                                {{"plugin", handle.plugin}, {"handle", handle.name}});
  }
}

}  // namespace socle::lifecycle
