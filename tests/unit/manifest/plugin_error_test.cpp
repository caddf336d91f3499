// What a person reads after a mistake in a plugin manifest.
#include <catch2/catch.hpp>

#include "manifest_texts.hpp"

using namespace socle::manifest;

TEST_CASE("plugin manifest: an unknown key names its nearest neighbour", "[manifest]") {
  const auto manifest = parse_plugin_manifest(
      "plugin: hello\nverison: 1.0.0\nversion: 1.0.0\nabi: 1.0\nlibrary: l.so\n", "p/manifest.yaml");
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().code == socle::Code::invalid);
  CHECK(manifest.error().message == "p/manifest.yaml:2:1: unknown key 'verison'; did you mean 'version'?");
  CHECK(plugin_error("colour: red\n") == "m.yaml:5:1: unknown key 'colour'");
  CHECK(plugin_error("restart: {backof: 1s..2s}\n") == "m.yaml:5:11: unknown key 'backof'; did you mean 'backoff'?");
}

TEST_CASE("plugin manifest: every problem is reported, in order", "[manifest]") {
  CHECK(parse_plugin_manifest("plugin: Hello\nhome: moon\nabi: x\nhealth: {interval: fast}\n", "m.yaml")
            .error()
            .message ==
        "m.yaml:1:1: missing key 'version' (version): The plugin's own version.\n"
        "m.yaml:1:1: missing key 'library' (path): File name of the shared library, beside the manifest. A signature "
        "lies beside it as LIBRARY.sig.\n"
        "m.yaml:1:9: expected a name such as storage-rocksdb (lower-case letters, digits, '-'), found 'Hello'\n"
        "m.yaml:2:7: expected cell or kernel, found 'moon'\n"
        "m.yaml:3:6: expected an ABI version such as 1.0, found 'x'\n"
        "m.yaml:4:20: expected a duration such as 100ms, 5s or 10min, found 'fast'");
}

TEST_CASE("plugin manifest: a mistyped value says what was wanted and found", "[manifest]") {
  const auto at = [](int column) { return "m.yaml:5:" + std::to_string(column) + ": expected "; };
  CHECK(plugin_error("describe: 5\n") == at(11) + "a string, found the number 5; put it in quotes to mean the text");
  CHECK(plugin_error("describe: true\n") ==
        at(11) + "a string, found the boolean true; put it in quotes to mean the text");
  CHECK(plugin_error("describe: '5'\n") == "accepted");
  CHECK(plugin_error("describe: [a]\n") == at(11) + "a string, found a list");
  CHECK(plugin_error("describe:\n") == "m.yaml:5:1: expected a string, found nothing");
  CHECK(plugin_error("irreversible: yes\n") == at(15) + "true or false, found 'yes'");
  CHECK(plugin_error("irreversible: 'true'\n") == at(15) + "true or false, found 'true' in quotes; remove them");
  CHECK(plugin_error("state_version: 1.5\n") == at(16) + "a whole number from 0 up such as 64, found '1.5'");
  CHECK(plugin_error("state_version: 0\n") == at(16) + "a value from 1 to 1000000, found '0'");
  CHECK(plugin_error("state_limit: 64\n") == at(14) + "a size such as 512B, 64KiB or 1MiB, found '64'");
  CHECK(plugin_error("drain: 5\n") == at(8) + "a duration such as 100ms, 5s or 10min, found '5'");
  CHECK(plugin_error("start_timeout: 11min\n") == at(16) + "a value from 1ms to 10min, found '11min'");
  CHECK(plugin_error("state: exlusive\n") ==
        at(8) + "one of none, cache or exclusive, found 'exlusive'; did you mean 'exclusive'?");
  CHECK(plugin_error("self_test: maybe\n") == at(12) + "true, false or a duration such as 5s, found 'maybe'");
  CHECK(plugin_error("sha256: AB\n") == at(9) + "64 lower-case hex digits, found 'AB'");
  CHECK(plugin_error("restart: 5\n") == at(10) + "a map of keys and values, found '5'");
  CHECK(plugin_error("routes: {}\n") == at(9) + "a list, found a map");
  CHECK(plugin_error("restart: {backoff: 10s..1s, intensity: 5}\n") ==
        at(20) + "a range of durations such as 100ms..10s, found '10s..1s'\n" + at(40) +
            "a rate such as 5 per 60s, found '5'");
  CHECK(plugin_error("requires: [storage]\n") == at(12) + "a service such as storage/1, found 'storage'");
  CHECK(plugin_error("requires: [{service: a/1, plugin_version: ^1}]\n") ==
        at(43) + "a version range such as \">=1.2 <2\", found '^1'");
  CHECK(plugin_error("filters: [{match: x, method: m}]\n") ==
        at(19) + "a pattern of calls such as storage/1.* or */1.get, found 'x'");
}

TEST_CASE("plugin manifest: a library is a file name beside it", "[manifest]") {
  for (const std::string name : {"../evil.so", "/lib/x.so", "..", "a/b.so"}) {
    INFO(name);
    CHECK(parse_plugin_manifest("plugin: a\nversion: 1.0.0\nabi: 1.0\nlibrary: " + name + "\n", "m.yaml")
              .error()
              .message == "m.yaml:4:10: expected a file name without '/' such as libhello.so, found '" + name + "'");
  }
}

TEST_CASE("plugin manifest: permissions are a closed list", "[manifest]") {
  const std::string wanted =
      "expected a permission: call:SERVICE/N, subscribe:CHANNEL, filter:PATTERN, ingress, "
      "act-as:tenants, "
      "catalog, threads, dlopen, read:/PATH, write:/PATH, network, found ";
  CHECK(plugin_error("permissions: [root]\n") == "m.yaml:5:15: " + wanted + "'root'");
  CHECK(plugin_error("permissions: [catalogue]\n") ==
        "m.yaml:5:15: " + wanted + "'catalogue'; did you mean 'catalog'?");
  CHECK(plugin_error("permissions: [act-as: users]\n").find(wanted + "'act-as:users'") != std::string::npos);
  for (const char* good : {"ingress", "catalog", "threads", "dlopen", "network", "read:/srv", "write:/srv"})
    CHECK(parse_permission(good));
  for (const char* bad : {"catalog:/srv", "read", "read:srv", "write:/srv/../etc", "network:/"})
    CHECK_FALSE(parse_permission(bad));
  CHECK(plugin_error("permissions: [[a]]\n") == "m.yaml:5:15: " + wanted + "a list");
}

TEST_CASE("plugin manifest: services are provided and required once, and not both", "[manifest]") {
  CHECK(plugin_error("provides: [{service: a/1, methods: {m: {}}}, {service: a/1, methods: {n: {}}}]\n") ==
        "m.yaml:5:46: service 'a/1' is provided twice; put its methods into one entry");
  CHECK(plugin_error("requires: [a/1, a/1]\n") == "m.yaml:5:17: service 'a/1' is required twice");
  CHECK(plugin_error("provides: [{service: a/1, methods: {m: {}}}]\nrequires: [a/1]\n") ==
        "m.yaml:6:12: the plugin requires 'a/1', which it provides itself");
  CHECK(plugin_error("provides: [{service: a/1, methods: {2m: {}}}]\n") ==
        "m.yaml:5:37: expected a method name such as greet, found '2m'");
}

TEST_CASE("plugin manifest: routes are checked against methods and one another", "[manifest]") {
  const std::string provides = "provides: [{service: a/1, methods: {get: {}}}]\n";
  const auto route = [&](const std::string& text) { return plugin_error(provides + "routes: [" + text + "]\n"); };
  CHECK(route("{GET: /x, to: a/1.get}") == "accepted");
  CHECK(route("{GET: /x, to: a/1.gte}") ==
        "m.yaml:6:10: the route leads to 'a/1.gte', which this plugin does not provide; did you mean 'a/1.get'?");
  CHECK(route("{GET: /x/{a}, to: a/1.get}, {GET: \"/x/{b}\", to: a/1.get}").find("not valid YAML") !=
        std::string::npos);
  CHECK(route("{GET: \"/x/{a}\", to: a/1.get}, {GET: \"/x/{b}\", to: a/1.get}") ==
        "m.yaml:6:40: route 'GET /x/{}' is there twice; the first is in line 6");
  CHECK(route("{GET: /x, PUT: /x, to: a/1.get}") == "m.yaml:6:25: a route has one method; make a second route of this");
  CHECK(route("{to: a/1.get}") ==
        "m.yaml:6:10: missing key: a route needs its method and path, e.g. GET: /v1/hello/{name}");
  CHECK(route("{get: /x, to: a/1.get}").starts_with("m.yaml:6:10: missing key: a route needs"));
  CHECK(route("{GET: x, to: a/1.get}") ==
        "m.yaml:6:16: expected a path such as /v1/hello/{name}, found 'x': it must begin with '/'");
  CHECK(route("{GET: /x, to: a/1.get, access: pubic}") ==
        "m.yaml:6:41: expected public, authenticated or a permission such as records:read, found 'pubic'; did you mean "
        "'public'?");
  CHECK(route("{GET: /x, to: a/1.get, access: 'no no'}") ==
        "m.yaml:6:41: expected public, authenticated or a permission such as records:read, found 'no no'");
  CHECK(route("{GET: /x, to: a/1.get, consumes: [json]}") ==
        "m.yaml:6:44: expected a media type such as application/json, a range such as text/*, or */*, found 'json'");
  for (const std::string never : {"*/json", "text/x*", "text/*+json", "te*t/plain", "*", "*/", "/*", "a/b/c", "a//b"}) {
    INFO(never);
    CHECK(route("{GET: /x, to: a/1.get, consumes: ['" + never + "']}") ==
          "m.yaml:6:44: expected a media type such as application/json, a range such as text/*, or */*, found '" +
              never + "'");
  }
  CHECK(route("{GET: /x, to: a/1.get, consumes: ['text/*', '*/*', application/vnd.a-b+json]}") == "accepted");
}

TEST_CASE("plugin manifest: route parameters are checked against the path and their type", "[manifest]") {
  const std::string before =
      "provides: [{service: a/1, methods: {get: {}}}]\nroutes: [{GET: \"/x/{id}\", to: a/1.get, params: ";
  const auto params = [&](const std::string& text) { return plugin_error(before + text + "}]\n"); };
  CHECK(params("{id: {in: query}}") ==
        "m.yaml:6:53: parameter 'id' stands in the path; expected 'in: path', found 'in: query'");
  CHECK(params("{no: {in: path}}") ==
        "m.yaml:6:53: parameter 'no' is said to be in the path, but '/x/{id}' has no {no}");
  CHECK(params("{a: {minimum: 1}}") ==
        "m.yaml:6:52: minimum and maximum are for integer and number, found type string");
  CHECK(params("{a: {type: integer, minimum: 2, maximum: 1}}") == "m.yaml:6:52: minimum 2 is above maximum 1");
  CHECK(params("{a: {type: integer, max_length: 2}}") == "m.yaml:6:52: max_length is for string, found type integer");
  CHECK(params("{a: {type: integer, default: x}}") == "m.yaml:6:77: expected a default of type integer, found 'x'");
  CHECK(params("{a: {type: integer, maximum: 5, default: 6}}") ==
        "m.yaml:6:89: expected a default between minimum and maximum, found '6'");
  CHECK(params("{a: {default: 6, required: true}}") == "m.yaml:6:62: a required parameter has no default");
}

TEST_CASE("plugin manifest: rules between keys", "[manifest]") {
  CHECK(plugin_error("resident_handles: [db]\n") ==
        "m.yaml:5:19: resident_handles need 'state: exclusive', found 'state: none'\n"
        "m.yaml:5:19: resident_handles need 'home: kernel', found 'home: cell'");
  CHECK(plugin_error("publishes: [{channel: c, mode: rendezvous, capacity: 5}]\n") ==
        "m.yaml:5:54: a rendezvous channel has no queue; remove 'capacity'");
}

TEST_CASE("plugin manifest: a setting's schema is checked with the manifest", "[manifest]") {
  const auto setting = [](const std::string& text) { return plugin_error("config: {s: {" + text + "}}\n"); };
  CHECK(setting("type: strnig") ==
        "m.yaml:5:20: expected one of string, integer, number, boolean, duration, size, path, enum, list or map, found "
        "'strnig'; did you mean 'string'?");
  CHECK(setting("default: 5") ==
        "m.yaml:5:13: missing key 'type' (`string` \\| `integer` \\| `number` \\| `boolean` \\| "
        "`duration` \\| `size` \\| `path` \\| `enum` \\| `list` \\| `map`): What it is. A `path` is "
        "relative to the system's data folder.");
  CHECK(setting("type: integer, default: x") == "m.yaml:5:38: expected a whole number such as 64 or -1, found 'x'");
  CHECK(setting("type: integer, default: 5, minimum: 6") == "m.yaml:5:38: expected at least 6, found '5'");
  CHECK(setting("type: duration, minimum: 6") ==
        "m.yaml:5:39: expected a duration such as 100ms, 5s or 10min, found '6'");
  CHECK(setting("type: integer, minimum: 6, maximum: 5") == "m.yaml:5:50: expected at least 6, found '5'");
  CHECK(setting("type: boolean, minimum: 6") ==
        "m.yaml:5:38: 'minimum' is for integer, number, duration and size, found type boolean");
  CHECK(setting("type: enum") ==
        "m.yaml:5:13: missing key 'values' (list of strings): an enum needs its allowed values");
  CHECK(setting("type: enum, values: [a, b], default: c") == "m.yaml:5:51: expected one of a or b, found 'c'");
  CHECK(setting("type: string, values: [a]") == "m.yaml:5:36: 'values' is for enum, found type string");
  CHECK(setting("type: string, items: {type: string}") ==
        "m.yaml:5:35: 'items' is for list and map, found type string");
  CHECK(setting("type: integer, secret: true") == "m.yaml:5:37: 'secret' is for string, found type integer");
  CHECK(setting("type: string, secret: true, default: x") == "m.yaml:5:51: a secret has no default");
  CHECK(setting("type: string, required: true, default: x") == "m.yaml:5:53: a required setting has no default");
  CHECK(setting("type: list, items: {type: list, items: {type: integer}}, default: [[1], [x]]") ==
        "m.yaml:5:87: expected a whole number such as 64 or -1, found 'x'");
}

TEST_CASE("plugin manifest: the largest files of mistakes are read in bounded work", "[manifest]") {
  std::string keys;
  for (int i = 0; i < 40'000; ++i) keys += "verisonn" + std::to_string(i) + ": 1\n";
  CHECK(plugin_error(keys).ends_with("\nm.yaml: and 39950 more problems"));
  std::string requires_text = "requires: [";
  for (int i = 0; i < 90'000; ++i) requires_text += "a/1, ";
  CHECK(plugin_error(requires_text + "]\n").ends_with("\nm.yaml: and 89949 more problems"));
}
