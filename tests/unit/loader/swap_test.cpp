// Many generations in one process: what is unmapped is really gone, and no generation ever sees another's code.
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <thread>

#include "loader/mapped.hpp"
#include "unit/loader/fixtures.hpp"

using namespace socle::loader;
using namespace socle::testing;

namespace {

// Just enough host for a fixture to answer.
socle_payload* keep_text(const socle_host*, socle_str text, std::uint32_t, const socle_pair*, std::size_t) {
  static socle_payload payload;
  static std::string bytes;
  bytes.assign(text.data, text.size);
  payload.text = {bytes.data(), bytes.size()};
  return &payload;
}

std::string answer_of(const Library& library) {
  socle_host host{};
  host.struct_size = sizeof host;
  host.payload_new = keep_text;
  const socle_plugin& plugin = library.descriptor();
  void* instance = nullptr;
  socle_reply reply{sizeof reply, SOCLE_INTERNAL, nullptr};
  socle_call call{};
  call.struct_size = sizeof call;
  if (plugin.create(&host, nullptr, &instance, &reply) != SOCLE_OK) return "create failed";
  if (plugin.handle(instance, &call, &reply) != SOCLE_OK) return "handle failed";
  plugin.destroy(instance);
  return {reply.payload->text.data, reply.payload->text.size};
}

}  // namespace

TEST_CASE("swap: 120 generations alternating A and B answer their own and are unmapped", "[swap]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified both[] = {verified("good_a", "swap"), verified("good_b", "swap")};
  std::vector<Library> live;
  int unmapped = 0;
  for (int generation = 0; generation < 120; ++generation) {
    const Verified& next = both[generation % 2];
    auto library = Library::load(*store->copy(next), next, {});
    REQUIRE(library);
    REQUIRE(answer_of(*library) == (generation % 2 == 0 ? "A" : "B"));
    live.push_back(std::move(*library));
    if (live.size() < 3) continue;  // beside each other, as while draining; the oldest has the newest's content
    const Fate fate = live.front().close();
    unmapped += fate.unmapped ? 1 : 0;
    if (sanitizer_build()) CHECK(fate.reason == "sanitizer build: libraries stay mapped for its reports");
    live.erase(live.begin());
  }
  live.clear();
  CHECK(unmapped == (sanitizer_build() ? 0 : 118));
  const auto left =
      std::distance(std::filesystem::directory_iterator(folder.path() / "gen"), std::filesystem::directory_iterator());
  CHECK(left == (sanitizer_build() ? 120 : 0));
}

TEST_CASE("swap: the same content twice has two sets of statics", "[swap]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified("good_a", "swap");
  const auto first = Library::load(*store->copy(good), good, {});
  const auto second = Library::load(*store->copy(good), good, {});
  REQUIRE(first);
  REQUIRE(second);
  void* one = nullptr;
  void* two = nullptr;
  CHECK(first->descriptor().create(nullptr, nullptr, &one, nullptr) == SOCLE_OK);
  CHECK(second->descriptor().create(nullptr, nullptr, &two, nullptr) == SOCLE_OK);
  CHECK(one != two);
  CHECK(first->contains(one));
  CHECK(second->contains(two));
}

TEST_CASE("swap: a file replaced under its path gives new code through the store, old code without it", "[swap]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path() / "data");
  REQUIRE(store);
  const auto path = folder.path() / "libswap.so";
  const auto load = [&] {
    const auto good = verify(path, expect("swap"), {});
    REQUIRE(good);
    auto library = Library::load(*store->copy(*good), *good, {});
    REQUIRE(library);
    return std::move(*library);
  };
  REQUIRE(socle::base::write_file_atomic(path, bytes_of("good_a")));
  void* naive = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  REQUIRE(naive != nullptr);
  const Library first = load();
  REQUIRE(socle::base::write_file_atomic(path, bytes_of("good_b")));
  const Library second = load();
  CHECK(answer_of(first) == "A");
  CHECK(answer_of(second) == "B");
  void* again = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  CHECK(again == naive);  // the trap that the store closes
  ::dlclose(again);
  ::dlclose(naive);
}

TEST_CASE("swap: a file replaced between check and load changes nothing", "[swap]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path() / "data");
  REQUIRE(store);
  const auto path = folder.path() / "libswap.so";
  REQUIRE(socle::base::write_file_atomic(path, bytes_of("good_a")));
  const auto good = verify(path, expect("swap"), {});
  REQUIRE(good);
  REQUIRE(socle::base::write_file_atomic(path, bytes_of("own_pthread")));
  const auto library = Library::load(*store->copy(*good), *good, {});
  REQUIRE(library);
  CHECK(answer_of(*library) == "A");
}

TEST_CASE("swap: a library pinned by a unique symbol is reported as still mapped, with the symbol", "[swap]") {
  if (sanitizer_build()) SUCCEED("everything stays mapped under a sanitizer");
  if (sanitizer_build()) return;
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  // What the lint refuses, loaded all the same.
  const Verified pinned = [] {
    Verified made = verified("good_a", "swap");
    made.plugin = "unique_symbol";
    made.bytes = bytes_of("unique_symbol");
    made.pins = {"GNU_UNIQUE symbol '_ZZ7countervE5value'"};
    return made;
  }();
  auto library = Library::load(*store->copy(pinned), pinned, {});
  REQUIRE(library);
  const auto path = library->copy().path;
  const Fate fate = library->close();
  CHECK_FALSE(fate.unmapped);
  CHECK_THAT(fate.reason, Catch::StartsWith("still ") && Catch::EndsWith(" mappings of " + path.filename().string() +
                                                                         ": GNU_UNIQUE symbol '_ZZ7countervE5value'"));
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("swap: load, call and close may happen on different threads", "[swap]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified("good_b", "swap");
  std::unique_ptr<Library> library;
  std::thread([&] {
    auto loaded = Library::load(*store->copy(good), good, {});
    if (loaded) library = std::make_unique<Library>(std::move(*loaded));
  }).join();
  REQUIRE(library);
  CHECK(answer_of(*library) == "B");
  Fate fate;
  std::thread([&] { fate = library->close(); }).join();
  CHECK(fate.unmapped == !sanitizer_build());
}

TEST_CASE("swap: closing again looks again", "[swap]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified("good_a", "swap");
  auto library = Library::load(*store->copy(good), good, {});
  REQUIRE(library);
  void* extra = ::dlopen(library->copy().path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(extra != nullptr);
  CHECK_FALSE(library->close().unmapped);
  if (!sanitizer_build())
    CHECK_THAT(library->close().reason,
               Catch::EndsWith("cause unknown: another library or a thread-local object holds it"));
  ::dlclose(extra);
  CHECK(library->close().unmapped == !sanitizer_build());
}
