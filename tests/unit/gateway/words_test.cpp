// words_test.cpp: targets, dates, validators, trace headers, problem details.
#include <catch2/catch.hpp>
#include <set>
#include <socle/json.hpp>

#include "conditional.hpp"
#include "problem.hpp"
#include "target.hpp"
#include "trace.hpp"

using namespace socle::gateway;

namespace {

std::string shape(std::string_view text, Method method = Method::get) {
  Target t;
  if (parse_target(method, text, t)) return "refused";
  return t.asterisk ? "*" : std::string(t.path) + (t.query.data() ? "?" + std::string(t.query) : "");
}

struct Traced {
  Trace trace;
  bool found = false;
};

Traced traced(const std::string& fields) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  HeadScanner scanner;
  REQUIRE(scanner.scan(head, {}) == HeadScanner::Outcome::complete);
  Head parsed;
  REQUIRE(parse_head(head, scanner.framing(), parsed));
  RandomIds random;
  Traced out;
  out.found = read_trace(parsed, random, out.trace);
  return out;
}

std::string hex(const std::uint8_t* bytes, std::size_t size) {
  std::string out;
  append_hex(out, bytes, size);
  return out;
}

constexpr const char* id = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* span = "00f067aa0ba902b7";

}  // namespace

TEST_CASE("target: origin, absolute and asterisk form; everything else is refused", "[gateway]") {
  CHECK(shape("/a/b?c=d") == "/a/b?c=d");
  CHECK(shape("/?") == "/?");
  CHECK(shape("http://h:80/a?b") == "/a?b");
  CHECK(shape("HTTPS://h") == "/");
  CHECK(shape("http://h?q") == "/?q");
  CHECK(shape("*", Method::options) == "*");
  for (const char* bad :
       {"*",     "a",     "h:80",  "/a#b",     "/a?b#c",    "/a/../b",   "/.",          "/a/%2e%2E",  "/%2e/x",
        "/a\\b", "/a\"b", "/a{b}", "ftp://h/", "http://",   "http:///a", "http://u@h/", "http://h#f", "/a|b",
        "/%",    "/%4",   "/%zz",  "/%00",     "/a%0d%0ab", "/%c0%af",   "/%ff",        "/%7f"}) {
    CAPTURE(bad);
    CHECK(shape(bad) == "refused");
  }
  CHECK(shape("/%41%2fb%E2%82%AC") == "/%41%2fb%E2%82%AC");
  CHECK(shape("/...") == "/...");
  CHECK(shape("/a.b/..c") == "/a.b/..c");
}

TEST_CASE("utf8: overlong forms, surrogates and stray bytes are not UTF-8", "[gateway]") {
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(valid_utf8(good));
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CHECK_FALSE(valid_utf8(bad));
  }
}

TEST_CASE("dates: written and read as IMF-fixdate", "[gateway]") {
  std::string text;
  append_http_date(text, 784111777);
  CHECK(text == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(parse_http_date(text) == 784111777);
  for (const char* bad :
       {"", "yesterday", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"}) {
    CHECK_FALSE(parse_http_date(bad));
  }
}

TEST_CASE("validators: If-None-Match decides, else If-Modified-Since", "[gateway]") {
  const std::string_view none;
  const std::string_view old = "Sun, 06 Nov 1994 08:49:37 GMT";
  constexpr std::int64_t now = 1'700'000'000;
  CHECK(not_modified("\"a\"", none, "\"a\"", "", now));
  CHECK(not_modified("W/\"a\"", none, "\"a\"", "", now));
  CHECK(not_modified("\"x\", \"a\"", none, "W/\"a\"", "", now));
  CHECK(not_modified("*", none, "", "", now));
  CHECK_FALSE(not_modified("a", none, "\"a\"", "", now));
  CHECK_FALSE(not_modified("\"b\"", old, "\"a\"", old, now));
  CHECK_FALSE(not_modified("\"a", none, "\"a\"", "", now));
  CHECK(not_modified(none, old, "", old, now));
  CHECK_FALSE(not_modified(none, "Sun, 06 Nov 1994 08:49:36 GMT", "", old, now));
  CHECK_FALSE(not_modified(none, "Thu, 01 Jan 2099 00:00:00 GMT", "", old, now));
  CHECK_FALSE(not_modified(none, "junk", "", old, now));
}

TEST_CASE("trace: traceparent before b3 before nothing; what is malformed counts as absent", "[gateway]") {
  auto t = traced("traceparent: 00-" + std::string(id) + "-" + span + "-01\r\nb3: " + std::string(32, '1') + "-" +
                  span + "-0\r\n");
  CHECK(t.found);
  CHECK(hex(t.trace.id.data(), 16) == id);
  CHECK(hex(t.trace.parent.data(), 8) == span);
  CHECK(t.trace.flags == 1);
  t = traced(std::string("b3: ") + id + "-" + span + "-1\r\n");
  CHECK(hex(t.trace.id.data(), 16) == id);
  CHECK(t.trace.flags == 1);
  t = traced(std::string("X-B3-TraceId: a3ce929d0e0e4736\r\nX-B3-SpanId: ") + span + "\r\nX-B3-Sampled: 1\r\n");
  CHECK(hex(t.trace.id.data(), 16) == "0000000000000000a3ce929d0e0e4736");
  CHECK(t.trace.flags == 1);
  t = traced("traceparent: cc-" + std::string(id) + "-" + span + "-01-future\r\n");
  CHECK(t.found);
  for (const std::string& bad :
       {"00-" + std::string(32, '0') + "-" + span + "-01", std::string("00-") + id + "-" + std::string(16, '0') + "-01",
        std::string("ff-") + id + "-" + span + "-01", std::string("00-") + id + "-" + span + "-01-x",
        std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-") + span + "-01", std::string("00-") + id,
        std::string("x")}) {
    CAPTURE(bad);
    t = traced("traceparent: " + bad + "\r\n");
    CHECK_FALSE(t.found);
    CHECK(hex(t.trace.id.data(), 16) != std::string(32, '0'));
  }
}

TEST_CASE("trace: random identifiers do not repeat", "[gateway]") {
  RandomIds random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10000; ++i) seen.insert(random.next());
  CHECK(seen.size() == 10000);
}

TEST_CASE("problem: members that a service adds stand beside the errors", "[gateway]") {
  std::string out;
  Problem problem{422, "no_row", "d", "abc", {}};
  problem.members = R"({"errors":[],"trace":{"steps":[]}})";
  write_problem(problem, "urn:x:", out);
  const auto document = socle::json::Document::parse(out);
  REQUIRE(document);
  CHECK(document->root().find("trace").find("steps").is_array());
  CHECK(document->root().find("errors").is_array());
  CHECK(document->root().find("code").as_string() == "no_row");
}

TEST_CASE("problem: is JSON whatever the text, with all members", "[gateway]") {
  std::string out;
  write_problem({422, "invalid_record", "bad \"thing\"\n\xff", "abc", R"([{"pointer":"/a"}])"}, "urn:x:", out);
  auto document = socle::json::Document::parse(out);
  REQUIRE(document);
  const auto root = document->root();
  CHECK(root.find("type").as_string() == "urn:x:invalid_record");
  CHECK(root.find("title").as_string() == "Unprocessable Content");
  CHECK(root.find("status").as_int64() == 422);
  CHECK(root.find("detail").as_string() == "bad \"thing\"\n\xef\xbf\xbd");
  CHECK(root.find("code").as_string() == "invalid_record");
  CHECK(root.find("trace_id").as_string() == "abc");
  CHECK(root.find("errors").at(0).find("pointer").as_string() == "/a");
}
