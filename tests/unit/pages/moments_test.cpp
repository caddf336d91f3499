// moments_test.cpp: instants by the clocks of a zone, also when these are changed.
#include "form/moments.hpp"

#include <catch2/catch.hpp>
#include <cstdio>

#include "pages_rig.hpp"
#include "socle/cel/time.hpp"

namespace {

using namespace pages_test;
using Catch::Contains;

std::string utc_text(std::int64_t seconds) {
  const auto civil = cel::civil_of_seconds(seconds);
  char out[96];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02u:%02u:%02uZ", static_cast<int>(civil.year), civil.month, civil.day,
                civil.hour, civil.minute, civil.second);
  return out;
}

std::string at_model(const std::string& zone) {
  return forms::testing::model_of(R"~("at":{"type":"string","format":"date-time")~" +
                                  (zone.empty() ? std::string() : ",\"zone\":\"" + zone + "\"") + "}");
}

}  // namespace

TEST_CASE("moments: an instant stands in its input by the clocks of the zone, and comes back", "[pages]") {
  struct Row {
    const char *zone, *instant, *local;
  };
  for (const auto& [zone, instant, local] :
       {Row{"UTC", "2026-11-21T10:40:00Z", "2026-11-21T10:40:00"},
        Row{"Europe/Berlin", "2026-11-21T10:40:00Z", "2026-11-21T11:40:00"},
        Row{"Europe/Berlin", "2026-07-21T22:40:00Z", "2026-07-22T00:40:00"},
        Row{"Asia/Shanghai", "2026-11-21T22:40:00.125Z", "2026-11-22T06:40:00.125"},
        Row{"-03:30", "2026-01-01T01:00:00Z", "2025-12-31T21:30:00"},
        Row{"Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00"}}) {
    INFO(zone << " " << instant);
    CHECK(local_text(zone, instant).value_or("") == local);
    CHECK(instant_text(zone, local).value_or("") == instant);
  }
  CHECK(instant_text("Europe/Berlin", "2026-11-21T11:40").value_or("") == "2026-11-21T10:40:00Z");
}

TEST_CASE("moments: a local time that comes twice is the first, one that is skipped counts on", "[pages]") {
  CHECK(instant_text("Europe/Berlin", "2026-10-25T02:30").value_or("") == "2026-10-25T00:30:00Z");
  CHECK_FALSE(local_text("Europe/Berlin", "2026-10-25T01:30:00Z"));  // the second 02:30
  CHECK(instant_text("Europe/Berlin", "2026-03-29T02:30").value_or("") == "2026-03-29T01:30:00Z");
  CHECK(shown_moment("Europe/Berlin", "2026-03-29T01:30:00Z") == "2026-03-29 03:30 +02:00");
  CHECK(instant_text("Pacific/Apia", "2011-12-30T12:00").value_or("") == "2011-12-30T22:00:00Z");  // a day left out
}

TEST_CASE("moments: of every hour of a year only the repeated one cannot be entered", "[pages]") {
  constexpr std::int64_t begin = 1767225600;  // 2026-01-01T00:00:00Z
  for (const auto& [zone, repeated] : {std::pair{"UTC", 0},
                                       {"Asia/Shanghai", 0},
                                       {"Europe/Berlin", 1},
                                       {"America/St_Johns", 1},
                                       {"Australia/Lord_Howe", 1}}) {
    int missing = 0, wrong = 0;
    for (std::int64_t hour = 0; hour < 365 * 24; ++hour) {
      const auto instant = utc_text(begin + hour * 3600);
      const auto local = local_text(zone, instant);
      missing += local ? 0 : 1;
      wrong += local && instant_text(zone, *local) != instant ? 1 : 0;
    }
    INFO(zone);
    CHECK(missing == repeated);
    CHECK(wrong == 0);
  }
}

TEST_CASE("moments: what is no instant or no local time stays what it is", "[pages]") {
  for (const auto* text : {"", "yesterday", "2026-02-30T10:40", "2026-11-21 10:40", "2026-11-21T10:40:00Z",
                           "2026-11-21T10:40+02:00", "2026-11-21T25:40"})
    CHECK_FALSE(instant_text("UTC", text));
  for (const auto* text : {"", "yesterday", "2026-02-30T10:40:00Z", "2026-11-21T10:40:00+02:00", "2026-11-21T10:40Z",
                           "2026-11-21T10:40:00.1234Z"})
    CHECK_FALSE(local_text("UTC", text));
  CHECK(shown_moment("UTC", "yesterday") == "yesterday");
  CHECK(shown_moment("UTC", "2026-11-21T10:40:00+02:00") == "2026-11-21 08:40 UTC");
  CHECK(shown_moment("-03:30", "2026-11-21T10:40:00Z") == "2026-11-21 07:10 -03:30");
  CHECK_FALSE(is_zone("Europe/Atlantis"));
}

TEST_CASE("moments: a page shows and takes them in the zone of the field and names it", "[pages]") {
  const auto form = form_of(at_model("Europe/Berlin"));
  REQUIRE(form);
  const std::string doc = R"({"at":"2026-11-21T10:40:00Z"})";
  const auto page = rendered(form, doc);
  CHECK_THAT(page.html, Contains(R"~(<span class="zone">Europe/Berlin</span>)~"));
  CHECK_THAT(page.html, Contains(R"~(<input type="datetime-local" id="f/at" name="/at" value="2026-11-21T11:40:00")~"));
  CHECK(back(form, page.html) == doc);
  CHECK_THAT(page.reading, Contains(R"~(<time datetime="2026-11-21T10:40:00Z">2026-11-21 11:40 +01:00</time>)~"));
  // The second 02:30 of that night is told as the instant that it is.
  const std::string second = R"({"at":"2026-10-25T01:30:00Z"})";
  const auto twice = rendered(form, second).html;
  CHECK_THAT(twice, Contains(R"~(<input type="text" id="f/at" name="/at" value="2026-10-25T01:30:00Z")~"));
  CHECK(back(form, twice) == second);
}

TEST_CASE("moments: what a page showed is read in the zone that it named, whatever the form has now", "[pages]") {
  const auto before = form_of(at_model("Europe/Berlin")), now = form_of(at_model("Asia/Shanghai"));
  REQUIRE(before);
  REQUIRE(now);
  for (const auto* at : {"2026-11-21T10:40:00Z", "2026-10-25T01:30:00Z", "2026-11-21T10:40:00+02:00"}) {
    const std::string doc = R"({"at":")" + std::string(at) + "\"}";
    const auto page = rendered(before, doc).html;
    INFO(page);
    CHECK(back(now, page, doc) == doc);
    CHECK(back(now, page) == doc);
  }
  const auto page = rendered(before, "{}").html;
  CHECK_THAT(page, Contains(R"~(<input type="hidden" name="#zone/at" value="Europe/Berlin">)~"));
  const auto read = [&](std::string_view posted) {
    return document_of(*plan_of(now), page::FormBody::parse(posted).value(), json::View());
  };
  CHECK(read("%23zone/at=Europe/Berlin&/at=2026-11-21T11:40") == R"({"at":"2026-11-21T10:40:00Z"})");
  CHECK(read("%23zone/at=Europe/Atlantis&/at=2026-11-21T11:40") == R"({"at":"2026-11-21T03:40:00Z"})");
  CHECK(read("/at=2026-11-21T11:40") == R"({"at":"2026-11-21T03:40:00Z"})");
}

TEST_CASE("moments: each row names its zone, and so does what other steps carry", "[pages]") {
  const auto of = [](const std::string& zone) {
    const std::string at = R"~({"type":"string","format":"date-time","zone":")~" + zone + "\"}";
    return form_of(forms::testing::model_of(
        R"~("name":{"type":"string"},"at":)~" + at +
            R"~(,"rows":{"type":"array","items":{"type":"object","properties":{"at":)~" + at + "}}}",
        R"~("ui":{"type":"Categorization","elements":[
            {"type":"Category","label":"A","elements":[{"type":"Control","scope":"#/properties/name"}]},
            {"type":"Category","label":"B","elements":[{"type":"Control","scope":"#/properties/at"},
              {"type":"Control","scope":"#/properties/rows"}]}]})~"));
  };
  const auto before = of("Europe/Berlin"), now = of("Asia/Shanghai");
  REQUIRE(before);
  REQUIRE(now);
  const std::string doc =
      R"~({"name":"n","at":"2026-11-21T10:40:00Z","rows":[{"at":"2026-07-21T22:40:00Z"},{"at":"2026-11-21T22:40:00Z"}]})~";
  for (const std::size_t step : {0U, 1U}) {
    const auto page = rendered(before, doc, {}, step).html;
    INFO(page);
    CHECK_THAT(page, Contains(R"~(<input type="hidden" name="#zone/rows/1/at" value="Europe/Berlin">)~"));
    CHECK(sorted(back(now, page, doc)) == sorted(doc));
    CHECK(sorted(back(now, page)) == sorted(doc));
  }
  CHECK(sorted(back(now, rendered(before, doc, {}, 1).html, doc, RowChange::of("remove:/rows/0"))) ==
        sorted(R"~({"name":"n","at":"2026-11-21T10:40:00Z","rows":[{"at":"2026-11-21T22:40:00Z"}]})~"));
}

TEST_CASE("moments: a page is told in which zone a moment that it does not enter is", "[pages]") {
  const auto form = form_of(forms::testing::model_of(
      R"~("from":{"type":"string","format":"date-time"},"at":{"type":"string","format":"date-time","zone":"Europe/Berlin"})~",
      R"~("logic":{"at":{"compute":"from"}})~"));
  REQUIRE(form);
  const auto live = rendered(form, R"({"from":"2026-11-21T10:40:00Z"})").live;
  INFO(live);
  CHECK_THAT(live, Contains(R"~("readonly":true,"value":"2026-11-21T11:40:00","zone":"Europe/Berlin")~"));
}

TEST_CASE("moments: without a zone of the field's own it is the page's, which is UTC", "[pages]") {
  const auto form = form_of(at_model(""));
  REQUIRE(form);
  const auto page = rendered(form, R"({"at":"2026-11-21T10:40:00Z"})");
  CHECK_THAT(page.html, Contains(R"~(<span class="zone">UTC</span>)~"));
  CHECK_THAT(page.reading, Contains(">2026-11-21 10:40 UTC</time>"));
  CHECK(plan_of(form, "Asia/Shanghai")->steps.at(0).groups.at(0).controls.at(0).zone == "Asia/Shanghai");
  CHECK(plan_of(form_of(at_model("+02:00")), "Asia/Shanghai")->steps.at(0).groups.at(0).controls.at(0).zone ==
        "+02:00");
}
