// faults_test.cpp: what becomes of files when storage, the pool or memory fails, and when a call is given up anywhere.
#include "rig.hpp"

using namespace blob_test;

namespace {

// Storage answers `reply` in place of this method.
auto answering(std::string wanted, Reply reply) {
  return [wanted = std::move(wanted), reply = std::move(reply)](std::string_view method,
                                                                const ServiceCall&) -> std::optional<Reply> {
    if (!wanted.empty() && method != wanted) return std::nullopt;
    return reply;
  };
}
Reply down() { return Reply::error(Code::unavailable, "storage_down", "storage does not answer"); }

// Runs `action` with its `cut`-th await point cut; gives how many it met.
template <class Action>
unsigned cutting(FakeHost& host, unsigned cut, Action action) {
  host.cancel_await_point(cut);
  action();
  const unsigned points = host.await_points();
  host.cancel_await_point(0);
  return points;
}
// `scenario(host, cut)` with nothing cut, then with the 1st, 2nd … await point cut, as long as it meets so many.
template <class Scenario>
unsigned cut_each(Scenario scenario) {
  for (unsigned cut = 0;; ++cut) {
    FakeHost host;
    const unsigned points = scenario(host, cut);
    if (cut > 0 && points < cut) return cut - 1;
    REQUIRE(cut < 200);
  }
}

const std::string at_once = R"(,"grace":0)";

}  // namespace

TEST_CASE("blob faults: while storage is away every call says so, and nothing is kept that nobody knows", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made(), part = rig.begun("hello");
  const auto before = rig.on_disk();
  rig.instead = answering("", down());
  const std::vector<Reply> replies{rig.upload(hello),
                                   rig.go_on(part, 5, "x", true),
                                   rig.download(id),
                                   rig.about(id),
                                   rig.ask("remove", {{"id", id}}),
                                   rig.ask("attach", {}, R"({"holder":"forms/claim/1","add":[")" + id + "\"]}"),
                                   rig.ask("collect")};
  for (const auto& reply : replies) {
    REQUIRE_FALSE(reply.ok());
    CHECK(reply.code() == Code::unavailable);
    CHECK(reply.message() == "storage does not answer");
  }
  CHECK(rig.on_disk() == before);
  rig.instead = nullptr;
  CHECK(rig.download(id).text() == hello);
}

TEST_CASE("blob faults: memory that is used up, or that one request may not have, is no plan's limit on files",
          "[blob]") {
  FakeHost host;
  Rig rig(host);
  rig.instead = answering("write", Reply::error(Code::exhausted, "exhausted", "the memory budget is used up"));
  const Reply later = rig.upload(hello);
  CHECK(later.code() == Code::exhausted);
  CHECK(later.error_code() == "exhausted");
  CHECK(later.http_status() != 507);
  rig.instead = answering("write", Reply::error(Code::too_large, "too_large", "the request needs more memory"));
  const Reply large = rig.upload(hello);
  CHECK(large.code() == Code::too_large);
  CHECK(large.error_code() == "too_large");
  CHECK(large.http_status() != 507);
  const std::string full = "the tenant would store 9 documents, its plan allows 8: delete something";
  rig.instead = answering("write", Reply::error(Code::exhausted, "storage_quota", full).with_status(507));
  const Reply over = rig.upload(hello);
  CHECK(over.http_status() == 507);
  CHECK(over.error_code() == "files_quota");
  CHECK(over.message() == full);
  rig.instead = answering("write", Reply::error(Code::storage_full, "storage_full", "the disk is full"));
  CHECK(rig.upload(hello).http_status() == 507);
  CHECK(rig.on_disk().empty());
}

TEST_CASE("blob faults: a store that answers no JSON is a fault, not a missing file", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  rig.instead = answering("get", Reply::json("no"));
  CHECK(rig.download(id).code() == Code::internal);
  CHECK(rig.ask("remove", {{"id", id}}).code() == Code::internal);
  rig.instead = nullptr;
  CHECK(rig.download(id).text() == hello);
}

TEST_CASE("blob faults: bytes that are shorter than their record are no file", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  fs::resize_file(fs::path(rig.files()) / "acme" / id.substr(0, 2) / id, 5);
  CHECK(rig.download(id).code() == Code::data_loss);
}

TEST_CASE("blob faults: a pool that is full is told as busy", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  host.fail("offload", Code::unavailable);
  CHECK(rig.upload(hello).code() == Code::unavailable);
  host.fail("offload", Code::unavailable, 2);  // the part is open by then
  CHECK(rig.upload(hello).code() == Code::unavailable);
  host.fail("offload", Code::unavailable);
  CHECK(rig.download(id).code() == Code::unavailable);
  CHECK(rig.download(id).text() == hello);
  CHECK(rig.on_disk() == std::vector<std::string>{id});
}

TEST_CASE("blob faults: an upload beside others counts once, however often it has to be tried", "[blob]") {
  FakeHost host;
  Rig rig(host);
  rig.made();
  int clashes = 3;
  rig.instead = [&](std::string_view method, const ServiceCall&) -> std::optional<Reply> {
    if (method == "write" && clashes > 0 && clashes-- > 0)
      REQUIRE(rig.commit(R"({"op":"put","collection":"blob:usage","id":"total","doc":{"bytes":100,"files":3}})"));
    return std::nullopt;
  };
  CHECK(rig.upload(hello).http_status() == 201);
  CHECK(clashes == 0);
  CHECK(host.level("acme", "files.bytes") == 112);
  CHECK(rig.count("blob:files") == 2);
}

TEST_CASE("blob faults: an upload that is cut anywhere is there or not, and what it leaves is collected", "[blob]") {
  unsigned acknowledged = 0;
  const unsigned points = cut_each([&](FakeHost& host, unsigned cut) {
    Rig rig(host, at_once, Answers::later);
    Reply made;
    const unsigned met = cutting(host, cut, [&] { made = rig.upload(hello); });
    acknowledged += made.ok() ? 1 : 0;
    if (made.ok()) CHECK(rig.download(member(made, "/id")).text() == hello);
    REQUIRE(rig.ask("collect").ok());
    CHECK(rig.on_disk().empty());
    CHECK(rig.count("blob:files") == 0);
    return met;
  });
  CHECK(points >= 8);
  CHECK(acknowledged >= 1);
}

TEST_CASE("blob faults: a part that is cut anywhere can be sent again", "[blob]") {
  const unsigned points = cut_each([&](FakeHost& host, unsigned cut) {
    Rig rig(host, "", Answers::later);
    const std::string id = rig.begun("hello");
    Reply last;
    const unsigned met = cutting(host, cut, [&] { last = rig.go_on(id, 5, ", world", true); });
    if (!last.ok()) last = rig.go_on(id, 5, ", world", true);
    INFO(last.message());
    CHECK(last.ok());
    CHECK(rig.download(id).text() == hello);
    return met;
  });
  CHECK(points >= 5);
}

TEST_CASE("blob faults: a removal that is cut anywhere leaves no record without its bytes", "[blob]") {
  const unsigned points = cut_each([&](FakeHost& host, unsigned cut) {
    Rig rig(host, at_once, Answers::later);
    const std::string id = rig.made();
    Reply removed;
    const unsigned met = cutting(host, cut, [&] { removed = rig.ask("remove", {{"id", id}}); });
    if (removed.ok()) CHECK_FALSE(rig.about(id).ok());
    if (rig.about(id).ok()) CHECK(rig.download(id).text() == hello);
    REQUIRE(rig.ask("collect").ok());
    CHECK(rig.on_disk().empty());
    return met;
  });
  CHECK(points >= 5);
}
