// unit/loader/fixtures.hpp: the broken plugins of tests/plugins as the loader sees them.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "loader/library.hpp"
#include "loader/store.hpp"
#include "loader/verify.hpp"
#include "unit/base/temp_folder.hpp"

namespace socle::testing {

inline std::filesystem::path library_of(const std::string& fixture) {
  return std::filesystem::path(SOCLE_BROKEN_PLUGINS) / fixture / ("lib" + fixture + ".so");
}

inline std::string bytes_of(const std::string& fixture) {
  auto bytes = base::read_file(library_of(fixture), loader::max_library_size);
  REQUIRE(bytes);
  return *bytes;
}

inline loader::Expected expect(const std::string& plugin, loader::AbiVersion abi = {1, 0}) {
  return {plugin, abi, {}, {}};
}

// "[code] found ...; wanted ...; do: ..." of every finding.
inline std::vector<std::string> findings_of(const loader::Report& report) {
  std::vector<std::string> texts;
  for (const auto& finding : report.findings) texts.push_back(to_string(finding));
  return texts;
}

inline std::vector<std::string> refusal_of(const std::string& fixture, loader::AbiVersion abi = {1, 0},
                                           const loader::Policy& policy = {}) {
  return findings_of(loader::inspect_file(library_of(fixture), expect(fixture, abi), policy));
}

inline loader::Verified verified(const std::string& fixture, const std::string& plugin, loader::AbiVersion abi = {1, 0},
                                 const loader::Policy& policy = {}) {
  auto result = loader::verify(library_of(fixture), expect(plugin, abi), policy);
  INFO((result ? std::string() : result.error().message));
  REQUIRE(result);
  return std::move(*result);
}

}  // namespace socle::testing
