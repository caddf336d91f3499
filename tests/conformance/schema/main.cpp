// conformance_schema SUITE DIR: judges Socle::schema by a public suite (jsonschema, schema-bench, schema-compat) whose
// files are in DIR. Prints each failed or skipped case and one last line "SUITE: passed P failed F skipped S".
// Exit 0 when nothing failed and something passed, 77 when there is no such folder, else 1.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "suites.hpp"

namespace suites {

void Tally::judge(bool good, const std::string& name) {
  if (good) {
    ++passed;
  } else {
    fail(name, "wrong verdict");
  }
}

void Tally::fail(const std::string& name, const std::string& why) {
  ++failed;
  std::cout << "FAILED " << name << ": " << why << '\n';
}

void Tally::skip(const std::string& name, const std::string& why) {
  ++skipped;
  std::cout << "SKIPPED " << name << ": " << why << '\n';
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace suites

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: conformance_schema jsonschema|schema-bench|schema-compat DIR\n";
    return 2;
  }
  const std::string suite = arguments[1];
  const std::filesystem::path folder = arguments[2];
  if (!std::filesystem::is_directory(folder)) {
    std::cout << suite << ": skipped, no folder " << folder << " (the suites are not part of this repository)\n";
    return 77;
  }
  suites::Tally tally;
  if (suite == "jsonschema") {
    suites::run_jsonschema(folder, tally);
  } else if (suite == "schema-bench") {
    suites::run_schema_bench(folder, tally);
  } else if (suite == "schema-compat") {
    suites::run_schema_compat(folder, tally);
  } else {
    std::cerr << "no suite '" << suite << "'\n";
    return 2;
  }
  std::cout << suite << ": passed " << tally.passed << " failed " << tally.failed << " skipped " << tally.skipped
            << '\n';
  return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}
