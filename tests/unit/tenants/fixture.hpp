// fixture.hpp: a registry in a folder of the test's own, over a system file the test writes as text.
#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "base/file.hpp"
#include "manifest/system_manifest.hpp"
#include "telemetry/log.hpp"
#include "tenants/registry.hpp"
#include "unit/base/temp_folder.hpp"

namespace socle::tenants::test {

inline constexpr const char* plans =
    "plans: {free: {weight: 1, rate: 10, storage.bytes: 1MiB}, paid: {weight: 4, rate: 100}}\n";

inline manifest::SystemManifest system_of(const std::string& text) {
  auto parsed = manifest::parse_system_manifest("socle: 1\nplugins: []\n" + text, "system.yaml");
  INFO((parsed ? std::string() : parsed.error().message));
  REQUIRE(parsed);
  return std::move(*parsed);
}

class Home {
 public:
  explicit Home(const std::string& text = plans) : system(system_of(text)) { open(); }
  // As after a restart: what was not acknowledged is gone.
  void open() {
    registry.reset();
    auto opened = Registry::open(folder.path() / "tenants", system);
    INFO((opened ? std::string() : opened.error().message));
    REQUIRE(opened);
    registry = std::move(*opened);
  }
  [[nodiscard]] Error refused() {
    registry.reset();
    auto opened = Registry::open(folder.path() / "tenants", system);
    REQUIRE_FALSE(opened);
    return opened.error();
  }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder.path() / "tenants" / name; }
  [[nodiscard]] std::string read(const std::string& name) const {
    auto text = base::read_file(file(name), 1 << 26);
    REQUIRE(text);
    return std::move(*text);
  }
  void write(const std::string& name, const std::string& text) const {
    REQUIRE(base::write_file_atomic(file(name), text));
  }
  Registry* operator->() const { return registry.get(); }

  testing::TempFolder folder;
  manifest::SystemManifest system;
  std::unique_ptr<Registry> registry;
};

inline Settings settings(const std::string& words) {
  Settings s;
  for (const auto word : words_of(words)) REQUIRE(s.take(word));
  return s;
}

using Entry = bus::TenantDirectory::Entry;

}  // namespace socle::tenants::test
