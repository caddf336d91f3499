// jsonschema_suite.cpp: the JSON-Schema-Test-Suite. remotes/X is http://localhost:1234/X; `format` is an assertion for
// optional/format/* and optional/format-assertion.json only. Verdicts of valid() and check() must agree, and each fault
// must carry both locations.
#include "socle/schema/schema.hpp"
#include "suites.hpp"

namespace suites {

namespace schema = socle::schema;
namespace json = socle::json;

namespace {

void add_remotes(schema::Registry& registry, const std::filesystem::path& folder, Tally& tally) {
  if (!std::filesystem::is_directory(folder)) return;
  for (const auto& path : json_files(folder)) {
    const std::string name = std::filesystem::relative(path, folder).generic_string();
    const auto document = json::Document::parse(read_file(path));
    if (!document) {
      tally.fail("remotes/" + name, document.error().message);
    } else if (auto added = registry.add("http://localhost:1234/" + name, document->root()); !added) {
      tally.fail("remotes/" + name, added.error().message);
    }
  }
}

bool agrees(const schema::Schema& compiled, json::View instance, bool valid) {
  const schema::Report report = compiled.check(instance);
  for (const auto& fault : report.faults)
    if (fault.code.empty() || fault.message.empty() || (fault.absolute_location.empty() && !report.limited))
      return false;
  return compiled.valid(instance) == valid && report.valid() == valid &&
         compiled.check(instance, schema::Collect::first).valid() == valid &&
         json::Document::parse(schema::to_output(report, schema::OutputFormat::basic)).has_value() &&
         json::Document::parse(schema::to_output(report, schema::OutputFormat::detailed)).has_value();
}

void run_group(json::View group, const std::string& file, const schema::Options& options, Tally& tally) {
  const std::string name = file + ": " + std::string(group.find("description").as_string());
  const auto compiled = schema::compile(group.find("schema"), options);
  for (const json::View test : group.find("tests").elements()) {
    const std::string full = name + ": " + std::string(test.find("description").as_string());
    if (compiled) {
      tally.judge(agrees(*compiled, test.find("data"), test.find("valid").as_bool()), full);
    } else {
      tally.fail(full, compiled.error().message);
    }
  }
}

}  // namespace

void run_jsonschema(const std::filesystem::path& folder, Tally& tally) {
  schema::Registry registry;
  add_remotes(registry, folder / "remotes", tally);
  conformance::each_document(folder / "tests", tally, [&](const std::string& file, json::View content) {
    schema::Options options;
    options.registry = &registry;
    const bool asserts =
        file.find("/optional/format/") != std::string::npos || file.ends_with("/optional/format-assertion.json");
    options.formats = asserts ? schema::Formats::assert_all : schema::Formats::by_dialect;
    for (const json::View group : content.elements()) run_group(group, file, options, tally);
  });
}

}  // namespace suites
