// loader/library.cpp: see library.hpp. The only file that knows Boost.DLL.
#define BOOST_DLL_USE_STD_FS
#include "loader/library.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cstddef>
#include <system_error>
#include <utility>

#include "loader/mapped.hpp"

namespace socle::loader {
namespace {

namespace dll = boost::dll;

constexpr std::size_t max_methods = 4096;
constexpr std::size_t max_text = 256;
// What ABI 1.0 has; later versions only append.
constexpr std::size_t smallest_descriptor = offsetof(socle_plugin, connection) + sizeof(socle_plugin::connection);

std::string dl_error() {
  const char* text = ::dlerror();
  return text == nullptr ? "no reason given" : text;
}

// noexcept on purpose: see the head of library.hpp.
Status open_library(dll::shared_library& library, const std::filesystem::path& path, bool for_good) noexcept {
  int mode = dll::load_mode::rtld_now | dll::load_mode::rtld_local;
  // Sanitizers need the code for their reports and their records of its globals.
  if (sanitizer_build() || for_good) mode |= RTLD_NODELETE;
  std::error_code error;
  library.load(path, error, static_cast<dll::load_mode::type>(mode));
  if (!library.is_loaded()) return Error{Code::invalid, "load the library: " + dl_error()};
  return {};
}

Error refusal(std::string found, std::string wanted, std::string action) {
  return Error{Code::invalid, to_string(Finding{"descriptor", std::move(found), std::move(wanted), std::move(action)})};
}

// A short text of the plugin's, read without trusting its pointer.
std::string text_of(socle_str text) {
  if (text.size > max_text) return "<" + std::to_string(text.size) + " bytes>";
  std::string copy(text.size, '\0');
  return copy_if_readable(text.data, copy.data(), text.size) ? copy : "<unreadable>";
}

Status check_version(const socle_plugin& plugin, const Verified& verified, const Policy& policy) {
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
  return {};
}

Status check_entries(const socle_plugin& plugin, const Verified& verified) {
  if (const std::string name = text_of(plugin.name); name != verified.plugin) {
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
  return {};
}

Error unnamed_method(std::size_t index, const std::string& service, const std::string& name) {
  return refusal("method " + std::to_string(index) + " with service '" + service + "' and name '" + name + "'",
                 "readable texts of at most 256 bytes, the name not empty", "fill the method table");
}

Result<std::vector<socle_method>> read_methods(const socle_plugin& plugin) {
  if (plugin.method_count > max_methods) {
    return refusal(std::to_string(plugin.method_count) + " methods", "at most " + std::to_string(max_methods),
                   "check method_count, or split the plugin");
  }
  std::vector<socle_method> methods(plugin.method_count);
  if (!copy_if_readable(plugin.methods, methods.data(), methods.size() * sizeof(socle_method))) {
    return refusal("a method table that cannot be read", std::to_string(methods.size()) + " methods",
                   "point methods at a constant array of method_count entries");
  }
  for (std::size_t i = 0; i < methods.size(); ++i) {
    const std::string service = text_of(methods[i].service);
    const std::string name = text_of(methods[i].name);
    if (name.empty() || name.front() == '<' || (!service.empty() && service.front() == '<')) {
      return unnamed_method(i, service, name);
    }
  }
  return methods;
}

}  // namespace

struct Library::State {
  dll::shared_library library;
  Copy copy;
  FileIdentity file;
  std::vector<std::string> pins;
  socle_plugin descriptor{};
  std::vector<socle_method> methods;
  const void* map = nullptr;
  std::chrono::nanoseconds load_time{};

  Status read_descriptor(const Verified& verified, const Policy& policy) {
    const auto entry = reinterpret_cast<socle_entry_fn>(::dlsym(library.native(), SOCLE_ENTRY_NAME));
    if (entry == nullptr) return refusal("no " SOCLE_ENTRY_NAME, "the function", "build with socle_add_plugin()");
    const socle_plugin* given = nullptr;
    try {
      given = entry();
    } catch (...) {
      return refusal(SOCLE_ENTRY_NAME "() threw an exception", "a constant descriptor",
                     "return a constant and nothing else");
    }
    if (given == nullptr) {
      return refusal("NULL from " SOCLE_ENTRY_NAME "()", "a constant descriptor",
                     "return the address of a constant socle_plugin");
    }
    std::uint32_t size = 0;
    if (!copy_if_readable(given, &size, sizeof size)) {
      return refusal("an unreadable pointer from " SOCLE_ENTRY_NAME "()", "a constant descriptor",
                     "return the address of a constant socle_plugin");
    }
    if (size < smallest_descriptor) {
      return refusal("struct_size " + std::to_string(size),
                     "at least " + std::to_string(smallest_descriptor) + " (ABI 1.0)",
                     "set struct_size to sizeof(socle_plugin)");
    }
    if (!copy_if_readable(given, &descriptor, std::min<std::size_t>(size, sizeof descriptor))) {
      return refusal("a descriptor that ends in unreadable memory", std::to_string(size) + " bytes, its struct_size",
                     "set struct_size to sizeof(socle_plugin)");
    }
    if (auto good = check_version(descriptor, verified, policy); !good) return good;
    if (auto good = check_entries(descriptor, verified); !good) return good;
    auto read = read_methods(descriptor);
    if (!read) return read.error();
    methods = std::move(*read);
    return {};
  }

  Fate close() {
    library.unload();
    map = nullptr;
    const auto count = count_mappings(file);
    if (!count) return {false, count.error().message};
    if (*count == 0) {
      std::error_code ignored;  // a copy that stays behind is deleted at the next start
      std::filesystem::remove(copy.path, ignored);
      return {true, {}};
    }
    if (sanitizer_build()) return {false, "sanitizer build: libraries stay mapped for its reports"};
    std::string reason;
    for (const std::string& pin : pins) reason += (reason.empty() ? "" : ", ") + pin;
    if (reason.empty()) reason = "cause unknown: another library or a thread-local object holds it";
    return {false, "still " + std::to_string(*count) + " mappings of " + copy.path.filename().string() + ": " + reason};
  }
};

Library::Library(std::unique_ptr<State> state) : state_(std::move(state)) {}
Library::Library(Library&&) noexcept = default;
Library::~Library() {
  if (state_) close();
}
Library& Library::operator=(Library&& other) noexcept {
  if (this != &other) {
    if (state_) close();
    state_ = std::move(other.state_);
  }
  return *this;
}

Result<Library> Library::load(const Copy& copy, const Verified& verified, const Policy& policy) {
  auto state = std::make_unique<State>();
  state->copy = copy;
  state->pins = verified.pins;
  auto file = identify(copy.path);
  if (!file) return std::move(file).error().context("load plugin '" + verified.plugin + "'");
  state->file = std::move(*file);
  const auto start = std::chrono::steady_clock::now();
  // Code that may run on threads of its own must stay; other pins do not hold always, so closing is tried.
  Status done = open_library(state->library, copy.path, verified.own_threads);
  if (done) {
    link_map* map = nullptr;
    if (::dlinfo(state->library.native(), RTLD_DI_LINKMAP, &map) == 0) state->map = map;
    done = state->read_descriptor(verified, policy);
  }
  state->load_time = std::chrono::steady_clock::now() - start;
  if (done) return Library(std::move(state));
  Error error = std::move(done).error().context("load plugin '" + verified.plugin + "'");
  if (const Fate fate = state->close(); !fate.unmapped) error.message += "; " + fate.reason;
  return error;
}

const socle_plugin& Library::descriptor() const { return state_->descriptor; }
const std::vector<socle_method>& Library::methods() const { return state_->methods; }
AbiVersion Library::abi() const { return {state_->descriptor.abi_major, state_->descriptor.abi_minor}; }
const Copy& Library::copy() const { return state_->copy; }
std::chrono::nanoseconds Library::load_time() const { return state_->load_time; }

bool Library::contains(const void* address) const {
  Dl_info info{};
  void* map = nullptr;
  return state_->map != nullptr && ::dladdr1(address, &info, &map, RTLD_DL_LINKMAP) != 0 && map == state_->map;
}

Fate Library::close() { return state_->close(); }

}  // namespace socle::loader
