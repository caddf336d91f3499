// last_good.cpp: the set of plugins that served last, with what each would roll back to, in DATA/last-good. Written
// after every successful change set; when boot uses it: boot.cpp. The libraries themselves are in the store, and
// whatever is not named here is swept from it.
//
// The file is lines and counted bytes, so that nothing needs escaping:
//   socle last good set 5
//   hash of the system manifest's plugin entries · B, then each folder they name and the hashes of what it held
//   N                                packages that serve, then each
//   M                                packages to roll back to, then each
// a package:
//   sha256 · a cell's memory, files and cores · who shares cells, how many, idle nanoseconds · source folder · "1" when
//   `load` granted what the manifest asks for, else "0" · "kernel" or "cell" count, then a listener a line · count,
//   then a grant a line size of manifest.yaml · size of the configuration · the bytes of both, with nothing between or
//   behind
#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <set>

#include "base/file.hpp"
#include "lifecycle/lifecycle.hpp"
#include "manifest/choices.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {

namespace {

constexpr size_t piece_limit = 1 << 20;
constexpr size_t most_packages = 4096;
constexpr char separator = '\n';
constexpr std::string_view magic = "socle last good set 5";
constexpr std::string_view magic_before = "socle last good set 4";  // without who shares cells
constexpr std::string_view magic_first = "socle last good set 3";   // and without basis and limits

void put_list(std::string& out, const std::vector<std::string>& list) {
  out += std::to_string(list.size()) + separator;
  for (const std::string& item : list) out += item + separator;
}

void put_package(std::string& out, const Package& p) {
  std::vector<std::string> grants;
  for (const auto& grant : p.entry.grants) grants.push_back(to_string(grant));
  const manifest::CellLimits& limits = p.entry.limits;
  out += p.sha256 + separator + std::to_string(limits.memory.bytes) + separator + std::to_string(limits.files) +
         separator + fmt::format("{}", limits.cpu) + separator;
  out.append(manifest::Text<manifest::CellSharing>::print(p.entry.cell)).append(1, separator);
  out += std::to_string(limits.cells) + separator + std::to_string(limits.idle.count()) + separator;
  out += p.entry.path.string() + separator + (p.granted_by_load ? "1" : "0") + separator +
         (p.in_cell() ? "cell" : "kernel") + separator;
  put_list(out, p.entry.listen);
  put_list(out, grants);
  out += std::to_string(p.manifest_text.size()) + separator + std::to_string(p.config.size()) + separator +
         p.manifest_text + p.config;
}

}  // namespace

class LastGoodReader {
 public:
  explicit LastGoodReader(std::string_view text) : rest_(text) {
    const std::string first = line();
    has_sharing = first == magic;
    has_basis = has_sharing || first == magic_before;
    known = has_basis || first == magic_first;
  }
  bool known = false, has_basis = false, has_sharing = false;  // its form
  std::string line() {
    const size_t end = rest_.find(separator);
    ok_ = ok_ && end != std::string_view::npos;
    if (!ok_) return {};
    std::string out(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return out;
  }
  size_t number(size_t most) {
    const auto n = manifest::parse_unsigned(line());
    ok_ = ok_ && n.has_value() && *n <= most;
    return ok_ ? static_cast<size_t>(*n) : 0;
  }
  std::vector<std::string> list() {
    std::vector<std::string> out;
    for (size_t n = number(most_packages); ok_ && n > 0; --n) out.push_back(line());
    return out;
  }
  std::string bytes(size_t n) {
    ok_ = ok_ && n <= rest_.size();
    if (!ok_) return {};
    std::string out(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return out;
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void Lifecycle::keep_last_good() {
  const Members members = members_copy();
  for (const auto& [name, member] : members) basis_.serves(member.primary->package);
  std::map<std::string, Package> previous;
  {
    const std::lock_guard lock(mutex_);
    previous = previous_;
  }
  std::set<std::string> needed;
  std::string out = std::string(magic) + separator + basis_.terms + separator;
  out += std::to_string(basis_.folders.size()) + separator;
  for (const auto& [folder, content] : basis_.folders)
    out.append(folder).append(1, separator).append(content).append(1, separator);
  out += std::to_string(members.size()) + separator;
  for (const auto& [name, member] : members) {
    put_package(out, member.primary->package);
    needed.insert(member.primary->package.sha256);
    if (member.canary != nullptr) needed.insert(member.canary->package.sha256);
  }
  out += std::to_string(previous.size()) + separator;
  for (const auto& [name, package] : previous) {
    put_package(out, package);
    needed.insert(package.sha256);
  }
  const auto file = system().data / "last-good";
  if (base::holds(file, out)) return;  // a start that changed nothing
  if (auto kept = base::write_file_atomic(file, out, 0600); !kept) {
    telemetry::Log::get().write(telemetry::Level::error,
                                "the last good set could not be kept: " + kept.error().message);
    return;  // the older file still names what it needs
  }
  if (auto swept = store_.keep_only(needed); !swept)
    telemetry::Log::get().write(telemetry::Level::warn, "the store could not be swept: " + swept.error().message);
}

Result<Package> Lifecycle::package_of(LastGoodReader& in) const {
  manifest::PluginEntry entry;
  const std::string sha256 = in.line();
  if (in.has_basis) {
    entry.limits.memory.bytes = in.number(std::numeric_limits<size_t>::max());
    entry.limits.files = in.number(std::numeric_limits<size_t>::max());
    entry.limits.cpu = std::strtod(in.line().c_str(), nullptr);
  }
  if (in.has_sharing) {
    if (const auto sharing = manifest::parse_value<manifest::CellSharing>(in.line())) entry.cell = *sharing;
    entry.limits.cells = in.number(std::numeric_limits<size_t>::max());
    entry.limits.idle = manifest::Duration(in.number(std::numeric_limits<size_t>::max()));
  }
  entry.path = in.line();
  const bool granted_by_load = in.line() == "1";
  entry.home = in.line() == "cell" ? manifest::Home::cell : manifest::Home::kernel;
  entry.listen = in.list();
  for (const std::string& grant : in.list()) {
    if (const auto p = manifest::parse_permission(grant)) entry.grants.push_back(*p);
  }
  const size_t manifest_size = in.number(piece_limit);
  const size_t config_size = in.number(64 * piece_limit);
  const std::string manifest_text = in.bytes(manifest_size);
  const std::string config = in.bytes(config_size);
  if (!in.ok()) return Error{Code::data_loss, "the last good set is cut off"};
  auto package = package_from_store(entry, manifest_text, config, sha256);
  if (package) package->granted_by_load = granted_by_load;
  return package;
}

Result<Lifecycle::LastGood> Lifecycle::last_good() const {
  auto text = base::read_file(system().data / "last-good", 64 * piece_limit);
  if (!text) return std::move(text).error();
  LastGoodReader in(*text);
  if (!in.known) return Error{Code::data_loss, "the last good set has an unknown form"};
  LastGood out;
  if (in.has_basis) {
    out.basis.terms = in.line();
    for (size_t left = in.number(most_packages); in.ok() && left > 0; --left) {
      const std::string folder = in.line();
      out.basis.folders[folder] = in.line();
    }
  }
  for (size_t left = in.number(most_packages); left > 0; --left) {
    auto package = package_of(in);
    if (!package) return std::move(package).error();
    out.set.push_back(std::move(*package));
  }
  for (size_t left = in.number(most_packages); left > 0; --left) {
    auto package = package_of(in);
    if (!in.ok()) return Error{Code::data_loss, "the last good set is cut off"};
    if (!package) {  // what serves does not depend on it
      telemetry::Log::get().write(telemetry::Level::warn,
                                  "a package to roll back to is left out: " + package.error().message);
      continue;
    }
    const std::string name = package->manifest->plugin;
    out.previous.emplace(name, std::move(*package));
  }
  if (!in.ok()) return Error{Code::data_loss, "the last good set is cut off"};
  return out;
}

// After boot: a plugin goes back to what served before this start if that was another one, else to what it could go
// back to then.
void Lifecycle::remember_previous(const LastGood& kept) {
  const Members members = members_copy();
  const std::lock_guard lock(mutex_);
  for (const auto& [name, package] : kept.previous) {
    if (members.contains(name)) previous_.insert_or_assign(name, package);
  }
  for (const Package& served : kept.set) {
    const auto it = members.find(served.manifest->plugin);
    if (it == members.end()) continue;
    const Package& now = it->second.primary->package;
    if (now.sha256 != served.sha256 || now.manifest_text != served.manifest_text)
      previous_.insert_or_assign(it->first, served);
  }
}

}  // namespace socle::lifecycle
