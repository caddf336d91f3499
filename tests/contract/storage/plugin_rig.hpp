// plugin_rig.hpp: storage-rocksdb as it is built, on a fake host, for the tests of what only the real plugin has.
#pragma once

#include <socle/testing.hpp>

#include <catch2/catch.hpp>

#include <string>

#include "socle/json.hpp"
#include "support/temp_dir.hpp"

namespace storage_test {

using socle::Reply;
using socle::testing::Ask;
using socle::testing::Asked;
using socle::testing::FakeHost;
using socle::testing::TempDir;
using socle::testing::TestedPlugin;

inline Ask asking(std::string text, std::string tenant = "acme") {
  Ask ask;
  ask.text = std::move(text);
  ask.context.tenant = std::move(tenant);
  return ask;
}

inline std::string config(const TempDir& directory, const std::string& more = "") {
  return R"({"directory":")" + directory / "db" + "\"" + more + "}";
}

struct Running {
  explicit Running(const std::string& configuration, const std::string& library = STORAGE_LIBRARY)
      : plugin(host, library, configuration) {
    REQUIRE(plugin.created().ok());
    const Reply started = plugin.start();
    INFO(started.message());
    REQUIRE(started.ok());
  }
  Reply ask(std::string_view method, const std::string& text, const std::string& tenant = "acme") {
    return plugin.ask(method, asking(text, tenant));
  }
  void put(const std::string& id, const std::string& doc = "{}") {
    const Reply reply =
        ask("write", R"({"operations":[{"op":"put","collection":"x","id":")" + id + R"(","doc":)" + doc + "}]}");
    INFO(reply.message());
    REQUIRE(reply.ok());
  }
  void declare(const std::string& indexes = "[]") {
    REQUIRE(ask("declare", R"({"collection":"x","indexes":)" + indexes + "}").ok());
  }
  FakeHost host;
  TestedPlugin plugin;
};

inline std::string position_of(const Reply& reply) {
  auto doc = socle::json::Document::parse(reply.text());
  return std::string(doc->root().find("position").as_string());
}

}  // namespace storage_test
