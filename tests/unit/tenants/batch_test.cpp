#include "tenants/batch.hpp"

#include <catch2/catch.hpp>

namespace socle::tenants {
namespace {

std::string problem(std::string_view text) {
  const auto parsed = parse_batch(text, "new.txt", std::nullopt);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == Code::invalid);
  return parsed.error().message;
}

std::string refusal(std::string_view word) {
  Settings s;
  const auto taken = s.take(word);
  REQUIRE_FALSE(taken);
  CHECK(s == Settings());
  return taken.error().message;
}

TEST_CASE("tenants: a line of a batch is an id and its settings", "[tenants]") {
  const auto parsed = parse_batch("# two of them\n\nacme plan=paid storage.bytes=10MiB\r\n  beta\tsessions.ttl=15min",
                                  "new.txt", "free");
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 2);
  CHECK((*parsed)[0].id == "acme");
  CHECK((*parsed)[0].settings.plan == "paid");
  CHECK((*parsed)[0].settings.limits == Numbers{{"storage.bytes", 10.0 * 1024 * 1024}});
  CHECK((*parsed)[1].id == "beta");
  CHECK((*parsed)[1].settings.plan == "free");
  CHECK((*parsed)[1].settings.limits == Numbers{{"sessions.ttl", 900}});
  CHECK((*parsed)[1].line == 4);
}

TEST_CASE("tenants: every problem of a batch is told with its line", "[tenants]") {
  CHECK(problem("acme plan\nAcme\nacme wieght=2\n") ==
        "new.txt line 1: expected NAME=VALUE such as plan=free or rate=50, found 'plan'\n"
        "new.txt line 2: expected a tenant id (lower-case letters, digits and '-' inside, at most 63), found 'Acme'\n"
        "new.txt line 3: unknown limit 'wieght'; did you mean 'weight'?\n"
        "new.txt line 3: tenant 'acme' stands in line 1 too\n"
        "no tenant was created");
}

TEST_CASE("tenants: of many problems ten are told and the rest counted", "[tenants]") {
  std::string text;
  for (int i = 1; i <= 13; ++i) text += "~" + std::to_string(i) + "\n";
  const std::string told = problem(text);
  CHECK_THAT(told, Catch::Matchers::Contains("new.txt line 10:") && !Catch::Matchers::Contains("line 11:"));
  CHECK_THAT(told, Catch::Matchers::EndsWith("\nand 3 more\nno tenant was created"));
}

TEST_CASE("tenants: a line that is too long is not looked into", "[tenants]") {
  CHECK(problem("acme " + std::string(9000, 'a') + "\n") ==
        "new.txt line 1: the line has 9005 bytes, allowed are 8192\nno tenant was created");
}

TEST_CASE("tenants: a setting that makes no sense is refused in words", "[tenants]") {
  CHECK(refusal("plan=No Such") == "plan: expected the name of a plan, found 'No Such'");
  CHECK(refusal("rate=fast") == "rate: expected a number from 0 up, a duration or a size, found 'fast'");
  CHECK(refusal("weight=0") == "weight: expected a number from 0.001 to 1000000, found '0'");
  CHECK(refusal("in_flight=0") ==
        "in_flight: expected a whole number from 1 up (leave it out for no limit, suspend a tenant that shall not be "
        "served), found '0'");
  CHECK(refusal("rate=-1") == "rate: expected a number from 0 up, a duration or a size, found '-1'");
  CHECK(refusal("=5") == "expected NAME=VALUE such as plan=free or rate=50, found '=5'");
  CHECK(refusal("a b=5") == "expected the name of a limit such as rate or sessions.ttl, found 'a b'");
}

TEST_CASE("tenants: an empty value takes a setting back", "[tenants]") {
  Settings s;
  for (const char* word : {"plan=free", "rate=5", "burst=9", "rate=", "plan="}) REQUIRE(s.take(word));
  CHECK(s.words() == " burst=9");
}

TEST_CASE("tenants: settings read back as they were written", "[tenants]") {
  Settings s;
  for (const char* word : {"plan=free", "rate=0.1", "storage.bytes=3TiB", "sessions.ttl=1ns"}) REQUIRE(s.take(word));
  Settings again;
  const std::string words = s.words();
  for (const auto word : words_of(words)) REQUIRE(again.take(word));
  CHECK(again == s);
}

TEST_CASE("tenants: a limit that an earlier version kept is mended to the nearest that can be set", "[tenants]") {
  Settings s;
  for (const char* word : {"plan=5", "in_flight=0", "queue=2.5", "cpu=0", "memory=4096", "weight=1e+300", "rate=0",
                           "records=0.5", "burst=3"})
    REQUIRE(s.take_kept(word));
  CHECK(s.mend() == "cpu=0 is 0.001, in_flight=0 is 1, memory=4096 is 1048576, queue=2.5 is 2, weight=1e+300 is 1e+06");
  CHECK(s.limits == Numbers{{"burst", 3},
                            {"cpu", 0.001},
                            {"in_flight", 1},
                            {"memory", 1 << 20},
                            {"queue", 2},
                            {"rate", 0},
                            {"records", 0.5},
                            {"weight", 1e6}});
  CHECK(s.mend().empty());
  Settings again;
  const std::string words = s.words();
  for (const auto word : words_of(words)) REQUIRE(again.take(word));
  CHECK(again == s);
}

TEST_CASE("tenants: what no version kept is refused in the journal, too", "[tenants]") {
  for (const char* word : {"rate=-1", "rate=fast", "rate=1e400", "wieght=1", "=5"}) {
    CAPTURE(word);
    Settings s;
    CHECK_FALSE(s.take_kept(word));
  }
}

TEST_CASE("tenants: limits of one tenant are bounded", "[tenants]") {
  Settings s;
  for (size_t i = 0; i < Settings::max_limits; ++i) REQUIRE(s.take("x" + std::to_string(i) + "=1"));
  const auto one_more = s.take("y=1");
  REQUIRE_FALSE(one_more);
  CHECK(one_more.error().message == "a tenant has at most 64 limits of its own; put 'y' into a plan");
  CHECK(s.take("x3=2"));
}

}  // namespace
}  // namespace socle::tenants
