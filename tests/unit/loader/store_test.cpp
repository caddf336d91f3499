#include "loader/store.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "unit/base/signer.hpp"
#include "unit/loader/fixtures.hpp"

using namespace socle::loader;
using namespace socle::testing;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("store: kept content is found again by its hash and verified anew", "[store]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified("good_a", "swap");
  REQUIRE(store->put(good));
  REQUIRE(store->put(good));
  const auto again = store->get(good.sha256, expect("swap"), {});
  REQUIRE(again);
  CHECK(again->bytes == good.bytes);
  CHECK(store->get(good.sha256, expect("swap"), {{}, {}, {9, 0}}).error().message.find("[abi_major]") !=
        std::string::npos);
}

TEST_CASE("store: a signature is kept with the content", "[store]") {
  const TempFolder folder;
  const Signer signer;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const std::string bytes = bytes_of("good_a");
  const Policy policy{{signer.public_hex()}, {}, {}};
  const Report report = inspect(bytes, signer.sign(bytes), expect("swap"), policy);
  REQUIRE(report.verified);
  REQUIRE(store->put(*report.verified));
  CHECK(store->get(report.verified->sha256, expect("swap"), policy)->signed_by == report.verified->signed_by);
  CHECK_FALSE(store->get(report.verified->sha256, expect("swap"), {{Signer().public_hex()}, {}, {}}));
}

TEST_CASE("store: damaged content is refused and replaced by the next put", "[store]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified("good_a", "swap");
  REQUIRE(store->put(good));
  std::string damaged = good.bytes;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  REQUIRE(socle::base::write_file_atomic(folder.path() / "store" / (good.sha256 + ".so"), damaged));
  const auto refused = store->get(good.sha256, expect("swap"), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == socle::Code::data_loss);
  CHECK_THAT(refused.error().message,
             Catch::StartsWith("stored library " + good.sha256 + " is damaged: its bytes have SHA-256 ") &&
                 Catch::EndsWith("; load the plugin again from its folder"));
  REQUIRE(store->put(good));
  CHECK(store->get(good.sha256, expect("swap"), {}));
}

TEST_CASE("store: content never stored and names that are no hash are told apart", "[store]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  CHECK(store->get(std::string(64, 'a'), expect("x"), {}).error().code == socle::Code::not_found);
  CHECK(store->get("../../etc/passwd", expect("x"), {}).error().message ==
        "'../../etc/passwd' is no SHA-256; wanted 64 lower-case hex digits");
}

TEST_CASE("store: each copy is a file of its own with a name never used before", "[store]") {
  const TempFolder folder;
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  const Verified good = verified("good_a", "swap");
  const auto first = store->copy(good);
  const auto second = store->copy(good);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->path != second->path);
  CHECK(fs::hard_link_count(first->path) == 1);
  CHECK(first->path.filename() == std::to_string(first->sequence) + "-" + good.sha256.substr(0, 12) + ".so");
  CHECK(*socle::base::read_file(second->path, max_library_size) == good.bytes);
  struct stat facts {};
  REQUIRE(::stat(first->path.parent_path().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0700);
}

TEST_CASE("store: leftovers of a crash are cleaned at the next start, stored content stays", "[store]") {
  const TempFolder folder;
  const Verified good = verified("good_a", "swap");
  {
    const auto store = Store::open(folder.path());
    REQUIRE(store);
    REQUIRE(store->put(good));
    REQUIRE(store->copy(good));
    REQUIRE(store->copy(good));
    REQUIRE(socle::base::create_file(folder.path() / "store" / "half.so.tmp-1-0", "half", 0600));
  }
  CHECK(files_in(folder.path() / "gen") == 2);
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  CHECK(files_in(folder.path() / "gen") == 0);
  CHECK(files_in(folder.path() / "store") == 1);
  CHECK(store->get(good.sha256, expect("swap"), {}));
}

TEST_CASE("store: a data folder that cannot be made is named", "[store]") {
  const TempFolder folder;
  REQUIRE(socle::base::create_file(folder.path() / "file", "", 0600));
  const auto store = Store::open(folder.path() / "file");
  REQUIRE_FALSE(store);
  CHECK(store.error().message ==
        "make the folder '" + (folder.path() / "file" / "store").string() + "': Not a directory");
}
