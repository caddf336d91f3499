// conformance_json SUITE DIR: judges Socle::json by public suites of JSON text, JSON Patch and JSON Merge Patch.
#include <string>

#include "socle/json.hpp"
#include "suite/suite.hpp"

namespace {

namespace fs = std::filesystem;
using namespace socle;
using conformance::Tally;

// y_ is accepted, n_ refused, i_ either; what is accepted must also verify and read back equal from its own text.
void judge_parsing(const fs::path& file, Tally& tally) {
  const std::string name = file.filename().string();
  auto document = json::Document::parse(conformance::read_file(file));
  if (document) {
    const auto verified = json::verify(document->bytes());
    if (!verified) return tally.judge(false, name, verified.error().message);
    const auto again = json::Document::parse(json::to_text(document->root()));
    if (!again || !json::equal(again->root(), document->root()))
      return tally.judge(false, name, "changes when printed");
  }
  if (name.starts_with("i_")) return tally.judge(true, name, "");
  if (name.starts_with("y_")) return tally.judge(document.has_value(), name, document ? "" : document.error().message);
  if (name.starts_with("n_")) return tally.judge(!document, name, "must be refused, but was accepted");
  tally.skip(name, "its name does not begin with y_, n_ or i_, so it says no verdict");
}

std::string label(const std::string& file, std::size_t number, json::View test) {
  const auto comment = test.find(test.find("name") ? "name" : "comment").as_string();
  return file + " #" + std::to_string(number) + " " + std::string(comment);
}

void judge_outcome(const Result<json::Document>& result, json::View test, const std::string& name, Tally& tally) {
  const json::View expected = test.find("expected");
  if (!result) return tally.judge(!!test.find("error"), name, result.error().message);
  if (test.find("error")) return tally.judge(false, name, "must fail, but gives " + json::to_text(result->root()));
  if (const auto verified = json::verify(result->bytes()); !verified)
    return tally.judge(false, name, verified.error().message);
  tally.judge(!expected || json::equal(result->root(), expected), name,
              "gives " + json::to_text(result->root()) + ", expected " + json::to_text(expected));
}

using Apply = Result<json::Document> (*)(json::View document, json::View patch);

void judge_patches(const std::string& file, json::View tests, Apply apply, Tally& tally) {
  std::size_t number = 0;
  for (json::View test : tests.elements()) {
    const std::string name = label(file, number++, test);
    if (!test.find("doc")) continue;  // a heading
    if (test.find("disabled").as_bool()) {
      tally.skip(name, "disabled by the suite");
      continue;
    }
    const std::string before = json::to_text(test.find("doc"));
    const auto result = apply(test.find("doc"), test.find("patch"));
    if (json::to_text(test.find("doc")) != before)
      tally.judge(false, name, "the document itself was changed");
    else
      judge_outcome(result, test, name, tally);
  }
}

void judge_texts(const fs::path& folder, Tally& tally) {
  for (const auto& file : conformance::json_files(folder)) judge_parsing(file, tally);
}

void judge_patch_suite(const fs::path& folder, Tally& tally, Apply apply) {
  conformance::each_document(
      folder, tally, [&](const std::string& name, json::View content) { judge_patches(name, content, apply, tally); });
}

void judge_json_patches(const fs::path& folder, Tally& tally) {
  judge_patch_suite(folder, tally,
                    [](json::View document, json::View patch) { return json::apply_patch(document, patch); });
}

void judge_merge_patches(const fs::path& folder, Tally& tally) {
  judge_patch_suite(folder, tally,
                    [](json::View document, json::View patch) { return json::merge_patch(document, patch); });
}

}  // namespace

int main(int count, char** arguments) {
  return conformance::run(
      count, arguments,
      {{"jsontestsuite", judge_texts}, {"jsonpatch", judge_json_patches}, {"mergepatch", judge_merge_patches}});
}
