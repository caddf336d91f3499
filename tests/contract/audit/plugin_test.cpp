// The plugin as it is built, on a fake host whose storage/1 is an outbox: what record writes, what is absorbed, whose
// entries one sees, and what becomes of a crash between two steps.
#include <catch2/catch.hpp>
#include <socle/json.hpp>
#include <socle/testing.hpp>

#include <map>

#include "socle/audit/verify.hpp"
#include "support/temp_dir.hpp"

namespace {

namespace json = socle::json;
using namespace socle::testing;
using namespace std::chrono_literals;
using socle::Code;
using socle::Reply;

// The outbox `audit` of one tenant; positions are eight bytes big endian in base64url, as the real one's begin.
struct Outbox {
  std::map<std::uint64_t, std::string> entries;
  std::uint64_t last = 0;
  std::string tenant;
  std::uint64_t store = 7;
  bool keeps = false;  // outbox_remove fails

  static std::string position(std::uint64_t number) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    for (int shift = 58; shift >= -2; shift -= 6)
      out.push_back(digits[(shift >= 0 ? number >> shift : number << -shift) & 63U]);
    return out;
  }
  std::uint64_t number(std::string_view text) const {
    for (const auto& [at, entry] : entries)
      if (position(at) == text) return at;
    return 0;
  }
  void add(const std::string& text) { entries[++last] = text; }

  void serve(FakeHost& host) {
    host.serve("storage/1", "write", [this](const ServiceCall& call) {
      tenant = call.context.tenant();
      const auto body = json::Document::parse(call.text());
      for (const auto entry : body->root().find("outbox").elements()) add(json::to_text(entry.find("entry")));
      return Reply::json("{}");
    });
    host.serve("storage/1", "outbox_read", [this](const ServiceCall& call) {
      const auto body = json::Document::parse(call.text());
      const auto after = body->root().find("after").as_string();
      std::string text = "{\"items\":[";
      for (const auto& [at, entry] : entries) {
        if (!after.empty() && position(at) <= std::string(after)) continue;
        text.append(text.back() == '[' ? "" : ",").append("{\"position\":\"").append(position(at));
        text.append("\",\"entry\":").append(entry).append("}");
      }
      return Reply::json(text + "],\"store\":" + std::to_string(store) + "}");
    });
    host.serve("storage/1", "outbox_remove", [this](const ServiceCall& call) {
      if (keeps) return Reply::error(Code::unavailable, "gone", "storage is away");
      const auto body = json::Document::parse(call.text());
      const std::uint64_t through = number(body->root().find("through").as_string());
      entries.erase(entries.begin(), entries.upper_bound(through));
      return Reply::json("{}");
    });
  }
};

struct Rig {
  TempDir dir;
  FakeHost host;
  Outbox outbox;
  std::unique_ptr<TestedPlugin> plugin;
  Rig() {
    outbox.serve(host);
    start();
  }
  void start() {
    plugin = std::make_unique<TestedPlugin>(
        host, AUDIT_LIBRARY, R"({"directory":")" + dir.path() + R"(","segment":65536,"interval":10000000})");
    REQUIRE(plugin->created().message() == "");
    REQUIRE(plugin->start());
  }
  Reply ask(const std::string& method, const std::string& text, const std::string& tenant = "acme", Texts meta = {}) {
    Ask ask;
    ask.text = text;
    ask.meta = std::move(meta);
    ask.context.tenant = tenant;
    const Asked asked = plugin->begin(method, ask);
    for (int i = 0; i < 500 && !asked.done(); ++i) host.advance(1ms);
    return asked.done() ? asked.reply() : Reply::error(Code::internal, "still_pending", "no answer");
  }
  void run(int milliseconds) {
    for (int i = 0; i < milliseconds; ++i) host.advance(1ms);
  }
  std::size_t seen(const std::string& tenant) {
    const Reply reply = ask("query", "", tenant);
    REQUIRE(reply);
    return json::Document::parse(reply.text())->root().find("items").size();
  }
  socle::audit::Report verify() { return socle::audit::verify_trail(dir.path()); }
};

}  // namespace

TEST_CASE("audit plugin: an event is in the house's outbox when record answers, and soon in the trail", "[audit]") {
  Rig rig;
  REQUIRE(rig.ask("record", R"({"operation":"door.open","target":"doors/1","tenant":"globex","principal":"root"})"));
  CHECK(rig.outbox.tenant == "~audit");
  CHECK(rig.outbox.last == 1);
  const Reply found = rig.ask("query", "", "acme", {{"operation", "door.open"}});
  REQUIRE(found);
  const auto page = json::Document::parse(found.text());
  const auto entry = page->root().find("items").at(0);
  // The caller's text does not say whose it is.
  CHECK(entry.find("tenant").as_string() == "acme");
  CHECK(entry.find("principal").as_string() == "user:ada");
  CHECK(entry.find("target").as_string() == "doors/1");
  CHECK(entry.find("status").as_string() == "ok");
  CHECK(entry.find("at_ns").exists() == false);
  rig.run(400);
  CHECK(rig.outbox.entries.empty());
  CHECK_FALSE(rig.verify().finding);
}

TEST_CASE("audit plugin: a context without a tenant may say whose an event is", "[audit]") {
  Rig rig;
  REQUIRE(rig.ask("record", R"({"operation":"tenant.set","tenant":"globex","principal":"operator"})", ""));
  REQUIRE(rig.ask("record", R"({"operation":"access.denied","tenant":"globex","principal":"u1"})", "~peer/192.0.2.1"));
  CHECK(rig.seen("globex") == 2);
  CHECK(rig.seen("acme") == 0);
}

TEST_CASE("audit plugin: what is no event is refused", "[audit]") {
  Rig rig;
  CHECK(rig.ask("record", R"({"target":"x"})").error_code() == "bad_event");
  CHECK(rig.ask("record", R"({"events":[]})").error_code() == "bad_events");
  CHECK(rig.ask("record", R"({"operation":"x","detail":")" + std::string(20000, 'x') + "\"}").error_code() ==
        "bad_event");
  CHECK(rig.ask("record", "no").error_code() == "bad_json");
  CHECK(rig.outbox.last == 0);
  CHECK(rig.ask("query", "", "acme", {{"since", "yesterday"}}).error_code() == "bad_parameter");
  CHECK(rig.ask("query", "", "acme", {{"cursor", "x"}}).error_code() == "bad_parameter");
}

TEST_CASE("audit plugin: what was absorbed and not yet removed is not there twice after a restart", "[audit]") {
  Rig rig;
  rig.outbox.keeps = true;
  for (int i = 0; i < 5; ++i) rig.outbox.add(R"({"tenant":"acme","operation":"write","target":"notes/1"})");
  rig.run(500);
  CHECK(rig.outbox.entries.size() == 5);
  rig.plugin.reset();
  rig.outbox.keeps = false;
  rig.outbox.add(R"({"tenant":"acme","operation":"write","target":"notes/2"})");
  rig.start();
  rig.run(500);
  CHECK(rig.outbox.entries.empty());
  CHECK(rig.seen("acme") == 6);
  CHECK(rig.verify().last == 6);
}

TEST_CASE("audit plugin: another history of storage is absorbed from its beginning", "[audit]") {
  Rig rig;
  for (int i = 0; i < 5; ++i) rig.outbox.add(R"({"tenant":"acme","operation":"write"})");
  rig.run(400);
  rig.outbox = Outbox();
  rig.outbox.store = 8;
  rig.outbox.add(R"({"tenant":"acme","operation":"restored"})");
  rig.run(400);
  CHECK(rig.seen("acme") == 6);
  CHECK(rig.outbox.entries.empty());
}

TEST_CASE("audit plugin: a damaged trail is left alone, and events wait in storage", "[audit]") {
  Rig rig;
  rig.outbox.add(R"({"tenant":"acme","operation":"write"})");
  rig.run(400);
  rig.plugin.reset();
  std::filesystem::resize_file(rig.dir / "segments/00000000000000000001.log", 130);
  rig.start();
  REQUIRE(rig.ask("record", R"({"operation":"late"})"));
  rig.run(1000);
  CHECK(rig.outbox.entries.size() == 1);
  CHECK(rig.plugin->health().error_code() == "audit_failing");
  CHECK(rig.host.logged("the head names entry 1 up to offset"));
  CHECK(std::filesystem::file_size(rig.dir / "segments/00000000000000000001.log") == 130);
}

TEST_CASE("audit plugin: only the kernel erases a tenant, and then its entries are blank", "[audit]") {
  Rig rig;
  rig.outbox.add(R"({"tenant":"acme","operation":"write"})");
  CHECK(rig.ask("forget", "{}").error_code() == "kernel_only");
  Ask ask;
  ask.context.tenant = "acme";
  ask.context.principal = "kernel";
  const Asked asked = rig.plugin->begin("forget", ask);
  for (int i = 0; i < 500 && !asked.done(); ++i) rig.host.advance(1ms);
  REQUIRE(asked.done());
  CHECK(asked.reply().text() == R"({"erased":1})");
  CHECK(rig.seen("acme") == 1);  // that it was erased
  CHECK_FALSE(rig.verify().finding);
}
