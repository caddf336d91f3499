// Judges Socle::json by public suites: conformance_json SUITE DIR, where DIR holds the suites' folders. Prints each
// failed and skipped case and, last, "SUITE: passed P failed F skipped S". Exit 0 if F = 0 and P > 0, 77 if the suite's
// folder is not there (ctest reports a skip), 2 on wrong use, else 1.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "socle/json.hpp"

namespace {

namespace fs = std::filesystem;
using namespace socle;

struct Score {
  int passed = 0;
  int failed = 0;
  int skipped = 0;

  void judge(bool good, const std::string& name, const std::string& why) {
    ++(good ? passed : failed);
    if (!good) std::printf("FAILED %s: %s\n", name.c_str(), why.c_str());
  }
  void skip(const std::string& name, const std::string& why) {
    ++skipped;
    std::printf("SKIPPED %s: %s\n", name.c_str(), why.c_str());
  }
};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".json") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// y_ is accepted, n_ refused, i_ either; what is accepted must also verify and read back equal from its own text.
void judge_parsing(const fs::path& file, Score& score) {
  const std::string name = file.filename().string();
  auto document = json::Document::parse(read(file));
  if (document) {
    const auto verified = json::verify(document->bytes());
    if (!verified) return score.judge(false, name, verified.error().message);
    const auto again = json::Document::parse(json::to_text(document->root()));
    if (!again || !json::equal(again->root(), document->root()))
      return score.judge(false, name, "changes when printed");
  }
  if (name.starts_with("i_")) return score.judge(true, name, "");
  if (name.starts_with("y_")) return score.judge(document.has_value(), name, document ? "" : document.error().message);
  if (name.starts_with("n_")) return score.judge(!document, name, "must be refused, but was accepted");
}

std::string label(const fs::path& file, std::size_t number, json::View test) {
  const auto comment = test.find(test.find("name") ? "name" : "comment").as_string();
  return file.filename().string() + " #" + std::to_string(number) + " " + std::string(comment);
}

void judge_outcome(const Result<json::Document>& result, json::View test, const std::string& name, Score& score) {
  const json::View expected = test.find("expected");
  if (!result) return score.judge(!!test.find("error"), name, result.error().message);
  if (test.find("error")) return score.judge(false, name, "must fail, but gives " + json::to_text(result->root()));
  if (const auto verified = json::verify(result->bytes()); !verified)
    return score.judge(false, name, verified.error().message);
  score.judge(!expected || json::equal(result->root(), expected), name,
              "gives " + json::to_text(result->root()) + ", expected " + json::to_text(expected));
}

template <class Apply>
void judge_patches(const fs::path& file, Apply apply, Score& score) {
  const auto tests = json::Document::parse(read(file));
  if (!tests) return score.judge(false, file.filename().string(), tests.error().message);
  std::size_t number = 0;
  for (json::View test : tests->root().elements()) {
    const std::string name = label(file, number++, test);
    if (!test.find("doc")) continue;  // a heading
    if (test.find("disabled").as_bool()) {
      score.skip(name, "disabled by the suite");
      continue;
    }
    const std::string before = json::to_text(test.find("doc"));
    const auto result = apply(test.find("doc"), test.find("patch"));
    if (json::to_text(test.find("doc")) != before)
      score.judge(false, name, "the document itself was changed");
    else
      judge_outcome(result, test, name, score);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string suite = argc == 3 ? argv[1] : "";
  if (suite != "jsontestsuite" && suite != "jsonpatch" && suite != "mergepatch") {
    std::fprintf(stderr, "usage: conformance_json jsontestsuite|jsonpatch|mergepatch DIR\n");
    return 2;
  }
  const fs::path folder = fs::path(argv[2]) / suite;
  if (!fs::is_directory(folder)) {
    std::printf("skipped: no folder %s\n", folder.string().c_str());
    return 77;
  }
  Score score;
  for (const auto& file : files(folder)) {
    if (suite == "jsontestsuite")
      judge_parsing(file, score);
    else if (suite == "jsonpatch")
      judge_patches(
          file, [](json::View d, json::View p) { return json::apply_patch(d, p); }, score);
    else
      judge_patches(
          file, [](json::View d, json::View p) { return json::merge_patch(d, p); }, score);
  }
  std::printf("%s: passed %d failed %d skipped %d\n", suite.c_str(), score.passed, score.failed, score.skipped);
  return score.failed == 0 && score.passed > 0 ? 0 : 1;
}
