// collecting_test.cpp: what nobody holds goes once it is older than the grace time, and nothing else does.
#include <chrono>
#include <fstream>

#include "rig.hpp"

using namespace blob_test;
using namespace std::chrono_literals;

namespace {

const std::string an_hour = R"(,"grace":3600000000000)";
const std::string every_second = R"(,"grace":1000000000,"sweep":1000000000)";

std::string collected(Rig& rig) {
  const Reply reply = rig.ask("collect");
  INFO(reply.message());
  REQUIRE(reply.ok());
  return std::string(reply.text());
}
std::string so_many(int files, int bytes, int leftovers) {
  return "{\"files\":" + std::to_string(files) + ",\"bytes\":" + std::to_string(bytes) +
         ",\"leftovers\":" + std::to_string(leftovers) + "}";
}

// A file on the disk of which no record tells, last written to two hours ago or now.
void leave_behind(const Rig& rig, const std::string& tenant, const std::string& id, bool old) {
  const fs::path folder = fs::path(rig.files()) / tenant / id.substr(0, 2);
  fs::create_directories(folder);
  std::ofstream(folder / id) << "bytes";
  if (old) fs::last_write_time(folder / id, fs::file_time_type::clock::now() - 2h);
}

}  // namespace

TEST_CASE("blob collecting: what nobody held for the grace time goes, and what is held stays", "[blob]") {
  FakeHost host;
  Rig rig(host, an_hour);
  const std::string held = rig.made(), loose = rig.made(), partial = rig.begun("hello");
  rig.hold(held, "forms/claim/1");
  CHECK(collected(rig) == so_many(0, 0, 0));
  CHECK(rig.on_disk().size() == 3);
  host.advance(2h);
  CHECK(collected(rig) == so_many(2, 17, 0));
  CHECK(rig.on_disk() == std::vector<std::string>{held});
  CHECK(rig.download(held).text() == hello);
  CHECK(rig.download(loose).code() == Code::not_found);
  CHECK(rig.go_on(partial, 5, "x", true).code() == Code::not_found);
  CHECK(host.level("acme", "files.bytes") == 12);
  rig.let_go(held, "forms/claim/1");
  host.advance(2h);
  CHECK(collected(rig) == so_many(1, 12, 0));
  CHECK(rig.on_disk().empty());
}

TEST_CASE("blob collecting: a mark on a file that is held is taken away, not obeyed", "[blob]") {
  FakeHost host;
  Rig rig(host, an_hour);
  const std::string id = rig.made();
  rig.hold(id, "forms/claim/1");
  REQUIRE(rig.commit(R"({"op":"put","collection":"blob:loose","id":")" + id + R"(","doc":{}})"));
  host.advance(2h);
  CHECK(collected(rig) == so_many(0, 0, 0));
  CHECK(rig.count("blob:loose") == 0);
  CHECK(rig.download(id).text() == hello);
}

TEST_CASE("blob collecting: who begins to hold a file while it is collected keeps it", "[blob]") {
  FakeHost host;
  Rig rig(host, an_hour);
  const std::string id = rig.made();
  const std::string operations = rig.attached(R"({"holder":"forms/claim/1","add":[")" + id + "\"]}");
  host.advance(2h);
  bool done = false;
  rig.instead = [&](std::string_view method, const ServiceCall&) -> std::optional<Reply> {
    if (method == "write" && !std::exchange(done, true)) REQUIRE(rig.commit(operations));
    return std::nullopt;
  };
  CHECK(collected(rig) == so_many(0, 0, 0));
  CHECK(done);
  CHECK(rig.download(id).text() == hello);
  CHECK(rig.count("blob:refs") == 1);
}

TEST_CASE("blob collecting: bytes without a record go when they are old, bytes with one stay", "[blob]") {
  FakeHost host;
  Rig rig(host, an_hour);
  const std::string id = rig.made(), old_one(32, 'a'), young(32, 'b');
  rig.hold(id, "forms/claim/1");
  fs::last_write_time(fs::path(rig.files()) / "acme" / id.substr(0, 2) / id, fs::file_time_type::clock::now() - 2h);
  leave_behind(rig, "acme", old_one, true);
  leave_behind(rig, "acme", young, false);
  leave_behind(rig, "globex", old_one, true);
  CHECK(collected(rig) == so_many(0, 0, 1));
  const auto left = rig.on_disk();
  CHECK(left.size() == 3);
  CHECK(std::count(left.begin(), left.end(), old_one) == 1);  // another tenant's
  CHECK(std::count(left.begin(), left.end(), young) == 1);
  CHECK(rig.download(id).text() == hello);
}

TEST_CASE("blob collecting: it happens by itself, for every tenant, until the generation drains", "[blob]") {
  FakeHost host;
  Rig rig(host, every_second);
  REQUIRE(rig.plugin->start().ok());
  rig.made();
  rig.tenant = "globex";
  rig.made();
  host.advance(5s);
  CHECK(rig.on_disk().empty());
  CHECK(std::count(host.audit().begin(), host.audit().end(), "acme: collect files that no record holds") > 0);
  CHECK(std::count(host.audit().begin(), host.audit().end(), "globex: collect files that no record holds") > 0);
}

TEST_CASE("blob collecting: storage that is away for one tenant holds up no other, and is asked again", "[blob]") {
  FakeHost host;
  Rig rig(host, every_second);
  REQUIRE(rig.plugin->start().ok());
  const std::string waits = rig.made();
  rig.tenant = "globex";
  rig.made();
  bool away = true;
  rig.instead = [&](std::string_view, const ServiceCall& call) -> std::optional<Reply> {
    if (!away || call.context.tenant() != "acme") return std::nullopt;
    return Reply::error(Code::unavailable, "storage_down", "storage does not answer");
  };
  host.advance(5s);
  CHECK(rig.on_disk() == std::vector<std::string>{waits});
  CHECK(host.logged("files were not collected: storage does not answer"));
  away = false;
  host.advance(5s);
  CHECK(rig.on_disk().empty());
}

TEST_CASE("blob collecting: a tenant that is erased takes its own files with it", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string stays = rig.made();
  rig.tenant = "globex";
  rig.made();
  rig.begun("hello");
  CHECK(rig.ask("forget").ok());
  CHECK(rig.on_disk() == std::vector<std::string>{stays});
  CHECK(rig.ask("forget").ok());
  rig.tenant = "";
  CHECK(rig.ask("forget").error_code() == "tenant_required");
}
