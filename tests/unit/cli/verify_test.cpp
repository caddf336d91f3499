// verify_test.cpp: the loader's checks in the client, on the good and broken plugins of tests/plugins.
#include "cli/verify.hpp"

#include <catch2/catch.hpp>

#include "reading.hpp"
#include "temp_folder.hpp"

namespace socle::cli {
namespace {

std::filesystem::path broken(const std::string& name) { return std::filesystem::path(SOCLE_BROKEN_PLUGINS) / name; }

// The broken library under a manifest that reads (the fixtures' own names have underscores).
std::filesystem::path package(const TempFolder& temp, const std::string& name, const std::string& asks = "") {
  static_cast<void>(temp.write("plugin/manifest.yaml", "plugin: fixture\nversion: 1.0.0\nabi: 1.0\nlibrary: lib" +
                                                           name + ".so\nprovides: []\npermissions: [" + asks +
                                                           "]\nstate: none\n"));
  std::filesystem::copy_file(broken(name) / ("lib" + name + ".so"), temp.path() / "plugin" / ("lib" + name + ".so"));
  return temp.path() / "plugin";
}

}  // namespace

TEST_CASE("verify: a good plugin is told with hash and ABI", "[cli]") {
  const auto answer = verify_here(broken("good_a"), std::nullopt);
  INFO(answer.json);
  CHECK(answer.exit_code == 0);
  const Reading json(answer.json);
  CHECK(json::View(json).find("verified").as_bool());
  const std::string text(json::View(json).find("text").as_string());
  CHECK(text.starts_with("plugin 'swap' 1.0.0: sha256 "));
  CHECK(text.ends_with(", ABI 1.0, not signed"));
}

TEST_CASE("verify: every finding is in the answer with what to do", "[cli]") {
  const TempFolder temp;
  const auto answer = verify_here(package(temp, "two_exports"), std::nullopt);
  CHECK(answer.exit_code == 1);
  const Reading json(answer.json);
  CHECK(json::View(json).find("error").find("code").as_string() == "invalid");
  REQUIRE_FALSE(json::View(json).find("findings").empty());
  for (const json::View finding : json::View(json).find("findings").elements()) {
    for (const char* part : {"code", "found", "wanted", "do"}) CHECK_FALSE(finding.find(part).as_string().empty());
  }
}

TEST_CASE("verify: a folder without a manifest is refused with its path", "[cli]") {
  const TempFolder temp;
  const auto answer = verify_here(temp.path(), std::nullopt);
  CHECK(answer.exit_code == 1);
  const Reading json(answer.json);
  CHECK(json::View(json).find("error").find("message").as_string().find(temp.path().string()) != std::string::npos);
}

TEST_CASE("verify: the system manifest says which libraries are resident", "[cli]") {
  const TempFolder temp;
  const auto bare = temp.write("bare.yaml", "socle: 1\nplugins: []\n");
  const auto plugin = package(temp, "needs_resident");
  const auto answer = verify_here(plugin, bare);
  INFO(answer.json);
  CHECK(answer.exit_code == 1);
  CHECK(answer.json.find("libcrypto.so.3") != std::string::npos);
  CHECK(verify_here(plugin, std::nullopt).exit_code == 0);
}

TEST_CASE("verify: with a trust list an unsigned plugin is refused", "[cli]") {
  const TempFolder temp;
  const auto system = temp.write("system.yaml", "socle: 1\nplugins: []\ntrust: [\"" + std::string(64, 'a') + "\"]\n");
  const auto answer = verify_here(broken("good_a"), system);
  INFO(answer.json);
  CHECK(answer.exit_code == 1);
  const Reading json(answer.json);
  CHECK(json::View(json).find("findings").at(0).find("code").as_string() == "unsigned");
}

TEST_CASE("verify: the entry's config is checked against the plugin's manifest", "[cli]") {
  const TempFolder temp;
  const auto system = temp.write("system.yaml", "socle: 1\nplugins:\n  - {path: \"" + broken("good_a").string() +
                                                    "\", home: kernel, config: {colour: red}}\n");
  const auto answer = verify_here(broken("good_a"), system);
  INFO(answer.json);
  CHECK(answer.exit_code == 1);
  const Reading json(answer.json);
  const json::View finding = json::View(json).find("findings").at(0);
  CHECK(finding.find("code").as_string() == "config");
  CHECK(finding.find("found").as_string().find("colour") != std::string::npos);
}

TEST_CASE("verify: dlopen is only allowed to whom the entry grants it", "[cli]") {
  const TempFolder temp;
  const std::string path = package(temp, "imports_dlopen", "dlopen").string();
  const auto granted =
      temp.write("granted.yaml", "socle: 1\nplugins:\n  - {path: \"" + path + "\", home: kernel, grants: [dlopen]}\n");
  const auto bare = temp.write("bare.yaml", "socle: 1\nplugins:\n  - {path: \"" + path + "\", home: kernel}\n");
  CHECK(verify_here(path, granted).exit_code == 0);
  CHECK(verify_here(path, bare).json.find("import_dlopen") != std::string::npos);
}

TEST_CASE("verify: a system manifest that does not read is the error", "[cli]") {
  const TempFolder temp;
  const auto answer = verify_here(broken("good_a"), temp.write("half.yaml", "socle: 1\nplugins: [{path: \"x"));
  CHECK(answer.exit_code == 1);
  CHECK(answer.json.find("half.yaml") != std::string::npos);
}

}  // namespace socle::cli
