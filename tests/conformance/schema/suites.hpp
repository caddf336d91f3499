// suites.hpp: what each suite's judge does with its folder, and the tally they share. Used by conformance_schema only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "socle/json/document.hpp"

namespace suites {

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;

  void judge(bool good, const std::string& name);  // prints what failed
  void fail(const std::string& name, const std::string& why);
  void skip(const std::string& name, const std::string& why);
};

std::string read_file(const std::filesystem::path& path);
// Every regular *.json below the folder, sorted.
std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder);

void run_jsonschema(const std::filesystem::path& folder, Tally& tally);
void run_schema_bench(const std::filesystem::path& folder, Tally& tally);
void run_schema_compat(const std::filesystem::path& folder, Tally& tally);

}  // namespace suites
