// cells_test.cpp: the verdict on a record and the store agree about every indexed field: what is called fine can be
// kept, and what the store would refuse is told where it stands. Also the loan form against the records whose faults
// are known.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "contract/key.hpp"
#include "contract/schema.hpp"
#include "forms_rig.hpp"
#include "logic/cells.hpp"
#include "source/source.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;
namespace json = socle::json;
namespace storage = socle::storage;

namespace {

// The field of the first index that cannot hold the record; "" when all can.
std::string refused_by_store(const Form& form, json::View doc) {
  const std::string envelope = R"({"doc":)" + json::to_text(doc) + "}";
  const auto stored = json::Document::parse(envelope).value();
  storage::RecordView record;
  record.id = "id";
  record.doc = stored.root();
  const auto declared = json::Document::parse(form.collections()).value();
  auto collection = storage::parse_collection(declared.root().at(0));
  REQUIRE(collection);
  for (const auto& index : collection->indexes)
    for (const auto& field : index.fields) {
      storage::Index alone;
      alone.name = index.name;
      alone.fields = {field};
      if (!storage::index_entry(1, 1, alone, record)) return field.path.text.substr(std::string("/doc").size());
    }
  return {};
}

const std::string every_type =
    R"~("text":{"type":"string"},"whole":{"type":"integer"},"real":{"type":"number"},"yes":{"type":"boolean"},
        "day":{"type":"string","format":"date"},"at":{"type":"string","format":"date-time"},
        "price":{"type":"string","format":"decimal"},"rate":{"type":"number","format":"decimal"},
        "plain":{"type":"string"},"open":{},"of":{"type":"object","properties":{"price":{"type":"string","format":"decimal"}}})~";
const std::string every_index =
    R"~("index":["text",["whole","real"],"yes","day",{"field":"at","order":"desc"},"price","rate","of.price",
                 {"field":"plain","type":"date"},{"field":"open","type":"timestamp"}],"unique":[["text","price"]])~";

// Values that some type takes and most do not; about as many good ones as bad ones a field.
std::string any_value(std::mt19937& random) {
  static const std::vector<std::string> values{
      R"("a")",
      R"("")",
      "\"" + std::string(1024, 'a') + "\"",
      "\"" + std::string(1025, 'a') + "\"",
      "\"" + std::string(400, 'a') + std::string(320, 'b') + std::string(400, 'c') + "\"",
      "0",
      "-7",
      "7.0",
      "7.5",
      "1e30",
      "123456789012345678901234567890",
      "9223372036854775807",
      "9223372036854775808",
      "true",
      "false",
      "null",
      R"("2026-01-31")",
      R"("2026-02-30")",
      R"("0000-01-01")",
      R"("2026-01-31T10:00:00Z")",
      R"("2026-01-31T10:00:00.5+02:00")",
      R"("0000-01-01T00:00:00Z")",
      R"("9999-12-31T23:59:59-12:00")",
      R"("2016-12-31T23:59:60Z")",
      R"("1234.50")",
      R"("12,5")",
      R"("0010.10")",
      R"("1.")",
      R"(".5")",
      R"("1e3")",
      R"("1e40000")",
      "\"" + std::string(64, '7') + "\"",
      "\"" + std::string(65, '7') + "\"",
      std::string(70, '7'),
      "[]",
      "{}",
      R"(["2026-01-31"])"};
  return values[random() % values.size()];
}

std::string one_line(const std::string& errors) { return errors.empty() ? "fine" : errors; }

}  // namespace

TEST_CASE("forms cells: what a form calls fine the store can keep, whatever is indexed", "[forms]") {
  std::string errors;
  const auto form = form_of(model_of(every_type, every_index), &errors);
  INFO(errors);
  REQUIRE(form);
  std::mt19937 random(20261123);
  std::size_t fine = 0, told = 0;
  for (const char* name : {"text", "whole", "real", "yes", "day", "at", "price", "rate", "plain", "open", "of"})
    for (int i = 0; i < 400; ++i) {
      auto value = any_value(random);
      if (std::string_view(name) == "of") value = R"({"price":)" + value + "}";
      const auto one = judged(*form, "{\"" + std::string(name) + "\":" + value + "}");
      const auto document = json::Document::parse("{\"" + std::string(name) + "\":" + value + "}").value();
      const auto refused = refused_by_store(*form, document.root());
      INFO(name << " " << value.substr(0, 100) << " " << one_line(one.errors) << " " << refused);
      if (one.errors.empty()) CHECK(refused.empty());
      if (!refused.empty()) CHECK(one.errors.find(refused + " ") == 0);  // and once only
      CHECK(one.errors.find(';') == std::string::npos);
      ++(one.errors.empty() ? fine : told);
    }
  CHECK(fine > 300);
  CHECK(told > 300);
}

TEST_CASE("forms cells: whole records with many indexes get the verdict that their save gets", "[forms]") {
  const auto form = form_of(model_of(every_type, every_index));
  REQUIRE(form);
  std::mt19937 random(20261124);
  for (int i = 0; i < 500; ++i) {
    std::string doc;
    for (const char* name : {"text", "whole", "day", "at", "price", "plain", "open"})
      if (random() % 3 == 0) doc += (doc.empty() ? "\"" : ",\"") + std::string(name) + "\":" + any_value(random);
    doc = "{" + doc + "}";
    const auto one = judged(*form, doc);
    const auto document = json::Document::parse(doc).value();
    INFO(doc.substr(0, 400) << " " << one.errors);
    if (one.errors.empty()) CHECK(refused_by_store(*form, document.root()).empty());
  }
}

TEST_CASE("forms cells: a text beyond an index is too long, and a time beyond it no format", "[forms]") {
  const auto form =
      form_of(model_of(R"~("text":{"type":"string","maxLength":2000},"short":{"type":"string","maxLength":3},
        "at":{"type":"string","format":"date-time"},"n":{"type":"integer"},"free":{"type":"string"})~",
                       R"~("index":["text","short","at","n"])~"));
  REQUIRE(form);
  const std::string wide = "\"" + std::string(1025, 'a') + "\"";
  const auto text = judged(*form, R"({"text":)" + wide + R"(,"free":)" + wide + "}");
  REQUIRE(text.errors == "/text too_long");
  CHECK(text.verdict.errors[0].message == "is longer than the 1,024 bytes that an index can hold");
  CHECK(text.verdict.errors[0].params == R"({"limit":1024})");
  CHECK(judged(*form, R"({"short":)" + wide + "}").errors == "/short maxLength");
  CHECK(judged(*form, R"~({"at":"0000-01-01T00:00:00Z"})~").errors == "/at format");
  CHECK(judged(*form, R"~({"at":"nonsense"})~").errors == "/at format");
  const auto number = judged(*form, R"~({"n":1e30})~", {}, Language::zh);
  REQUIRE(number.errors == "/n format");
  CHECK(number.verdict.errors[0].message == "应为 64 位以内的整数");
  CHECK(judged(*form, R"~({"n":"x"})~").errors == "/n type");
  CHECK(judged(*form, R"~({"n":null,"text":null})~").errors == "/n type; /text type");
}

TEST_CASE("forms cells: the loan form tells the faults that its records are known to have", "[forms]") {
  std::ifstream file(SOCLE_LOAN "/loan.yaml");
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  std::vector<socle::models::Diagnostic> problems;
  const auto source = socle::models::Source::read(text.str(), socle::models::Media::yaml, problems);
  REQUIRE(source);
  const auto form = form_of(json::to_text(source->root()));
  REQUIRE(form);
  // A null in a field with a default is told by the schema, not taken for absent.
  const auto example = form->schema_document().find("examples").at(0);
  const auto good = json::to_text(example);
  CHECK(judged(*form, good).errors.empty());
  const auto at = good.find(R"("currency":"EUR")");
  REQUIRE(at != std::string::npos);
  const auto nulled = std::string(good).replace(at, std::string(R"("currency":"EUR")").size(), R"("currency":null)");
  CHECK(judged(*form, nulled).errors == "/currency enum");

  const char* folder = std::getenv("SOCLE_SHARED_LOAN");
  const std::filesystem::path shared = folder != nullptr ? folder : SOCLE_LOAN "/../../../shared/loan";
  std::ifstream bad(shared / "invalid.jsonl");
  std::ifstream fine(shared / "valid.jsonl");
  if (!bad || !fine) {
    WARN("the shared records are not at " << shared << ": only the example was judged");
    return;
  }
  for (std::string line; std::getline(fine, line);) {
    INFO(line.substr(0, 60));
    CHECK(judged(*form, line).errors.empty());
  }
  for (std::string line; std::getline(bad, line);) {
    const auto one = json::Document::parse(line).value();
    const auto root = one.root();
    const auto wanted =
        std::string(root.find("field").as_string()) + " " + std::string(root.find("keyword").as_string());
    const auto found = judged(*form, json::to_text(root.find("body"))).errors;
    INFO(json::to_text(root.find("case")) << ": " << wanted << ", found " << found);
    CHECK(("; " + found + ";").find("; " + wanted + ";") != std::string::npos);
  }
}
