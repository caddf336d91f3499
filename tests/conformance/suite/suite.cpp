#include "suite/suite.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

namespace conformance {

namespace fs = std::filesystem;

void Tally::judge(bool good, const std::string& name, const std::string& why) {
  if (!good) return fail(name, why);
  ++passed;
}

void Tally::fail(const std::string& name, const std::string& why) {
  ++failed;
  std::cout << "FAILED " << name << ": " << why << '\n';
}

void Tally::skip(const std::string& name, const std::string& why) {
  ++skipped;
  std::cout << "SKIPPED " << name << ": " << why << '\n';
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string text_of(socle::json::View view) { return std::string(view.as_string()); }

void each_document(const fs::path& folder, Tally& tally, const JudgeDocument& judge) {
  for (const auto& path : json_files(folder)) {
    const auto name = path.lexically_relative(folder).generic_string();
    const auto document = socle::json::Document::parse(read_file(path));
    if (!document) {
      tally.fail(name, document.error().message);
      continue;
    }
    const auto before = tally.cases();
    judge(name, document->root());
    if (tally.cases() == before) tally.skip(name, "it holds no case of this suite");
  }
}

int run(int count, char** arguments, const std::vector<Suite>& suites) {
  const std::string wanted = count == 3 ? arguments[1] : "";
  const auto suite = std::find_if(suites.begin(), suites.end(), [&](const Suite& s) { return s.name == wanted; });
  if (suite == suites.end()) {
    std::cerr << "usage: " << arguments[0] << " SUITE DIR, where DIR holds the suite's folder; found "
              << (count == 3 ? "suite '" + wanted + "'" : std::to_string(count - 1) + " arguments")
              << ", wanted one of:";
    for (const Suite& s : suites) std::cerr << ' ' << s.name;
    std::cerr << '\n';
    return 2;
  }
  const fs::path folder = fs::path(arguments[2]) / wanted;
  if (!fs::is_directory(folder)) {
    std::cout << wanted << ": not judged, there is no folder " << folder.string() << '\n';
    return 77;
  }
  Tally tally;
  suite->judge(folder, tally);
  std::cout << wanted << ": passed " << tally.passed << " failed " << tally.failed << " skipped " << tally.skipped
            << '\n';
  return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}

}  // namespace conformance
