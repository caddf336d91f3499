#include <catch2/catch.hpp>

#include "manifest_texts.hpp"
#include "temp_folder.hpp"

using namespace socle::manifest;

namespace {

constexpr const char* schema = R"(config:
  greeting: {type: string, default: Hello, max_length: 8}
  count: {type: integer, minimum: 1, maximum: 10}
  ratio: {type: number}
  loud: {type: boolean, default: false}
  pause: {type: duration, default: 5s}
  room: {type: size, maximum: 1MiB}
  store: {type: path, default: store}
  mode: {type: enum, values: [sync, async], default: sync}
  names: {type: list, max_length: 2}
  ports: {type: map, items: {type: integer}}
  token: {type: string, secret: true}
)";

socle::Result<std::string> config(const std::string& given, const std::string& declared = schema,
                                  const std::string& folder = "/etc/socle") {
  const auto manifest = plugin(declared);
  REQUIRE(manifest);
  const auto system = parse_system_manifest("socle: 1\nplugins:\n  - path: p\n" + given, folder + "/s.yaml");
  REQUIRE(system);
  return config_for(*system, system->plugins[0], *manifest);
}

std::string why(const std::string& given, const std::string& declared = schema) {
  const auto text = config("    config: {" + given + "}\n", declared);
  return text ? *text : text.error().message;
}

}  // namespace

TEST_CASE("config: defaults are filled in, times are nanoseconds, sizes bytes, paths absolute", "[manifest]") {
  CHECK(config("").value() ==
        R"({"greeting":"Hello","loud":false,"mode":"sync","pause":5000000000,"store":"/etc/socle/data/store"})");
}

TEST_CASE("config: given values replace defaults", "[manifest]") {
  CHECK(config(R"y(    config:
      greeting: "Hi \"\t"
      count: 3
      ratio: 0.5
      loud: true
      pause: 10ms
      room: 64KiB
      store: /var/store
      mode: async
      names: [a, "5"]
      ports: {b: 2, a: 1}
)y")
            .value() ==
        R"({"count":3,"greeting":"Hi \"\u0009","loud":true,"mode":"async","names":["a","5"],"pause":10000000,)"
        R"("ports":{"a":1,"b":2},"ratio":0.5,"room":65536,"store":"/var/store"})");
}

TEST_CASE("config: problems point into the system manifest", "[manifest]") {
  const std::string at = "/etc/socle/s.yaml:4:";
  CHECK(why("greting: x") == at + "14: unknown setting 'greting'; did you mean 'greeting'?");
  CHECK(why("count: x, ratio: y") == at + "21: expected a whole number such as 64 or -1, found 'x'\n" + at +
                                         "31: expected a number such as 10 or 0.5, found 'y'");
  CHECK(why("count: 0") == at + "21: expected at least 1, found '0'");
  CHECK(why("count: 11") == at + "21: expected at most 10, found '11'");
  CHECK(why("room: 2MiB") == at + "20: expected at most 1MiB, found '2MiB'");
  CHECK(why("loud: 'true'") == at + "20: expected true or false, found 'true'");
  CHECK(why("greeting: 5") == at + "24: expected a string, found '5'; put it in quotes to mean the text");
  CHECK(why("greeting: [a]") == at + "24: expected a string, found a list");
  CHECK(why("greeting: 123456789x") == at + "24: expected at most 8 characters, found '123456789x'");
  CHECK(why("greeting: äöüäöüäö").find("äöüäöüäö") != std::string::npos);
  CHECK(why("mode: asnc") == at + "20: expected one of sync or async, found 'asnc'; did you mean 'async'?");
  CHECK(why("names: a") == at + "21: expected a list, found 'a'");
  CHECK(why("names: [a, b, c]") == at + "21: expected at most 2 entries, found 3");
  CHECK(why("ports: {a: x}") == at + "25: expected a whole number such as 64 or -1, found 'x'");
  CHECK(why("ports: [a]") == at + "21: expected a map, found a list");
}

TEST_CASE("config: a required setting must be given", "[manifest]") {
  const std::string required = "config: {url: {type: string, required: true, describe: Where to}}\n";
  CHECK(config("", required).error().message == "/etc/socle/s.yaml:3:5: missing setting 'url' (string): Where to");
  CHECK(why("", required) == "/etc/socle/s.yaml:4:13: missing setting 'url' (string): Where to");
  CHECK(config("    config: []\n", "").error().message ==
        "/etc/socle/s.yaml:4:13: expected a map of settings, found a list");
}

TEST_CASE("config: a secret is read from its file and never shown", "[manifest]") {
  const TempFolder folder;
  folder.write("token.txt", "s3cret\n");
  folder.write("empty.txt", "\n");
  const std::string secret = "config: {token: {type: string, secret: true}}\n";
  CHECK(config("    config: {token: \"file:token.txt\"}\n", secret, folder.path().string()).value() ==
        R"({"token":"s3cret"})");
  const auto inlined = config("    config: {token: s3cret}\n", secret, folder.path().string()).error().message;
  CHECK(inlined ==
        folder.path().string() +
            "/s.yaml:4:21: this setting is a secret; expected file:PATH, found a value; put it into a file that "
            "only the kernel's user can read");
  CHECK(config("    config: {token: \"file:none\"}\n", secret, folder.path().string()).error().message ==
        folder.path().string() + "/s.yaml:4:21: read the secret: open '" + folder.path().string() +
            "/none': No such file or directory");
  CHECK(config("    config: {token: \"file:empty.txt\"}\n", secret, folder.path().string())
            .error()
            .message.ends_with("read the secret: the file '" + folder.path().string() + "/empty.txt' is empty"));
}
