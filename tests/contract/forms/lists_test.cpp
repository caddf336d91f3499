// lists_test.cpp: many records through forms/1: filters, pages, batches, export and import.
#include "rig.hpp"

using namespace forms_test;
using Catch::Contains;

namespace {

std::vector<std::string> froms(const Reply& reply) {
  std::vector<std::string> out;
  const auto document = json::Document::parse(reply.text()).value();
  for (const auto item : document.root().find("items").elements())
    out.emplace_back(item.find("doc").find("from").as_string().substr(8));
  return out;
}
Texts with(Texts more) {
  more.insert(more.begin(), {"form", "leave"});
  return more;
}

}  // namespace

TEST_CASE("forms list: filter, order, fields, count and plan", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  for (int day = 1; day <= 9; ++day) rig.create(january(day, day + day % 3, day % 2 == 0 ? "sick" : "annual"));
  CHECK(froms(rig.ask("list", "", with({{"filter", "kind == 'sick' && from >= '2026-01-04'"}, {"order", "-from"}}))) ==
        std::vector<std::string>{"08", "06", "04"});
  CHECK(froms(rig.ask("list", "", with({{"filter", "to > from && days == 3"}, {"order", "from"}}))) ==
        std::vector<std::string>{"02", "05", "08"});
  const Reply some =
      rig.ask("list", "", with({{"fields", "kind"}, {"limit", "1"}, {"count", "exact"}, {"explain", "true"}}));
  INFO(some.message() << some.text());
  CHECK(member(some, "/items/0/created_by") == "ada");
  CHECK(member(some, "/count") == "9");
  const Reply guessed = rig.ask("list", "", with({{"limit", "1"}, {"count", "estimated"}}));
  CHECK(member(guessed, "/count") == "9");
  CHECK(member(guessed, "/count_exact") == "true");
  const Reply uncounted = rig.ask("list", "", with({{"filter", "false"}, {"count", "none"}}));
  CHECK(uncounted.text() == R"({"items":[],"next":null})");
  CHECK(rig.ask("list", "", with({{"count", "some"}})).error_code() == "bad_count");
  CHECK_FALSE(member(some, "/plan").empty());
  CHECK(rig.ask("list", "", with({{"filter", "kind ="}})).error_code() == "invalid_filter");
  CHECK(rig.ask("list", "", with({{"filter", "false"}})).text() == R"({"items":[],"next":null})");
}

TEST_CASE("forms list: pages follow one another, also when the filter speaks of now", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  for (int day = 1; day <= 7; ++day) rig.create(january(day, day));
  for (const std::string filter :
       {"", "created_at < now + duration('999999h')", "record.updated_at <= now + duration('999999h') || days == 77"}) {
    std::vector<std::string> all;
    std::string cursor;
    for (int i = 0; i < 10; ++i) {
      Texts meta = with({{"limit", "3"}, {"filter", filter}});
      if (!cursor.empty()) meta.emplace_back("cursor", cursor);
      const Reply reply = rig.ask("list", "", meta);
      INFO(filter << reply.message());
      REQUIRE(reply.ok());
      for (auto& one : froms(reply)) all.push_back(one);
      cursor = member(reply, "/next");
      if (cursor == "null") break;
      host.advance(std::chrono::seconds(1));
    }
    CHECK(all == std::vector<std::string>{"01", "02", "03", "04", "05", "06", "07"});
  }
  CHECK(rig.ask("list", "", with({{"cursor", "x"}})).http_status() == 400);
}

TEST_CASE("forms batch: all or none, faults at their rows", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const auto one = rig.create(january(1, 2));
  const auto two = rig.create(january(2, 3));
  const std::string body = R"([{"op":"create","doc":)" + january(3, 4) + R"(},{"op":"patch","id":")" + one +
                           R"(","doc":{"note":"n"},"if_match":"\"1\""},{"op":"delete","id":")" + two + "\"}]";
  const Reply done = rig.ask("batch", body);
  INFO(done.message() << done.text());
  REQUIRE(done.ok());
  CHECK(member(done, "/results/0/op") == "create");
  CHECK(member(done, "/results/1/op") == "patch");
  CHECK(member(done, "/results/1/doc/note") == "n");
  CHECK(member(done, "/results/2/op") == "delete");
  CHECK(rig.ask("batch", body).code() == Code::precondition);
  const Reply bad = rig.ask("batch", R"([{"op":"create","doc":)" + january(5, 6) + R"(},{"op":"create","doc":{}}])");
  CHECK(bad.http_status() == 422);
  CHECK_THAT(std::string(bad.text()), Contains(R"("pointer":"/1/doc/kind","code":"required")"));
  const Reply clash = rig.ask(
      "batch", R"([{"op":"create","doc":)" + january(5, 6) + R"(},{"op":"create","doc":)" + january(5, 7) + "}]");
  CHECK(clash.http_status() == 409);
  CHECK_THAT(std::string(clash.text()), Contains(R"("pointer":"/1/doc/kind")"));
  CHECK(member(rig.ask("list", "", with({{"count", "exact"}})), "/count") == "2");
  CHECK(rig.ask("batch", R"([{"op":"fly"}])").http_status() == 400);
  CHECK(rig.ask("batch", R"([{"op":"put","id":")" + one + R"(","doc":{}},{"op":"delete","id":")" + one + "\"}]")
            .error_code() == "bad_batch");
  CHECK(rig.ask("batch", "[]").http_status() == 400);
}

TEST_CASE("forms batch: a result says what was asked for, also when it is sent again", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const auto one = rig.create(january(1, 2)), two = rig.create(january(2, 3));
  const std::string body = R"([{"op":"patch","id":")" + one + R"(","doc":{"note":"n"}},{"op":"update","id":")" + two +
                           R"(","doc":)" + january(2, 4) + "}]";
  rig.key = "again";
  for (int i = 0; i < 2; ++i) {
    const Reply done = rig.ask("batch", body);
    INFO(done.message() << done.text());
    CHECK(member(done, "/results/0/op") == "patch");
    CHECK(member(done, "/results/1/op") == "put");
    CHECK(member(done, "/results/1/version") == "2");
  }
}

TEST_CASE("forms export: a format that there is not is refused before the first piece", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const Reply refused = rig.ask("export", "", with({{"format", "xls"}}));
  CHECK(refused.http_status() == 400);
  CHECK(refused.error_code() == "invalid_parameter");
  CHECK(std::string(refused.text()) ==
        R"([{"pointer":"format","code":"bad_value","message":"found 'xls'; wanted csv or jsonl"}])");
  for (const char* format : {"csv", "jsonl"}) CHECK(rig.ask("export", "", with({{"format", format}})).ok());
  CHECK(rig.ask("export", "", with({})).ok());
}

TEST_CASE("forms export: every record once, in pieces, as CSV and as JSON lines", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(R"~({"form":"leave","schema":{"type":"object","properties":{"n":{"type":"integer"},"t":{"type":"string"},
    "o":{"type":"object","properties":{"x":{"type":"string"}}},"l":{"type":"array","items":{"type":"integer"}}}}})~");
  std::string rows;
  for (int i = 0; i < 450; ++i)
    rows += (i > 0 ? "," : "") + std::string(R"({"op":"create","doc":{"n":)") + std::to_string(i) +
            R"(,"t":"a,\"b\"\nc","o":{"x":"y"},"l":[1,2]}})";
  REQUIRE(rig.ask("batch", "[" + rows + "]").ok());
  for (const std::string format : {"csv", "jsonl"}) {
    std::string all;
    Reply reply = rig.ask("export", "", with({{"format", format}}));
    int pieces = 0;
    for (;; ++pieces) {
      REQUIRE(reply.ok());
      all += reply.text();
      if (reply.stream_next().empty()) break;
      CHECK(reply.stream_next() == "forms/1.export");
      reply = rig.ask("export", "", {{"form", ""}, {"stream.cursor", std::string(reply.stream_cursor())}});
    }
    CHECK(pieces == 2);
    if (format == "csv") {
      CHECK_THAT(
          all, Catch::StartsWith("id,version,model_version,created_at,created_by,updated_at,updated_by,n,t,o.x,l\r\n"));
      CHECK_THAT(all, Contains(",449,\"a,\"\"b\"\"\nc\",y,\"[1,2]\"\r\n"));
    } else {
      CHECK(std::count(all.begin(), all.end(), '\n') == 450);
    }
  }
}

TEST_CASE("forms import: good rows are kept, bad ones come back in a file that can be mended", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const std::string csv =
      "Art,from,to,id\r\nannual,2026-01-05,2026-01-06,x\r\nnap,2026-01-05,2026-01-06,y\r\nannual,2026-01-05,2026-01-09,"
      "z\r\n";
  const Texts meta = with({{"mapping", R"({"Art":"kind"})"}, {"http.header.content-type", "text/csv"}});
  auto preview = meta;
  preview.emplace_back("preview", "true");
  const Reply first = rig.ask("import", csv, preview);
  INFO(first.message() << first.text());
  CHECK(member(first, "/valid") == "2");
  CHECK(member(first, "/preview/0/days") == "2");
  CHECK(member(rig.ask("list"), "/items") == "[]");
  const Reply done = rig.ask("import", csv, meta);
  CHECK(member(done, "/created") == "1");
  CHECK(member(done, "/failed") == "2");
  CHECK(member(done, "/errors/0/line") == "3");
  CHECK(member(done, "/errors/0/pointer") == "/kind");
  CHECK(member(done, "/errors/1/code") == "unique");
  CHECK_THAT(member(done, "/error_file"), Catch::StartsWith("Art,from,to,id,errors\r\nnap,2026-01-05,2026-01-06,y,"));
  const Texts lines = with({{"http.header.content-type", "application/x-ndjson"}});
  const Reply json_lines = rig.ask("import", january(7, 8) + "\n\n{\n" + january(8, 9), lines);
  CHECK(member(json_lines, "/created") == "2");
  CHECK(member(json_lines, "/errors/0/line") == "3");
  CHECK(rig.ask("import", "a\n1\n", with({{"http.header.content-type", "text/csv"}})).error_code() == "bad_import");
  CHECK(rig.ask("import", "kind\n\"x\n", with({{"http.header.content-type", "text/csv"}})).error_code() ==
        "bad_import");
}

TEST_CASE("forms import: what a request may not hold ends it, and is no fault of a row", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const Texts lines = with({{"http.header.content-type", "application/x-ndjson"}});
  // Storage has written the block; there is no room for its answer. Nothing is written a second time, row by row.
  rig.after_write = Reply::error(Code::too_large, "too_large", "the request needs more memory");
  const Reply ended = rig.ask("import", january(7, 8) + "\n" + january(8, 9), lines);
  CHECK_FALSE(ended.ok());
  CHECK(ended.code() == Code::too_large);
  CHECK(ended.error_code() == "too_large");
  rig.after_write.reset();
  const Reply listed = rig.ask("list");
  const auto kept = json::Document::parse(listed.text()).value();
  CHECK(kept.root().find("items").size() == 2);
}
