// basis.cpp: what the system manifest described when it was last taken: the terms of its plugins and the content of the
// folders they name. While that is unchanged, a start takes the last good set: what operators did since (swap, load,
// unload, move, a promotion) stands. The folders of watched directories are not part of it; follow_directories() is
// their judge. Called by boot and apply with change_mutex_.
#include <algorithm>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/parallel.hpp"
#include "lifecycle/lifecycle.hpp"

namespace socle::lifecycle {
namespace {

constexpr size_t manifest_limit = 1 << 20;
constexpr size_t library_limit = size_t{1} << 30;

// "" where it cannot be read.
std::string hash_of_file(const std::filesystem::path& file, size_t limit) {
  const auto bytes = base::read_file(file, limit);
  if (!bytes) return {};
  return base::sha256_hex(*bytes).value_or(std::string());
}

std::string content_of(const std::filesystem::path& folder) {
  const auto plugin = manifest::load_plugin_manifest(folder);
  if (!plugin) return {};
  const auto file = std::filesystem::is_directory(folder) ? folder / manifest::plugin_manifest_name : folder;
  const std::string text = hash_of_file(file, manifest_limit), library = hash_of_file(plugin->library, library_limit);
  return text.empty() || library.empty() ? "" : text + library;
}

}  // namespace

std::string Lifecycle::terms_of(const manifest::SystemManifest& system) {
  std::string text;
  for (const auto& [key, value] : manifest::canonical(system)) {
    if (key.starts_with("plugins")) text.append(key).append(1, '\0').append(value).append(1, '\0');
  }
  return base::sha256_hex(text).value_or(std::string());
}

Lifecycle::Basis Lifecycle::basis_of(const manifest::SystemManifest& system) {
  Basis basis = unread_basis_of(system);
  basis.read_unread();
  return basis;
}

// For a start that has nothing to compare with: the packages that it reads anyway bring the hashes.
Lifecycle::Basis Lifecycle::unread_basis_of(const manifest::SystemManifest& system) {
  Basis basis{terms_of(system), {}};
  for (const auto& entry : system.plugins) basis.folders[entry.path.string()];
  return basis;
}

void Lifecycle::Basis::read_unread() {
  std::vector<std::pair<const std::string, std::string>*> unread;
  for (auto& folder : folders) {
    if (folder.second.empty()) unread.push_back(&folder);
  }
  base::for_each_index(unread.size(), [&](size_t i) { unread[i]->second = content_of(unread[i]->first); });
}

// A folder that was changed in place and then swapped in by hand is no change that the next start has yet to take.
void Lifecycle::Basis::serves(const Package& package) {
  const auto it = folders.find(package.entry.path.string());
  if (it == folders.end()) return;
  const auto text = base::sha256_hex(package.manifest_text);
  if (text) it->second = *text + package.sha256;
}

bool Lifecycle::Basis::same(const Basis& other) const {
  const auto unread = [](const auto& folder) { return folder.second.empty(); };
  return !terms.empty() && terms == other.terms && folders == other.folders &&
         std::none_of(folders.begin(), folders.end(), unread);
}

}  // namespace socle::lifecycle
