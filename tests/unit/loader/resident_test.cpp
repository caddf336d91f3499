#include "loader/resident.hpp"

#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "unit/loader/fixtures.hpp"

using namespace socle::loader;
using namespace socle::testing;

TEST_CASE("resident: a function is found by its name in resident libraries only", "[resident]") {
  const auto resident = Resident::preload({"libssl.so.3", "libcrypto.so.3"});
  REQUIRE(resident);
  void* const free_tls = resident->symbol("SSL_free");
  CHECK(resident->owner_of(free_tls) == "libssl.so.3");
  CHECK(resident->symbol("no_library_has_this") == nullptr);
}

TEST_CASE("resident: an address is known by the library that holds it", "[resident]") {
  const auto resident = Resident::preload({"libcrypto.so.3"});
  REQUIRE(resident);
  void* crypto = ::dlopen("libcrypto.so.3", RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(crypto != nullptr);
  CHECK(resident->owner_of(::dlsym(crypto, "EVP_PKEY_free")) == "libcrypto.so.3");
  CHECK(resident->owner_of(::dlsym(crypto, "free")) == "libc.so.6");
  ::dlclose(crypto);
  static const int in_this_program = 1;
  int on_the_stack = 1;
  CHECK_FALSE(resident->contains(&in_this_program));
  CHECK_FALSE(resident->contains(&on_the_stack));
  CHECK_FALSE(resident->contains(nullptr));
}

TEST_CASE("resident: a library that is not installed is named with what to do", "[resident]") {
  const auto resident = Resident::preload({"libsocle-none.so.9"});
  REQUIRE_FALSE(resident);
  CHECK(resident.error().message ==
        "resident library 'libsocle-none.so.9': libsocle-none.so.9: cannot open shared object file: No such file or "
        "directory; install the "
        "package that holds it, or remove it from `resident:`");
}

TEST_CASE("resident: a path is refused", "[resident]") {
  CHECK(Resident::preload({"/tmp/libx.so"}).error().message ==
        "resident library '/tmp/libx.so': wanted a soname such as 'libssl.so.3', not a path");
}

TEST_CASE("resident: a plugin that needs a resident library loads and unloads beside it", "[resident]") {
  const TempFolder folder;
  const auto resident = Resident::preload({"libcrypto.so.3"});
  const auto store = Store::open(folder.path());
  REQUIRE(resident);
  REQUIRE(store);
  const Policy policy{{}, resident->names(), {}};
  const Verified good = verified("needs_resident", "needs_resident", {1, 0}, policy);
  auto library = Library::load(*store->copy(good), good, policy);
  REQUIRE(library);
  CHECK_FALSE(resident->contains(reinterpret_cast<const void*>(library->descriptor().handle)));
  CHECK(library->contains(reinterpret_cast<const void*>(library->descriptor().handle)));
  CHECK(library->close().unmapped == !sanitizer_build());
}
