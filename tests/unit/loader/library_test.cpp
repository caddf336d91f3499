#include "loader/library.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "unit/loader/fixtures.hpp"

using namespace socle::loader;
using namespace socle::testing;

namespace {

// What the plugin in a fixture that the descriptor refuses calls itself: manifests take no '_'.
std::string plugin_of(std::string fixture) {
  std::replace(fixture.begin(), fixture.end(), '_', '-');
  return fixture;
}

// The text with which load() refuses a fixture that verify() accepts; "" when it loads.
std::string load_refusal(const std::string& fixture, AbiVersion abi = {1, 0}, const Policy& policy = {}) {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified(fixture, plugin_of(fixture), abi, policy);
  const auto copy = store->copy(good);
  REQUIRE(copy);
  const auto library = Library::load(*copy, good, policy);
  CHECK(std::filesystem::exists(copy->path) == (library.has_value() || sanitizer_build()));
  if (library) return "";
  std::string text = library.error().message;
  const std::string tail = "; sanitizer build: libraries stay mapped for its reports";
  if (sanitizer_build() && text.ends_with(tail)) text.resize(text.size() - tail.size());
  return text;
}

std::string refused(const std::string& fixture, const std::string& why) {
  return "load plugin '" + plugin_of(fixture) + "': [descriptor] found " + why;
}

}  // namespace

TEST_CASE("library: a correct plugin gives its descriptor and methods", "[library]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified("good_a", "swap");
  const auto library = Library::load(*store->copy(good), good, {});
  REQUIRE(library);
  CHECK(library->abi() == AbiVersion{1, 0});
  REQUIRE(library->methods().size() == 1);
  CHECK(std::string(library->methods()[0].service.data, library->methods()[0].service.size) == "swap/1");
  CHECK(library->load_time().count() > 0);
  void* instance = nullptr;
  CHECK(library->descriptor().create(nullptr, nullptr, &instance, nullptr) == SOCLE_OK);
  CHECK(instance != nullptr);
}

TEST_CASE("library: an entry without a usable descriptor is refused", "[library]") {
  CHECK(load_refusal("null_descriptor") == refused("null_descriptor",
                                                   "NULL from socle_plugin_entry(); wanted a constant descriptor; do: "
                                                   "return the address of a constant socle_plugin"));
  CHECK(load_refusal("garbage_descriptor") ==
        refused("garbage_descriptor",
                "an unreadable pointer from socle_plugin_entry(); wanted a constant descriptor; do: return the address "
                "of a constant socle_plugin"));
  CHECK(load_refusal("entry_throws") == refused("entry_throws",
                                                "socle_plugin_entry() threw an exception; wanted a constant "
                                                "descriptor; do: return a constant and nothing else"));
}

TEST_CASE("library: a short struct_size is refused, a longer one is read as far as it is known", "[library]") {
  CHECK(load_refusal("short_struct_size") ==
        refused("short_struct_size",
                "struct_size 24; wanted at least 72 (ABI 1.0); do: set struct_size to sizeof(socle_plugin)"));
  CHECK(load_refusal("long_struct_size").empty());
}

TEST_CASE("library: another name than the manifest's is refused with both", "[library]") {
  CHECK(load_refusal("other_name") == refused("other_name",
                                              "the name 'somebody_else'; wanted 'other-name', as its manifest says; "
                                              "do: make the descriptor's name and `plugin:` equal"));
}

TEST_CASE("library: a descriptor of another ABI than the kernel or the note is refused", "[library]") {
  CHECK(load_refusal("descriptor_major") == refused("descriptor_major",
                                                    "ABI 2.0 in the descriptor; wanted 1.1 or an earlier minor; do: "
                                                    "rebuild the plugin against this kernel's SDK"));
  CHECK(load_refusal("note_differs", {1, 1}, {{}, {}, {1, 1}}) ==
        refused("note_differs",
                "ABI 1.0 in the descriptor and 1.1 in the ELF note; wanted the same in both; do: build all sources of "
                "the plugin against one SDK"));
}

TEST_CASE("library: a descriptor without create, destroy or handle is refused", "[library]") {
  for (const std::string entry : {"create", "destroy", "handle"}) {
    CHECK(load_refusal("null_" + entry) ==
          refused("null_" + entry,
                  "no " + entry + "() (NULL); wanted a function; do: fill " + entry + " in the descriptor"));
  }
}

TEST_CASE("library: a method table that is garbage is refused", "[library]") {
  CHECK(load_refusal("garbage_methods") == refused("garbage_methods",
                                                   "a method table that cannot be read; wanted 1 methods; do: point "
                                                   "methods at a constant array of method_count entries"));
  CHECK(load_refusal("unnamed_method") ==
        refused("unnamed_method",
                "method 0 with service 'unnamed-method/1' and name ''; wanted readable texts of at most 256 bytes, the "
                "name not empty; do: fill the method table"));
}

TEST_CASE("library: what the dynamic linker refuses comes with its reason", "[library]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  Verified good = verified("good_a", "swap");
  good.bytes.resize(30);  // as if the disk had cut the copy
  const auto copy = store->copy(good);
  REQUIRE(copy);
  const auto library = Library::load(*copy, good, {});
  REQUIRE_FALSE(library);
  CHECK(library.error().message == "load plugin 'swap': load the library: " + copy->path.string() + ": file too short");
}

TEST_CASE("library: a throwing static constructor ends the process at once instead of leaving the linker locked",
          "[library]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified("throws_in_constructor", "throws_in_constructor");
  const auto copy = store->copy(good);
  REQUIRE(copy);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);  // Catch reports signals, and this is the child
    ::close(STDERR_FILENO);
    const auto library = Library::load(*copy, good, {});
    ::_exit(library ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}
