// conformance_schema SUITE DIR: judges Socle::schema by a public suite: jsonschema, schema-bench or schema-compat.
#include "suites.hpp"

int main(int count, char** arguments) {
  return conformance::run(count, arguments,
                          {{"jsonschema", suites::run_jsonschema},
                           {"schema-bench", suites::run_schema_bench},
                           {"schema-compat", suites::run_schema_compat}});
}
