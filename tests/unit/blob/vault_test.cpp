// vault_test.cpp: files on the disk.
#include <catch2/catch.hpp>
#include <filesystem>

#include "disk/vault.hpp"
#include "support/temp_dir.hpp"

using namespace socle::blob;

namespace {

const std::string id(32, 'a');

}  // namespace

TEST_CASE("blob vault: a file is there under its id once it is finished, and for its tenant only", "[blob]") {
  const socle::testing::TempDir dir;
  const Vault vault(dir.path());
  {
    auto part = vault.open_part("acme", id);
    REQUIRE(part);
    REQUIRE(vault.append(*part, 0, "hello, "));
    REQUIRE(vault.append(*part, 7, "world"));
    CHECK_FALSE(vault.read("acme", id, 0, 1));
    const auto sealed = vault.seal(*part, 12);
    REQUIRE(sealed);
    CHECK(sealed->sha256 == "09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b");
    CHECK(sealed->head == "hello, world");
    REQUIRE(vault.finish("acme", id));
  }
  CHECK(vault.read("acme", id, 7, 5).value() == "world");
  CHECK(vault.read("acme", id, 7, 6).error().code == socle::Code::data_loss);
  CHECK(vault.read("other", id, 0, 1).error().code == socle::Code::not_found);
  CHECK(vault.tenants().value() == std::vector<std::string>{"acme"});
  CHECK(vault.list("acme").value().size() == 1);
  REQUIRE(vault.remove("acme", id));
  REQUIRE(vault.remove("acme", id));
  CHECK(vault.list("acme").value().empty());
}

TEST_CASE("blob vault: a part that was cut off is written over, and one writer holds it", "[blob]") {
  const socle::testing::TempDir dir;
  const Vault vault(dir.path());
  auto part = vault.open_part("acme", id);
  REQUIRE(part);
  CHECK(vault.open_part("acme", id).error().code == socle::Code::conflict);
  REQUIRE(vault.append(*part, 0, "keep and lose"));
  REQUIRE(vault.append(*part, 5, "this"));
  CHECK(vault.seal(*part, 9)->head == "keep this");
  REQUIRE(vault.finish("acme", id));
  *part = Part();
  // Finished on disk, but nobody wrote it down: the next part takes it up again.
  auto again = vault.open_part("acme", id);
  REQUIRE(again);
  CHECK(vault.seal(*again, 9)->head == "keep this");
  CHECK_FALSE(vault.read("acme", id, 0, 1));
}

TEST_CASE("blob vault: no tenant's name leads out of its folder", "[blob]") {
  for (const std::string tenant : {"../x", "a/b", ".", "..", "~peer", "Ünïcode", "%2e", "plain-1_2"}) {
    const auto folder = Vault::folder_of(tenant);
    CHECK(folder.find_first_of("./") == std::string::npos);
    CHECK(Vault::tenant_of(folder) == tenant);
  }
  const socle::testing::TempDir dir;
  const Vault vault(dir.path());
  REQUIRE(vault.open_part("../x", id));
  REQUIRE(vault.forget("../x"));
  CHECK(vault.tenants().value().empty());
}

TEST_CASE("blob vault: ids are what nobody guesses", "[blob]") {
  CHECK(is_file_id(random_id()));
  CHECK(random_id() != random_id());
  for (const std::string bad : {"", "a", "../../../../../../../../etc/pas", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    CHECK_FALSE(is_file_id(bad));
}
