// suite.hpp: what every conformance runner does alike: find its suite's folder, read its files, count, name what failed
// or was skipped, and end with one line. The data of the suites is not part of this repository.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/document.hpp"

namespace conformance {

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;

  void judge(bool good, const std::string& name, const std::string& why = "wrong verdict");
  // "": passed.
  void judge(const std::string& name, const std::string& why) { judge(why.empty(), name, why); }
  void fail(const std::string& name, const std::string& why);
  void skip(const std::string& name, const std::string& why);
  [[nodiscard]] std::size_t cases() const { return passed + failed + skipped; }
};

std::string read_file(const std::filesystem::path& path);
// Every regular *.json below the folder, sorted.
std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder);
[[nodiscard]] std::string text_of(socle::json::View view);

// Gives `judge` each JSON file below the folder with its path from there. One that is not JSON fails, one without any
// case is skipped.
using JudgeDocument = std::function<void(const std::string& name, socle::json::View content)>;
void each_document(const std::filesystem::path& folder, Tally& tally, const JudgeDocument& judge);

// The main of a runner: PROGRAM SUITE DIR, where DIR holds the folders of suites. `suites`: those this program knows.
// Exit code 0: nothing failed and something passed; 2: wrong use; 77: DIR has no such folder (ctest's skip); else 1.
struct Suite {
  std::string_view name;
  std::function<void(const std::filesystem::path& folder, Tally& tally)> judge;
};
int run(int count, char** arguments, const std::vector<Suite>& suites);

}  // namespace conformance
