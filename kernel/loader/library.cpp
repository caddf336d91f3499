// loader/library.cpp: see library.hpp. The only file that knows Boost.DLL.
#define BOOST_DLL_USE_STD_FS
#include "loader/library.hpp"

#include <dlfcn.h>
#include <link.h>

#include <boost/dll/shared_library.hpp>
#include <system_error>
#include <utility>

#include "loader/descriptor.hpp"
#include "loader/mapped.hpp"

namespace socle::loader {
namespace {

namespace dll = boost::dll;

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

}  // namespace

struct Library::State {
  dll::shared_library library;
  Copy copy;
  FileIdentity file;
  std::vector<std::string> pins;
  Descriptor descriptor;
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
    if (auto wrong = loader::read_descriptor(copy_if_readable, given, verified, policy, descriptor))
      return Error{Code::invalid, to_string(*wrong)};
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

const socle_plugin& Library::descriptor() const { return state_->descriptor.plugin; }
const std::vector<socle_method>& Library::methods() const { return state_->descriptor.methods; }
AbiVersion Library::abi() const { return {state_->descriptor.plugin.abi_major, state_->descriptor.plugin.abi_minor}; }
const Copy& Library::copy() const { return state_->copy; }
std::chrono::nanoseconds Library::load_time() const { return state_->load_time; }

bool Library::contains(const void* address) const {
  Dl_info info{};
  void* map = nullptr;
  return state_->map != nullptr && ::dladdr1(address, &info, &map, RTLD_DL_LINKMAP) != 0 && map == state_->map;
}

Fate Library::close() { return state_->close(); }

}  // namespace socle::loader
