// What the control socket says of tenants that are not there.
#include "control/tenant_commands.hpp"

#include <catch2/catch.hpp>

#include "unit/base/temp_folder.hpp"

namespace socle::control {

TEST_CASE("control: tenants that are not there are all named, each with the nearest that is", "[control]") {
  const testing::TempFolder folder;
  const auto system = manifest::parse_system_manifest(
      "socle: 1\ndata: data\nworkers: 1\nplugins: []\ntenants: {acme: {}, globex: {}}\n",
      folder.path() / "system.yaml");
  REQUIRE(system);
  telemetry::Metrics metrics;
  const auto life = lifecycle::Lifecycle::open(*system, metrics);
  REQUIRE(life);
  const auto registry = tenants::Registry::open(folder.path() / "tenants", *system);
  REQUIRE(registry);
  tenants::Housekeeper housekeeper(**registry, {});
  const TenantCommands commands(**life, **registry, housekeeper);

  CHECK(commands.all_known({"acme", "globex"}));
  CHECK(commands.unknown("acme").empty());
  CHECK(commands.unknown("acmee") == "no tenant 'acmee'; did you mean 'acme'?");
  const std::string advice = "`socle tenant list` names those there are, `socle tenant create ID` makes one";
  const Status one = commands.known("glbex");
  REQUIRE_FALSE(one);
  CHECK(one.error().code == Code::not_found);
  CHECK(one.error().message == "no tenant 'glbex'; did you mean 'globex'? " + advice);
  const Status several = commands.all_known({"acmee", "acme", "somebody-else"});
  REQUIRE_FALSE(several);
  CHECK(several.error().message == "no tenant 'acmee'; did you mean 'acme'?\nno tenant 'somebody-else'; " + advice);
}

}  // namespace socle::control
