#include <catch2/catch.hpp>

#include "manifest/names.hpp"
#include "manifest/path_template.hpp"
#include "manifest/permission.hpp"

using namespace socle::manifest;

TEST_CASE("names: a plugin is called in lower case", "[manifest]") {
  CHECK(is_name("storage-rocksdb"));
  CHECK(is_name(std::string(64, 'a')));
  for (const auto& text : {std::string(), std::string("Storage"), std::string("-a"), std::string("1a"),
                           std::string("a_b"), std::string("a/b"), std::string(65, 'a')}) {
    INFO(text);
    CHECK_FALSE(is_name(text));
  }
}

TEST_CASE("names: a tenant id cannot be a path or a peer", "[manifest]") {
  CHECK(is_tenant_id("acme"));
  CHECK(is_tenant_id("7-kunden"));
  CHECK(is_tenant_id(std::string(63, 'a')));
  CHECK_FALSE(is_tenant_id(std::string(64, 'a')));
  for (const char* text : {"", ".", "..", "~peer", "a/b", "a b", "é", "Acme", "a_b", "a.b", "-a", "a-"}) {
    INFO(text);
    CHECK_FALSE(is_tenant_id(text));
  }
}

TEST_CASE("names: services and methods", "[manifest]") {
  CHECK(parse_service_id("storage/1") == ServiceId{"storage", 1});
  CHECK(to_string(parse_method_ref("hello/1.greet").value()) == "hello/1.greet");
  for (const char* text :
       {"storage", "storage/", "storage/0", "storage/x", "storage/01", "/1", "a/b/1", "storage/65536"}) {
    INFO(text);
    CHECK_FALSE(parse_service_id(text));
  }
  for (const char* text : {"hello/1", "hello/1.", "hello.greet", "hello/1.2x", "hello/1.a.b"}) {
    INFO(text);
    CHECK_FALSE(parse_method_ref(text));
  }
}

TEST_CASE("names: a call pattern matches by stars", "[manifest]") {
  const auto matches = [](const char* pattern, const char* method) {
    return parse_call_pattern(pattern).value().matches(parse_method_ref(method).value());
  };
  CHECK(matches("storage/1.*", "storage/1.get"));
  CHECK_FALSE(matches("storage/1.*", "storage/2.get"));
  CHECK_FALSE(matches("storage/1.*", "storage/10.get"));
  CHECK(matches("*/1.get", "storage/1.get"));
  CHECK(matches("*", "a/1.b"));
  CHECK(matches("storage/1.get", "storage/1.get"));
  CHECK(matches("*a*a*.*a*b", "aaaa/1.aaaab"));
  for (const char* text : {"", "storage", "storage/1", "storage 1.*", "*x"}) {
    INFO(text);
    CHECK_FALSE(parse_call_pattern(text));
  }
}

TEST_CASE("names: an address is numbers and a port", "[manifest]") {
  CHECK(parse_address("127.0.0.1:8080") == Address{"127.0.0.1", 8080});
  CHECK(parse_address("[::1]:0") == Address{"::1", 0});
  CHECK(to_string(parse_address("[fe80::1]:443").value()) == "[fe80::1]:443");
  CHECK(parse_address("127.9.9.9:1").value().is_loopback());
  CHECK_FALSE(parse_address("0.0.0.0:1").value().is_loopback());
  for (const char* text : {"", "8080", ":8080", "localhost:8080", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1",
                           "::1:80", "[::1]", "[127.0.0.1]:80", "[]:80", "1.2.3:80"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text));
  }
}

TEST_CASE("names: a public key is hex or base64 of 32 bytes", "[manifest]") {
  const std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  const std::string base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  const auto key = parse_public_key(hex).value();
  CHECK(key.bytes[31] == 0x1F);
  CHECK(parse_public_key(base64) == key);
  CHECK(parse_public_key(base64 + "=") == key);
  CHECK(parse_public_key("ed25519:" + base64) == key);
  CHECK(to_string(key) == hex);
  CHECK_FALSE(parse_public_key(hex.substr(1)));
  CHECK_FALSE(parse_public_key("g" + hex.substr(1)));
  CHECK_FALSE(parse_public_key(base64.substr(0, 42) + "9"));  // stray bits
  CHECK_FALSE(parse_public_key(""));
}

TEST_CASE("permission: kinds are a closed list with fitting arguments", "[manifest]") {
  CHECK(parse_permission("call:storage/1") == Permission{PermissionKind::call, "storage/1"});
  CHECK(parse_permission("act-as: tenants") == Permission{PermissionKind::act_as, "tenants"});
  CHECK(parse_permission("ingress") == Permission{PermissionKind::ingress, ""});
  CHECK(parse_permission("subscribe:records.changed") == Permission{PermissionKind::subscribe, "records.changed"});
  for (const auto& form : permission_forms()) {
    const auto sample = form.name == std::string_view("call")     ? "call:a/1"
                        : form.name == std::string_view("filter") ? "filter:a/1.*"
                        : form.argument == "CHANNEL"              ? std::string(form.name) + ":ch"
                        : form.argument.empty()                   ? std::string(form.name)
                                                : std::string(form.name) + ":" + std::string(form.argument);
    INFO(sample);
    REQUIRE(parse_permission(sample));
    CHECK(to_string(*parse_permission(sample)) == sample);
  }
  for (const char* text : {"", "root", "call", "call:", "call:storage", "ingress:x", "act-as: users", "dlopen: yes",
                           "read", "read:relative", "write:/a/../b", "network:80"}) {
    INFO(text);
    CHECK_FALSE(parse_permission(text));
  }
}

TEST_CASE("path template: good ones pass, bad ones say why", "[manifest]") {
  for (const char* path : {"/", "/v1/hello/{name}", "/v1/forms/{form}/records:batch", "/v1/rules/{set}:test",
                           "/files/{rest*}", "/.well-known/jwks.json"}) {
    INFO(path);
    CHECK_FALSE(path_template_problem(path));
  }
  const auto why = [](const char* path) { return path_template_problem(path).value_or("accepted"); };
  const std::string start = "expected a path such as /v1/hello/{name}, found ";
  CHECK(why("v1") == start + "'v1': it must begin with '/'");
  CHECK(why("/a//b") == start + "'/a//b': a segment is empty");
  CHECK(why("/a/") == start + "'/a/': a segment is empty");
  CHECK(why("/a?b") == start + "'/a?b': '?', '#', '%', '\\' and blanks cannot stand in it");
  CHECK(why("/{a}{b}") == start + "'/{a}{b}': a segment has at most one {name}, at its beginning");
  CHECK(why("/x{a}") == start + "'/x{a}': a segment has at most one {name}, at its beginning");
  CHECK(why("/{a") == start + "'/{a': a segment has at most one {name}, at its beginning");
  CHECK(why("/{1}") == start + "'/{1}': a parameter is a letter, then letters, digits, '_', '-'");
  CHECK(why("/{a*}/b") == start + "'/{a*}/b': {name*} must be the last segment");
  CHECK(why("/{a}x") == start + "'/{a}x': after {name} only ':' or '.' and a literal may follow");
  CHECK(why("/{a}/{a}") == start + "'/{a}/{a}': the parameter 'a' is there twice");
}

TEST_CASE("path template: equal shapes match the same requests", "[manifest]") {
  CHECK(path_shape("/v1/{a}/x:{b}") == "/v1/{}/x:{}");
  CHECK(path_shape("/{rest*}") == "/{*}");
  CHECK(path_parameters("/{a}/{rest*}") == std::vector<std::string>{"a", "rest"});
}
