// loader/descriptor.cpp: see descriptor.hpp.
#include "loader/descriptor.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include "loader/image.hpp"

namespace socle::loader {
namespace {

constexpr std::size_t max_methods = 4096;
constexpr std::size_t max_text = 256;
constexpr std::size_t most_told = 16;  // methods in one text
// What ABI 1.0 has; later versions only append.
constexpr std::size_t smallest_descriptor = offsetof(socle_plugin, connection) + sizeof(socle_plugin::connection);

Finding refusal(std::string found, std::string wanted, std::string action) {
  return {"descriptor", std::move(found), std::move(wanted), std::move(action)};
}

// A short text of the plugin's, read without trusting its pointer.
std::string text_of(const ReadMemory& read, socle_str text) {
  if (text.size > max_text) return "<" + std::to_string(text.size) + " bytes>";
  std::string copy(text.size, '\0');
  return read(text.data, copy.data(), text.size) ? copy : "<unreadable>";
}

std::optional<Finding> read_struct(const ReadMemory& read, const void* given, socle_plugin& out) {
  if (given == nullptr) {
    return refusal("NULL from " SOCLE_ENTRY_NAME "()", "a constant descriptor",
                   "return the address of a constant socle_plugin");
  }
  std::uint32_t size = 0;
  if (!read(given, &size, sizeof size)) {
    return refusal("an unreadable pointer from " SOCLE_ENTRY_NAME "()", "a constant descriptor",
                   "return the address of a constant socle_plugin");
  }
  if (size < smallest_descriptor) {
    return refusal("struct_size " + std::to_string(size),
                   "at least " + std::to_string(smallest_descriptor) + " (ABI 1.0)",
                   "set struct_size to sizeof(socle_plugin)");
  }
  if (!read(given, &out, std::min<std::size_t>(size, sizeof out))) {
    return refusal("a descriptor that ends in unreadable memory", std::to_string(size) + " bytes, its struct_size",
                   "set struct_size to sizeof(socle_plugin)");
  }
  return std::nullopt;
}

std::optional<Finding> check_version(const socle_plugin& plugin, const Verified& verified, const Policy& policy) {
  const AbiVersion version{plugin.abi_major, plugin.abi_minor};
  if (version.major != policy.kernel.major || version.minor > policy.kernel.minor) {
    return refusal("ABI " + to_string(version) + " in the descriptor",
                   to_string(policy.kernel) + " or an earlier minor", "rebuild the plugin against this kernel's SDK");
  }
  if (version != verified.abi) {
    return refusal(
        "ABI " + to_string(version) + " in the descriptor and " + to_string(verified.abi) + " in the ELF note",
        "the same in both", "build all sources of the plugin against one SDK");
  }
  return std::nullopt;
}

std::optional<Finding> check_entries(const ReadMemory& read, const socle_plugin& plugin, const Verified& verified) {
  if (const std::string name = text_of(read, plugin.name); name != verified.plugin) {
    return refusal("the name '" + name + "'", "'" + verified.plugin + "', as its manifest says",
                   "make the descriptor's name and `plugin:` equal");
  }
  const auto missing = [](const char* entry) {
    return refusal(std::string("no ") + entry + "() (NULL)", "a function",
                   std::string("fill ") + entry + " in the descriptor");
  };
  if (plugin.create == nullptr) return missing("create");
  if (plugin.destroy == nullptr) return missing("destroy");
  if (plugin.handle == nullptr) return missing("handle");
  return std::nullopt;
}

Finding unnamed_method(std::size_t index, const std::string& service, const std::string& name) {
  return refusal("method " + std::to_string(index) + " with service '" + service + "' and name '" + name + "'",
                 "readable texts of at most 256 bytes, the name not empty", "fill the method table");
}

std::optional<Finding> read_methods(const ReadMemory& read, Descriptor& out) {
  const socle_plugin& plugin = out.plugin;
  if (plugin.method_count > max_methods) {
    return refusal(std::to_string(plugin.method_count) + " methods", "at most " + std::to_string(max_methods),
                   "check method_count, or split the plugin");
  }
  out.methods.resize(plugin.method_count);
  if (!read(plugin.methods, out.methods.data(), out.methods.size() * sizeof(socle_method))) {
    return refusal("a method table that cannot be read", std::to_string(out.methods.size()) + " methods",
                   "point methods at a constant array of method_count entries");
  }
  for (std::size_t i = 0; i < out.methods.size(); ++i) {
    const std::string service = text_of(read, out.methods[i].service);
    const std::string name = text_of(read, out.methods[i].name);
    if (name.empty() || name.front() == '<' || (!service.empty() && service.front() == '<')) {
      return unnamed_method(i, service, name);
    }
    std::string full = service;
    if (!full.empty()) full += '.';
    out.names.push_back(full += name);
  }
  return std::nullopt;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most_told); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most_told) text += " and " + std::to_string(names.size() - most_told) + " more";
  return text.empty() ? "none" : text;
}

std::optional<Finding> check_methods(const std::vector<std::string>& names, const std::vector<std::string>& wanted) {
  std::vector<std::string> missing;
  for (const std::string& name : wanted) {
    if (std::find(names.begin(), names.end(), name) == names.end()) missing.push_back(name);
  }
  if (missing.empty()) return std::nullopt;
  return Finding{"methods", "no " + listed(missing) + " in the descriptor, which lists " + listed(names),
                 "every method that the manifest names", "correct the manifest, or the library's method table"};
}

}  // namespace

std::optional<Finding> read_descriptor(const ReadMemory& read, const void* given, const Verified& verified,
                                       const Policy& policy, Descriptor& out) {
  if (auto wrong = read_struct(read, given, out.plugin)) return wrong;
  if (auto wrong = check_version(out.plugin, verified, policy)) return wrong;
  if (auto wrong = check_entries(read, out.plugin, verified)) return wrong;
  return read_methods(read, out);
}

DescriptorReport inspect_descriptor(std::string_view bytes, const Expected& expected,
                                    const std::vector<std::string>& methods, const Policy& policy) {
  const auto elf = read_elf(bytes);
  if (!elf) return {};
  Image image(*elf);
  const auto given = image.returned_by(SOCLE_ENTRY_NAME);
  if (!given) return {};
  const ReadMemory read = [&image](const void* from, void* to, std::size_t size) {
    return image.read(std::bit_cast<std::uint64_t>(from), to, size);
  };
  Verified verified;
  verified.plugin = expected.plugin;
  verified.abi = expected.abi;
  Descriptor descriptor;
  auto wrong = read_descriptor(read, std::bit_cast<const void*>(*given), verified, policy, descriptor);
  if (!wrong) wrong = check_methods(descriptor.names, methods);
  if (!image.told()) return {};
  return {true, wrong ? std::vector<Finding>{std::move(*wrong)} : std::vector<Finding>{}};
}

}  // namespace socle::loader
