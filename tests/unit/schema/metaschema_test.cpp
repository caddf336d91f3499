// metaschema_test.cpp: the built-in metaschemas are there, compile, and judge themselves.
#include "support.hpp"

using namespace schema_test;
namespace schema = socle::schema;

TEST_CASE("schema: each metaschema accepts itself", "[schema]") {
  for (const auto uri : {"https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema",
                         "http://json-schema.org/draft-07/schema#"}) {
    INFO(uri);
    const auto document = schema::metaschema(uri);
    REQUIRE(document);
    const auto compiled = schema::compile(document);
    REQUIRE(compiled);
    CHECK(compiled->valid(document));
    CHECK_FALSE(accepts(*compiled, R"({"type": "text"})"));
    CHECK_FALSE(accepts(*compiled, R"({"properties": {"a": {"minimum": "1"}}})"));
  }
}

TEST_CASE("schema: each vocabulary's metaschema is there", "[schema]") {
  for (const auto name : {"core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation",
                          "format-assertion", "content"}) {
    INFO(name);
    CHECK(schema::metaschema("https://json-schema.org/draft/2020-12/meta/" + std::string(name)));
  }
  for (const auto name : {"core", "applicator", "validation", "meta-data", "format", "content"}) {
    INFO(name);
    CHECK(schema::metaschema("https://json-schema.org/draft/2019-09/meta/" + std::string(name)));
  }
}
