// Objects of all sizes: small ones are scanned, larger ones indexed, and ones whose hashes collide sorted.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "socle/json.hpp"

using namespace socle;

namespace {

std::string object_of(const std::vector<std::string>& names) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  for (std::size_t i = 0; i < names.size(); ++i) writer.member(names[i], i);
  writer.end_object();
  REQUIRE(writer.finish());
  return text;
}

void check_all_found(const std::vector<std::string>& names) {
  auto document = json::Document::parse(object_of(names));
  REQUIRE(document);
  const auto verified = json::verify(document->bytes());
  INFO((verified ? std::string() : verified.error().message));
  REQUIRE(verified);
  const auto root = document->root();
  REQUIRE(root.size() == names.size());
  std::size_t found = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    found += root.find(names[i]).as_uint64() == i && root.member_index(json::Key(names[i])) == i;
    found -= root.find(names[i] + "?").exists();
  }
  CHECK(found == names.size());
}

// Names whose hashes share the low bits, so that all want the same slots of an index.
std::vector<std::string> colliding(std::size_t count) {
  std::vector<std::string> names;
  for (std::uint64_t i = 0; names.size() < count; ++i) {
    std::string name = "k" + std::to_string(i);
    if ((json::layout::hash_key(name) & 0x3ff) == 0x155) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

TEST_CASE("json: every member of an object of any size is found", "[json]") {
  for (std::size_t count : {0, 1, 2, 7, 8, 9, 10, 42, 127, 128, 129, 254, 255, 256, 257, 1000, 70'000}) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) names.push_back("member " + std::to_string(i * 7919));
    check_all_found(names);
  }
}

TEST_CASE("json: names of every length, also the empty one, are told apart", "[json]") {
  std::vector<std::string> names;
  for (std::size_t size = 0; size < 40; ++size) names.emplace_back(size, 'a');
  for (std::size_t size = 1; size < 40; ++size) names.push_back(std::string(size - 1, 'a') + '\0');
  check_all_found(names);
}

TEST_CASE("json: names made to collide still give a quick, complete object", "[json]") {
  const auto names = colliding(300);
  check_all_found(names);
  auto document = json::Document::parse(object_of(names));
  CHECK(json::layout::tag_of(document->root().word()) == json::layout::Tag::object_sorted);
}

TEST_CASE("json: equal names are found among colliding and among many", "[json]") {
  for (auto names : {colliding(300), std::vector<std::string>(300, "same")}) {
    names.push_back(names.front());
    auto document = json::Document::parse(object_of(names));
    REQUIRE(document);
    CHECK(json::verify(document->bytes()));
    CHECK(document->root().find(names.front()).as_int64() == 300);
    auto refused = json::Document::parse(object_of(names), {.duplicates = json::Duplicates::refuse});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.ends_with("the object already has a member of this name"));
  }
}

TEST_CASE("json: a key's hash is the same at compile time, at run time and inside a document", "[json]") {
  constexpr json::Key key("a key longer than eight bytes");
  static_assert(key.hash() != 0);
  const std::string text = "a key longer than eight bytes";
  CHECK(json::Key(text).hash() == key.hash());
  auto document = json::Document::parse(R"({"a key longer than eight bytes":1})");
  CHECK(document->root().key_at(0).hash() == key.hash());
  CHECK(document->root().find(key).as_int64() == 1);
}

TEST_CASE("json: the key hash of layout version 1 does not change", "[json]") {
  CHECK(json::Key("").hash() == 4070220305u);
  CHECK(json::Key("id").hash() == 2318894976u);
  CHECK(json::Key("applicationNo").hash() == 3943666610u);
}
