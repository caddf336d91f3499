#include <catch2/catch.hpp>

#include <unistd.h>

#include "cell/ring/layout.hpp"
#include "cell/ring/memory.hpp"
#include "cell/ring/slab.hpp"

using namespace socle::cell;

namespace {

Memory mapped(std::size_t size) {
  auto made = Memory::create("test", size);
  REQUIRE(made);
  return std::move(*made);
}

}  // namespace

TEST_CASE("slab: runs are leased first fit and never overlap", "[cell]") {
  const Memory memory = mapped(slab_size);
  Slab slab(memory.data());
  CHECK(slab.lease(1) == 0U);
  CHECK(slab.lease(slab_unit * 3) == 1U);
  CHECK(slab.lease(slab_unit + 1) == 4U);
  CHECK(slab.release(1));
  CHECK(slab.lease(slab_unit * 2) == 1U);
  CHECK(slab.lease(slab_unit * 2) == 6U);
  CHECK(slab.lease(slab_unit) == 3U);
}

TEST_CASE("slab: what is larger than it, or than what is free, is refused", "[cell]") {
  const Memory memory = mapped(slab_size);
  Slab slab(memory.data());
  CHECK_FALSE(slab.lease(slab_size + 1));
  CHECK(slab.lease(slab_size - slab_unit));
  CHECK_FALSE(slab.lease(slab_unit * 2));
  CHECK(slab.lease(slab_unit));
}

TEST_CASE("slab: what is not leased cannot be released", "[cell]") {
  const Memory memory = mapped(slab_size);
  Slab slab(memory.data());
  CHECK(slab.lease(slab_unit * 2) == 0U);
  CHECK_FALSE(slab.release(1));
  CHECK(slab.release(0));
  CHECK_FALSE(slab.release(0));
}

TEST_CASE("slab: what lies above the first MiB is given back to the system", "[cell]") {
  const Memory memory = mapped(slab_size);
  Slab slab(memory.data());
  const auto unit = slab.lease(slab_unit * 64);
  slab.at(*unit)[0] = std::byte{7};
  slab.at(*unit)[slab_unit * 63] = std::byte{7};
  CHECK(slab.release(*unit));
  CHECK(slab.at(*unit)[0] == std::byte{7});
  CHECK(slab.at(*unit)[slab_unit * 63] == std::byte{0});
}

TEST_CASE("memory: a descriptor for the peer cannot be mapped writable, and nobody can change the size", "[cell]") {
  const Memory memory = mapped(page);
  auto fd = memory.read_only();
  REQUIRE(fd);
  CHECK(Memory::map(fd->get(), page, false));
  CHECK_FALSE(Memory::map(fd->get(), page, true));
  CHECK(ftruncate(memory.fd(), 0) == -1);
  const auto other = Memory::map(fd->get(), 2 * page, false);
  REQUIRE_FALSE(other);
  CHECK(other.error().message.find("wanted 8192 bytes, sealed in size") != std::string::npos);
}
