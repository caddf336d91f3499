// dmn_xml_test.cpp: what is read off DMN's XML beside the table itself: item definitions, names, expression languages.
#include <catch2/catch.hpp>

#include "dmn_rig.hpp"

namespace {

using namespace socle;

std::string document(const std::string& types, const std::string& inputs, const std::string& rules,
                     const std::string& attributes = "") {
  return R"(<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="d" namespace="n" )" + attributes +
         ">\n" + types + "<decision name=\"d\"><decisionTable hitPolicy=\"FIRST\">" + inputs + "<output/>" + rules +
         "</decisionTable></decision></definitions>";
}
std::string input(const std::string& expression, const std::string& type = "") {
  const auto attribute = type.empty() ? std::string() : " typeRef=\"" + type + "\"";
  return "<input><inputExpression" + attribute + "><text>" + expression + "</text></inputExpression></input>";
}
std::string rule(const std::vector<std::string>& cells, const std::string& output) {
  std::string out = "<rule>";
  for (const auto& cell : cells) out += "<inputEntry><text>" + cell + "</text></inputEntry>";
  return out + "<outputEntry><text>" + output + "</text></outputEntry></rule>";
}
std::string decided(const std::string& xml, const std::string& record) {
  rules::Diagnostics diagnostics;
  const auto source = rules::import_dmn(xml, "", diagnostics);
  return source ? dmn_test::evaluated(*source, record) : dmn_test::told(diagnostics);
}

const std::string applicant_types = R"(
<itemDefinition name="tStatus"><typeRef>string</typeRef><allowedValues><text>"S","M"</text></allowedValues></itemDefinition>
<itemDefinition name="tLimit"><typeRef>tDays</typeRef></itemDefinition>
<itemDefinition name="tDays"><typeRef>feel:days and time duration</typeRef></itemDefinition>
<itemDefinition name="tAddress"><itemComponent name="Moved In"><typeRef>date</typeRef></itemComponent>
  <itemComponent name="Lived There"><typeRef>tLimit</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tApplicant"><itemComponent name="Marital Status"><typeRef>tStatus</typeRef></itemComponent>
  <itemComponent name="Home Address"><typeRef>tAddress</typeRef></itemComponent>
  <itemComponent name="Contact"><itemComponent name="E-Mail"><typeRef>string</typeRef></itemComponent></itemComponent>
</itemDefinition>
<inputData name="Applicant Data"><variable name="Applicant Data" typeRef="tApplicant"/></inputData>
)";

}  // namespace

TEST_CASE("dmn: components of item definitions are names, with blanks and at any depth", "[rules]") {
  const auto xml =
      document(applicant_types,
               input("Applicant Data.Marital Status", "tStatus") + input("Applicant Data.Home Address.Moved In") +
                   input("Applicant Data.Home Address.Lived There", "tLimit") + input("Applicant Data.Contact.E-Mail"),
               rule({"\"M\"", "&lt; date(\"2020-01-01\")", "-", "-"}, "1") +
                   rule({"-", "-", "&gt;= duration(\"P30D\")", "-"}, "2") + rule({"-", "-", "-", "\"a@b\""}, "3"));
  const auto at = [&](const std::string& status, const std::string& moved, const std::string& lived) {
    return decided(xml, R"({"Applicant Data":{"Marital Status":")" + status + R"(","Home Address":{"Moved In":")" +
                            moved + R"(","Lived There":")" + lived + R"("},"Contact":{"E-Mail":"a@b"}}})");
  };
  CHECK(at("M", "2019-12-31", "PT1H") == "1");
  CHECK(at("S", "2019-12-31", "PT720H") == "2");
  CHECK(at("M", "2020-01-01", "PT1H") == "3");
  CHECK(at("W", "2019-12-31", "PT1H") == "null");
}

TEST_CASE("dmn: the type of an input is found through its item definition", "[rules]") {
  const auto xml =
      document(applicant_types + "<inputData name=\"Delay\"><variable name=\"Delay\" typeRef=\"tLimit\"/></inputData>",
               input("Delay"), rule({"duration(\"P2D\")"}, "1") + rule({"&gt; @\"P2D\""}, "Delay"));
  CHECK(decided(xml, R"({"Delay":"PT48H"})") == "1");
  CHECK(decided(xml, R"({"Delay":"P3D"})") == "\"P3D\"");
}

TEST_CASE("dmn: a column may name what no input data declares, but a difference stays one", "[rules]") {
  const auto two = rule({"&lt; 18", "-"}, "1") + rule({"-", "\"x\""}, "2");
  const auto free = document("", input("Guest Count", "number") + input("Party.Dress Code"), two);
  CHECK(decided(free, R"({"Guest Count":3})") == "1");
  CHECK(decided(free, R"({"Guest Count":30,"Party":{"Dress Code":"x"}})") == "2");
  const auto computed =
      document("<inputData name=\"Age\"><variable name=\"Age\" typeRef=\"number\"/></inputData>",
               input("Age - 1", "number") + input("if Age &gt; 1 then \"x\" else \"y\"", "string"), two);
  CHECK(decided(computed, R"({"Age":18})") == "1");
  CHECK(decided(computed, R"({"Age":19})") == "2");
}

TEST_CASE("dmn: another expression language than FEEL is refused", "[rules]") {
  const auto plain =
      document("", input("x"), rule({"-"}, "1"), "expressionLanguage=\"http://www.omg.org/spec/FEEL/20140401\"");
  CHECK(decided(plain, "{}") == "1");
  const auto other = document("", input("x"), rule({"-"}, "1"), "expressionLanguage=\"groovy\"");
  CHECK(decided(other, "{}")
            .starts_with("error import_unsupported /line 2: the expression language 'groovy' has no "
                         "translation; only FEEL has\n"));
  auto cell = document("", input("x"), rule({"-"}, "1"));
  cell.replace(cell.find("<inputEntry>"), 12, "<inputEntry expressionLanguage=\"juel\">");
  CHECK(decided(cell, "{}") ==
        "error import_unsupported /line 2: the expression language 'juel' has no translation; only FEEL has\n");
}

TEST_CASE("dmn: types that hold one another come to an end", "[rules]") {
  std::string types;
  for (int i = 0; i < 4; ++i) {
    const auto name = "t" + std::to_string(i);
    types += "<itemDefinition name=\"" + name + "\">";
    for (int k = 0; k < 10; ++k)
      types += "<itemComponent name=\"c" + std::to_string(k) + "\"><typeRef>t" + std::to_string((i + 1) % 4) +
               "</typeRef></itemComponent>";
    types += "</itemDefinition>";
  }
  types += "<itemDefinition name=\"loop\"><typeRef>loop</typeRef></itemDefinition>";
  types += "<inputData name=\"x\"><variable name=\"x\" typeRef=\"t0\"/></inputData>";
  types += "<inputData name=\"y\"><variable name=\"y\" typeRef=\"loop\"/></inputData>";
  const auto xml = document(types, input("x.c1.c2", "loop"), rule({"5"}, "1"));
  CHECK(decided(xml, R"({"x":{"c1":{"c2":5}}})") == "1");
}

TEST_CASE("dmn: a decision that needs another is refused with what to do", "[rules]") {
  auto xml = document("", input("x"), rule({"-"}, "1"));
  xml.replace(xml.find("<decisionTable"), 0,
              "<informationRequirement><requiredDecision href=\"#a\"/></informationRequirement>");
  CHECK(decided(xml, "{}") ==
        "error import_unsupported /line 2: decision 'd' needs another decision; import that one and give its result as "
        "an input\n");
}
