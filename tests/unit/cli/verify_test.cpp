// verify_test.cpp: the loader's checks in the client, on the good and broken plugins of tests/plugins.
#include "cli/verify.hpp"

#include <catch2/catch.hpp>

#include "loader/verify.hpp"
#include "reading.hpp"
#include "temp_folder.hpp"

namespace socle::cli {
namespace {

std::filesystem::path broken(const std::string& name) { return std::filesystem::path(SOCLE_BROKEN_PLUGINS) / name; }

// The broken library under a manifest that reads (the fixtures' own names have underscores).
std::filesystem::path package(const TempFolder& temp, const std::string& name, const std::string& asks = "",
                              const std::string& plugin = "fixture", const std::string& provides = "") {
  static_cast<void>(temp.write("plugin/manifest.yaml",
                               "plugin: " + plugin + "\nversion: 1.0.0\nabi: 1.0\nlibrary: lib" + name +
                                   ".so\nprovides: [" + provides + "]\npermissions: [" + asks + "]\nstate: none\n"));
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
  CHECK(verify_here(plugin, std::nullopt).json.find("libcrypto.so.3") == std::string::npos);
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

TEST_CASE("verify: dlopen and threads are only allowed to whom the entry grants them", "[cli]") {
  struct Ability {
    const char *fixture, *permission, *code;
  };
  for (const Ability& a :
       {Ability{"imports_dlopen", "dlopen", "import_dlopen"}, {"threaded", "threads", "import_thread"}}) {
    INFO(a.fixture);
    const TempFolder temp;
    const std::string path = package(temp, a.fixture, a.permission).string();
    const std::string entry = "socle: 1\nplugins:\n  - {path: \"" + path + "\", home: kernel";
    const auto granted = temp.write("granted.yaml", entry + ", grants: [" + a.permission + "]}\n");
    const auto bare = temp.write("bare.yaml", entry + "}\n");
    CHECK(verify_here(path, granted).json.find(a.code) == std::string::npos);
    CHECK(verify_here(path, std::nullopt).json.find(a.code) == std::string::npos);
    CHECK(verify_here(path, bare).json.find(a.code) != std::string::npos);
  }
}

// Sanitizers, and what counts for a fuzzer, put code of their own into the entry: then only loading tells.
TEST_CASE("verify: a manifest that names what its library does not have is refused with both", "[cli]") {
  const TempFolder temp;
  const auto answer = verify_here(
      package(temp, "good_a", "", "swap", "{service: swap/1, methods: {answer: {}, gone: {}}}"), std::nullopt);
  INFO(answer.json);
  const Reading json(answer.json);
  if (answer.exit_code == 0) {
    CHECK(loader::sanitizer_build());
    CHECK(json::View(json).find("descriptor").as_string() == "unread");
    return;
  }
  const json::View finding = json::View(json).find("findings").at(0);
  CHECK(finding.find("code").as_string() == "methods");
  CHECK(finding.find("found").as_string() == "no swap/1.gone in the descriptor, which lists swap/1.answer");
  CHECK(finding.find("wanted").as_string() == "every method that the manifest names");
}

TEST_CASE("verify: another name in the descriptor than in the manifest is refused with both", "[cli]") {
  const auto answer = verify_here(broken("other_name"), std::nullopt);
  INFO(answer.json);
  if (loader::sanitizer_build() && answer.exit_code == 0) {
    CHECK(answer.json.find(R"("unread")") != std::string::npos);
    return;
  }
  CHECK(answer.exit_code == 1);
  CHECK(answer.json.find("[descriptor] found the name 'somebody_else'; wanted 'other-name', as its manifest says") !=
        std::string::npos);
}

TEST_CASE("verify: a descriptor that only running the library would tell is told to be unread", "[cli]") {
  const auto told = [](const std::string& fixture) {
    const Reading json(verify_here(broken(fixture), std::nullopt).json);
    return std::string(json::View(json).find("descriptor").as_string());
  };
  CHECK(told("entry_throws") == "unread");
  CHECK((told("good_a") == "compared" || loader::sanitizer_build()));
}

TEST_CASE("verify: a system manifest that does not read is the error", "[cli]") {
  const TempFolder temp;
  const auto answer = verify_here(broken("good_a"), temp.write("half.yaml", "socle: 1\nplugins: [{path: \"x"));
  CHECK(answer.exit_code == 1);
  CHECK(answer.json.find("half.yaml") != std::string::npos);
}

}  // namespace socle::cli
