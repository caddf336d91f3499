// Rulesets from JSON text: steps, their order, validators, names, what the call says.
#include "socle/json/writer.hpp"
#include "unit/rules/rig.hpp"

using namespace socle;
using namespace socle::rules::test;

TEST_CASE("ruleset: the contract's example gives what its test says", "[rules]") {
  Rig rig(loan);
  INFO(rig.text());
  CHECK(rig.text().empty());
  REQUIRE(rig.report.tests.size() == 1);
  CHECK(rig.report.tests[0].passed);
  CHECK(rig(R"({"income":6000})") == R"({"grade":"A","limit":60000})");
  CHECK(rig(R"({"income":10.5})") == R"({"grade":"B","limit":0})");
}

TEST_CASE("ruleset: a missing or wrong input is an error with the field to correct", "[rules]") {
  Rig rig(loan);
  const auto missing = rig.run("{}");
  REQUIRE(missing.fault);
  CHECK(missing.fault->code == "invalid_input");
  REQUIRE(missing.errors.size() == 1);
  CHECK(missing.errors[0].pointer == "/income");
  CHECK(missing.errors[0].code == "required");
  CHECK(rig(R"({"income":"much"})").starts_with("invalid_input: /income: "));
  CHECK(missing.output.empty());
  // A field that may be missing is an error where it is read.
  Rig optional(
      R"({"rules":"r","input":{"type":"object","properties":{"a":{"type":"integer"}}},"output":"input.a + 1"})");
  CHECK(optional("{}").starts_with("no_such_key: 1:6: no such key: 'a'"));
  CHECK(optional(R"({"a":1})") == "2");
}

TEST_CASE("ruleset: steps run in the order of what they read, otherwise as written", "[rules]") {
  Rig rig(with(R"~([{"set":"x","expr":"y + 1"},{"set":"y","expr":"z * 2"},{"set":"z","expr":"int(input.n)"}])~"));
  INFO(rig.text());
  CHECK(rig(R"({"n":5})") == R"({"x":11})");
  CHECK(Rig(with(R"([{"set":"x","expr":"y"},{"set":"y","expr":"x"}])")).text() ==
        "step_cycle /steps: these steps need each other's results: x, y\n");
  // A field or a text of that name is no dependency.
  CHECK(Rig(with(R"~([{"set":"x","expr":"input.x + size('x')"}])~"))(R"({"x":2})") == R"({"x":3})");
}

TEST_CASE("ruleset: decide takes the case of highest priority that holds", "[rules]") {
  Rig rig(with(R"([{"decide":"x","cases":[{"when":"input.n > 10.0","then":"'big'"},
                   {"when":"input.n > 100.0","then":"'huge'","priority":5,"label":"very"}],"else":"'small'"}])"));
  INFO(rig.text());
  CHECK(rig(R"({"n":5})") == R"({"x":"small"})");
  CHECK(rig(R"({"n":50})") == R"({"x":"big"})");
  CHECK(rig(R"({"n":500})") == R"({"x":"huge"})");
  const auto outcome = rig.run(R"({"n":500})", true);
  CHECK(outcome.trace.find(R"("chosen":"very")") != std::string::npos);
}

TEST_CASE("ruleset: a step with 'when' gives 'else' when it is left out", "[rules]") {
  Rig rig(with(R"([{"set":"x","expr":"10 / input.n","when":"input.n != 0","else":"-1"}])"));
  CHECK(rig(R"({"n":0})") == R"({"x":-1})");
  CHECK(rig(R"({"n":5})") == R"({"x":2})");
  CHECK(Rig(with(R"([{"set":"x","expr":"1","when":"true"}])")).text() ==
        "ruleset_shape /steps/0: a step with 'when' wants 'else', its value when it is left out\n");
}

TEST_CASE("ruleset: addresses and keys that are no texts have a JSON form, keys that would be one name have none",
          "[rules]") {
  const auto given = [](const std::string& expression) {
    Rig rig(with(R"([{"set":"x","expr":")" + expression + "\"}]"));
    INFO(rig.text());
    return rig("{\"n\":1}");
  };
  CHECK(given("[ip('::ffff:102:304'), ip('2001:db8::1')]") == R"({"x":["1.2.3.4","2001:db8::1"]})");
  CHECK(given("cidr('10.0.0.0/8')") == R"({"x":"10.0.0.0/8"})");
  CHECK(given("{1u: 'a', 2: 'b', true: 'c'}") == R"({"x":{"1":"a","2":"b","true":"c"}})");
  for (const auto* twice : {"{1: 'a', '1': 'b'}", "{'true': 1, true: 2}"}) {
    Rig rig(with(R"([{"set":"x","expr":")" + std::string(twice) + "\"}]"));
    const auto outcome = rig.run(R"({"n":1})");
    INFO(twice);
    REQUIRE(outcome.fault);
    CHECK(outcome.fault->code == "not_json");
  }
}

TEST_CASE("ruleset: a table with 'when' gives 'else' when it is left out", "[rules]") {
  const std::string table =
      R"("inputs":[{"expr":"input.n","type":"number"}],"outputs":[{"name":"band"}],
                    "rows":[["> 100","'high'"],["-","'low'"]])";
  Rig rig(with(R"([{"table":"x","hit":"F","when":"input.n >= 0","else":"{'band': 'none'}",)" + table + "}]"));
  INFO(rig.text());
  CHECK(rig(R"({"n":500})") == R"({"x":{"band":"high"}})");
  CHECK(rig(R"({"n":-5})") == R"({"x":{"band":"none"}})");
  CHECK(Rig(with(R"([{"table":"x","hit":"F","when":"input.n >= 0",)" + table + "}]")).text() ==
        "ruleset_shape /steps/0: a step with 'when' wants 'else', its value when it is left out\n");
}

TEST_CASE("ruleset: a table can go through a list", "[rules]") {
  Rig rig(with(R"([{"table":"x","hit":"F","each":{"in":"input.items","as":"item"},
                    "inputs":[{"expr":"item.price","type":"number"}],"outputs":[{"name":"band"}],
                    "rows":[["> 100","'high'"],["-","'low'"]]}])"));
  INFO(rig.text());
  CHECK(rig(R"({"items":[{"price":5},{"price":500}]})") == R"({"x":[{"band":"low"},{"band":"high"}]})");
}

TEST_CASE("ruleset: validators refuse or warn, by priority, before and after the steps", "[rules]") {
  Rig rig(R"~({"rules":"r","steps":[{"set":"x","expr":"input.a * 2"}],"output":{"x":"x"},"validators":[
    {"id":"positive","when":"input.a < 0","message":{"en":"Must not be negative","zh":"不能为负"},"at":"/a","owner":"risk","tags":["basic"]},
    {"id":"odd","when":"input.a % 2 == 1","message":"Odd is unusual","severity":"warning","at":"/a","priority":9},
    {"id":"large","when":"x > 100","message":"Too large in the end","at":"/a"}]})~");
  INFO(rig.text());
  const auto odd = rig.run(R"({"a":3})");
  CHECK(odd.output == R"({"x":6})");
  REQUIRE(odd.warnings.size() == 1);
  CHECK(odd.warnings[0].code == "odd");
  const auto negative = rig.run(R"({"a":-3})");
  REQUIRE(negative.fault);
  CHECK(negative.fault->code == "validation_failed");
  REQUIRE(negative.errors.size() == 1);
  CHECK(negative.errors[0].pointer == "/a");
  CHECK(negative.errors[0].message == "Must not be negative");
  CHECK(rig(R"({"a":60})") == "validation_failed: Too large in the end");
}

TEST_CASE("ruleset: user, tenant, now and env are what the call says", "[rules]") {
  Rig rig(R"~({"rules":"r","output":{"u":"user.id","t":"tenant.id","y":"now.getFullYear()","e":"env == null"}})~");
  INFO(rig.text());
  const auto input = json::Document::parse("{}");
  const auto user = json::Document::parse(R"({"id":"ada"})");
  const auto tenant = json::Document::parse(R"({"id":"acme"})");
  rules::Call call;
  call.input = input->root();
  call.user = user->root();
  call.tenant = tenant->root();
  call.now_seconds = 1714557600;
  CHECK(rig.ruleset->evaluate(call, rig.arena).output == R"({"u":"ada","t":"acme","y":2024,"e":true})");
}

TEST_CASE("ruleset: objects within the declared input are read as the fields they are", "[rules]") {
  const auto with_output = [](const std::string& output) {
    return R"({"rules":"r","input":{"type":"object","required":["address"],"properties":{"address":{"type":"object",)"
           R"("required":["city"],"properties":{"city":{"type":"string"},"since":{"type":"object","properties":)"
           R"({"year":{"type":"integer"}}}}}}},"output":")" +
           output + R"("})";
  };
  const std::string input = R"({"address":{"city":"Bonn","since":{"year":2013}}})";
  CHECK(Rig(with_output("input.address.city"))(input) == R"("Bonn")");
  CHECK(Rig(with_output("input.address.since.year + 1"))(input) == "2014");
  CHECK(Rig(with_output("input.address == input.address && type(input.address.city) == string"))(input) == "true");
  CHECK(Rig(with_output("[1].map(i, input.address.since)"))(input) == R"([{"year":2013}])");
  CHECK(Rig(with_output("input.address"))(input) == R"({"city":"Bonn","since":{"year":2013}})");
  CHECK(Rig(with_output("input.address.city.x")).text() ==
        "expression /output@18: type 'string' does not support field selection\n");
}

TEST_CASE("ruleset: an output without a JSON form is an error", "[rules]") {
  CHECK(Rig(R"({"rules":"r","output":"0.0 / 0.0"})")("{}").starts_with("not_json: "));
  CHECK(Rig(R"~({"rules":"r","output":"decimal('1.50') + decimal('0.25')"})~")("{}") == "1.75");
  CHECK(Rig(R"({"rules":"r","output":"50000.0 * 2.0"})")("{}") == "100000");
  CHECK(Rig(R"~({"rules":"r","output":"[date('2024-05-01'), timestamp('2024-05-01T00:00:00Z')]"})~")("{}") ==
        R"(["2024-05-01","2024-05-01T00:00:00Z"])");
}

TEST_CASE("ruleset: names are those that an expression reads, not what is quoted, bound or a comment", "[rules]") {
  // Each of these texts holds the names of steps that are no references; as one a circle would be told.
  for (const std::string text :
       {R"~(r'\' == ' b ' ? 1 : 2)~", R"~('''it's b''' == '' ? 1 : 2)~", "1 // a and b", "[1].map(b, b)[0]",
        "cel.bind(b, 1, b)", "{'x': 1}.x + [{'b': 2}][0].b", "b'b' == b'' ? 1 : 2"}) {
    INFO(text);
    std::string quoted;
    json::append_quoted(quoted, text);
    Rig rig(with(R"([{"set":"b","expr":"a"},{"set":"a","expr":)" + quoted + "}]", R"({"x":"b"})"));
    CHECK(rig.text().empty());
    CHECK(rig("{}").starts_with(R"({"x":)"));
  }
  for (const std::string text : {"[1].map(x, b)[0]", "[b].map(b, 1)[0]", "r'' == b ? 1 : 2"})
    CHECK(
        Rig(with(R"([{"set":"b","expr":"a"},{"set":"a","expr":")" + text + R"("}])")).text().starts_with("step_cycle"));
}
