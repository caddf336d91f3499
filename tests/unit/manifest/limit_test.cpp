// What the limits of a plan may be, and that messages and the reference page say so.
#include "manifest/limit.hpp"

#include <catch2/catch.hpp>

#include "manifest/reference.hpp"

namespace socle::manifest {

TEST_CASE("limit: the bounds that a message names are those that hold", "[manifest]") {
  CHECK(limit_wanted("weight") == "a number from 0.001 to 1000000");
  CHECK(parse_limit("weight", "0.001") == 0.001);
  CHECK_FALSE(parse_limit("weight", "0.0009"));
  CHECK(parse_limit("weight", "1000000") == 1e6);
  CHECK_FALSE(parse_limit("weight", "1000001"));
  CHECK(limit_wanted("cpu").starts_with("a number of cores from 0.001 up"));
  CHECK(parse_limit("cpu", "0.001") == 0.001);
  CHECK_FALSE(parse_limit("cpu", "0.0009"));
  CHECK(parse_limit("in_flight", "1") == 1);
  CHECK_FALSE(parse_limit("in_flight", "1.5"));
  CHECK_FALSE(parse_limit("in_flight", "0"));
  CHECK(parse_limit("memory", "1MiB") == 1 << 20);
  CHECK_FALSE(parse_limit("memory", "1023KiB"));
}

TEST_CASE("limit: the reference page tells of each limit of the kernel what it may be", "[manifest]") {
  const std::string page = reference_page();
  REQUIRE(kernel_limits().size() == 7);
  for (const KernelLimit& limit : kernel_limits()) {
    INFO(limit.name);
    CHECK(page.find("| `" + std::string(limit.name) + "` | " + limit.wanted + " | " + limit.unit + " | ") !=
          std::string::npos);
  }
}

}  // namespace socle::manifest
