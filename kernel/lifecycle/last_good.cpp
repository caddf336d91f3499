// last_good.cpp: the set of plugins that served last, on disk under DATA/last-good: one folder a plugin with its
// manifest, its typed configuration and the hash of its library in the store. Written after every successful change
// set; boot uses it when the system manifest's own plugins do not start.
#include "base/file.hpp"
#include "lifecycle/json_text.hpp"
#include "lifecycle/lifecycle.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

constexpr size_t file_limit = 1 << 20;
constexpr char separator = '\n';

// One record of lines: name, sha256, source folder, home, listeners, grants, then sizes of manifest and config, then
// both. A count in front of every list, so that nothing needs escaping.
void put_list(std::string& out, const std::vector<std::string>& list) {
  out += std::to_string(list.size()) + separator;
  for (const std::string& item : list) out += item + separator;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  std::string line() {
    const size_t end = rest_.find(separator);
    ok_ = ok_ && end != std::string_view::npos;
    if (!ok_) return {};
    std::string out(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return out;
  }
  size_t number() {
    const auto n = manifest::parse_unsigned(line());
    ok_ = ok_ && n.has_value() && *n <= file_limit;
    return ok_ ? static_cast<size_t>(*n) : 0;
  }
  std::vector<std::string> list() {
    std::vector<std::string> out;
    for (size_t n = number(); ok_ && n > 0; --n) out.push_back(line());
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

constexpr std::string_view magic = "socle last good set 1";

}  // namespace

void Lifecycle::keep_last_good() const {
  const Members members = members_copy();
  std::string out = std::string(magic) + separator + std::to_string(members.size()) + separator;
  for (const auto& [name, member] : members) {
    const Package& p = member.primary->package;
    std::vector<std::string> grants;
    for (const auto& grant : p.entry.grants) grants.push_back(to_string(grant));
    out += p.sha256 + separator + p.entry.path.string() + separator;
    put_list(out, p.entry.listen);
    put_list(out, grants);
    out += std::to_string(p.manifest_text.size()) + separator + std::to_string(p.config.size()) + separator +
           p.manifest_text + p.config;
  }
  if (auto kept = base::write_file_atomic(system().data / "last-good", out, 0600); !kept) {
    telemetry::Log::get().write(telemetry::Level::error,
                                "the last good set could not be kept: " + kept.error().message);
  }
}

Result<std::vector<Package>> Lifecycle::last_good() const {
  auto text = base::read_file(system_.data / "last-good", 64 * file_limit);
  if (!text) return std::move(text).error();
  Reader in(*text);
  if (in.line() != magic) return Error{Code::data_loss, "the last good set has an unknown form"};
  std::vector<Package> out;
  for (size_t left = in.number(); in.ok() && left > 0; --left) {
    manifest::PluginEntry entry;
    const std::string sha256 = in.line();
    entry.path = in.line();
    entry.home = manifest::Home::kernel;
    entry.listen = in.list();
    for (const std::string& grant : in.list()) {
      if (const auto p = manifest::parse_permission(grant)) entry.grants.push_back(*p);
    }
    const size_t manifest_size = in.number();
    const size_t config_size = in.number();
    const std::string manifest_text = in.bytes(manifest_size);
    const std::string config = in.bytes(config_size);
    if (!in.ok()) break;
    auto package = package_from_store(entry, manifest_text, config, sha256);
    if (!package) return std::move(package).error();
    out.push_back(std::move(*package));
  }
  if (!in.ok()) return Error{Code::data_loss, "the last good set is cut off"};
  return out;
}

}  // namespace socle::lifecycle
