// named_test.cpp: fields that name records and files, columns of sub-tables too; zones of moments.
#include <catch2/catch.hpp>

#include "forms_rig.hpp"
#include "records/named.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;
using Catch::Contains;

namespace {

// "pointer=id pointer=id"
std::string named_by(const Form& form, std::string_view path, std::string_view doc) {
  const auto parsed = socle::json::Document::parse(doc).value();
  std::string out;
  for (const auto& one : named_in(form.fields(), form.fields().find(path), parsed.root()))
    out.append(out.empty() ? "" : " ").append(one.pointer).append("=").append(one.id);
  return out;
}

}  // namespace

TEST_CASE("forms model: fields and columns name records and files, each at its place", "[forms]") {
  std::string errors;
  const auto form = form_of(
      model_of(
          R"~("who":{"type":"string"},"all":{"type":"array","items":{"type":"string"}},"a/b":{"type":"object","properties":{
          "lines":{"type":"array","items":{"type":"object","properties":{"product":{"type":"string"},"papers":{"type":"array","items":{"type":"string"}}}}}}})~",
          R"~("logic":{"who":{"reference":"customer"},"all":{"reference":"customer"},
          "a/b.lines[].product":{"reference":"product"},"a/b.lines[].papers":{"attachment":{"types":["application/pdf"]}}})~"),
      &errors);
  INFO(errors);
  REQUIRE(form);
  CHECK(form->has_references());
  CHECK(form->has_attachments());
  const std::string doc =
      R"~({"who":"c1","all":["c2","c1"],"a/b":{"lines":[{"product":"p1","papers":["f1","f2"]},{"product":""},{"product":"p1"}]}})~";
  CHECK(named_by(*form, "who", doc) == "/who=c1");
  CHECK(named_by(*form, "all", doc) == "/all/0=c2 /all/1=c1");
  CHECK(named_by(*form, "a/b.lines[].product", doc) == "/a~1b/lines/0/product=p1 /a~1b/lines/2/product=p1");
  CHECK(named_by(*form, "a/b.lines[].papers", doc) == "/a~1b/lines/0/papers/0=f1 /a~1b/lines/0/papers/1=f2");
  CHECK(named_by(*form, "who", R"({"who":5})").empty());
  CHECK(named_by(*form, "all", R"({"all":["","c1"]})") == "/all/1=c1");
  CHECK(named_by(*form, "a/b.lines[].product", R"({"a/b":{"lines":"none"}})").empty());
}

TEST_CASE("forms model: what cannot name a record or a file is said", "[forms]") {
  const std::string rows =
      R"~("l":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"},"o":{"type":"object","properties":{"x":{"type":"string"}}}}}})~";
  CHECK(errors_of(model_of(rows, R"~("logic":{"l[].n":{"reference":"product"}})~")) ==
        "/logic/l[].n/reference bad_value: a reference is a field of type string (one record) or a list of strings "
        "(several)\n");
  CHECK(errors_of(model_of(rows, R"~("logic":{"l[].n":{"attachment":true}})~")) ==
        "/logic/l[].n/attachment bad_value: an attachment is a field of type string (one file) or a list of strings "
        "(several), without reference or sequence\n");
  CHECK_THAT(errors_of(model_of(rows, R"~("logic":{"l[].o.x":{"reference":"product"}})~")),
             Contains("/logic/l[].o.x not_supported: columns of a sub-table have logic"));
}

TEST_CASE("forms model: a moment names its zone, which must be one", "[forms]") {
  const auto zoned = [](const std::string& format, const std::string& zone) {
    return model_of(R"~("at":{"type":"string","format":")~" + format + R"~(","zone":)~" + zone + "}");
  };
  const auto form = form_of(zoned("date-time", R"("Europe/Paris")"));
  REQUIRE(form);
  CHECK(form->fields()[form->fields().find("at")].zone == "Europe/Paris");
  CHECK(errors_of(zoned("date-time", R"("+02:00")")).empty());
  CHECK(errors_of(zoned("date-time", R"("Europe/Atlantis")")) ==
        "/schema/properties/at/zone unknown_value: there is no time zone \"Europe/Atlantis\"; wanted for example "
        "Europe/Paris, +02:00 or UTC\n");
  CHECK_THAT(errors_of(zoned("date-time", R"("../../etc/passwd")")), Contains("unknown_value"));
  CHECK_THAT(errors_of(zoned("date-time", "5")), Contains("there is no time zone 5; "));
  CHECK(errors_of(zoned("date", R"("UTC")")) ==
        "/schema/properties/at/zone bad_value: a zone is for a field of type string with format date-time\n");
}
