// Documents from an untrusted source. Each test damages one thing; the last ones damage everything in turn.
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>

#include "socle/json.hpp"

using namespace socle;
namespace layout = socle::json::layout;

namespace {

// A writable copy at an aligned address of the exact size.
struct Copy {
  explicit Copy(std::string_view bytes) : size(bytes.size()), data(new char[bytes.size()]) {
    std::memcpy(data.get(), bytes.data(), size);
  }
  explicit Copy(const char* text) : Copy(json::Document::parse(text)->bytes()) {}
  void put64(std::size_t at, std::uint64_t value) { std::memcpy(data.get() + at, &value, 8); }
  [[nodiscard]] std::uint64_t get64(std::size_t at) const { return layout::load64(data.get() + at); }
  void root(std::uint64_t word) { put64(16, word); }
  [[nodiscard]] std::uint64_t root() const { return get64(16); }
  [[nodiscard]] std::string verdict() const {
    auto status = json::verify({data.get(), size});
    return status ? "valid" : status.error().message;
  }
  std::size_t size;
  std::unique_ptr<char[]> data;
};

std::string invalid(std::string_view reason, std::size_t at) {
  return "not a valid flat document: " + std::string(reason) + " (byte " + std::to_string(at) + ")";
}

const char* const sample =
    R"({"a":[1,2.5,-3e400,"text",true,null,[],{}],"b":{"c":"","d":18446744073709551615},"long member name":"é",)"
    R"("e1":1,"e2":2,"e3":3,"e4":4,"e5":5,"e6":6,"e7":7,"e8":8})";

}  // namespace

TEST_CASE("json: verify accepts what this library makes", "[json]") {
  CHECK(Copy(sample).verdict() == "valid");
  auto document = json::Document::adopt(json::Document::parse(sample)->bytes());
  REQUIRE(document);
  CHECK(json::to_text(document->root()) == sample);
}

TEST_CASE("json: adopt takes bytes at any alignment", "[json]") {
  const std::string shifted = "." + std::string(json::Document::parse(sample)->bytes());
  auto document = json::Document::adopt(std::string_view(shifted).substr(1));
  REQUIRE(document);
  CHECK(document->root().find("e8").as_int64() == 8);
  CHECK_FALSE(json::open(std::string_view(shifted).substr(1)));
  CHECK_FALSE(json::verify(std::string_view(shifted).substr(1)));
}

TEST_CASE("json: verify names a fault of the header", "[json]") {
  CHECK(json::Document::adopt("").error().message == invalid("shorter than its 24-byte header", 0));
  Copy copy("[1]");
  copy.data[0] = 'x';
  CHECK(copy.verdict() == invalid("does not start with 'sdoc'", 0));
  CHECK_FALSE(json::open({copy.data.get(), copy.size}));
  Copy other("[1]");
  other.data[4] = 9;
  CHECK(other.verdict() == invalid("layout version 9, this library reads 1", 0));
  Copy size("[1]");
  size.put64(8, 999);
  CHECK(size.verdict() == invalid("says it has 999 bytes, but there are 48", 0));
}

TEST_CASE("json: verify refuses a payload at another place", "[json]") {
  Copy copy("\"text\"");
  copy.root(layout::word(layout::Tag::string, 16, 4));
  CHECK(copy.verdict() == invalid("a payload is not where it must be", 24));
  copy.root(layout::word(layout::Tag::string, 24, 9));
  CHECK(copy.verdict() == invalid("a payload reaches past its container", 24));
  copy.root(layout::word(layout::Tag::null, 0, 0));
  CHECK(copy.verdict() == invalid("bytes after the root value", 24));
}

TEST_CASE("json: verify refuses two words that share one payload", "[json]") {
  Copy copy(R"([["a"],["a"]])");
  const auto table = layout::at_of(copy.root());
  copy.put64(table + 8, copy.get64(table));
  CHECK(copy.verdict() == invalid("a table is outside its container", 40));
}

TEST_CASE("json: verify refuses a container that contains itself", "[json]") {
  Copy copy("[[1]]");
  const auto table = layout::at_of(copy.root());
  copy.put64(table, copy.root());
  CHECK(copy.verdict().starts_with("not a valid flat document: a table is outside its container"));
}

TEST_CASE("json: verify refuses lengths that no document can hold", "[json]") {
  for (const auto tag : {layout::Tag::array, layout::Tag::object, layout::Tag::object_sorted}) {
    Copy copy("[1]");
    copy.root(layout::word(tag, 24, layout::max_length));
    CHECK(copy.verdict() == invalid("a table is outside its container", 24));
  }
}

TEST_CASE("json: verify refuses a wrong number, hash, UTF-8 or padding", "[json]") {
  Copy number("12");
  number.put64(24, 13);
  CHECK(number.verdict() == invalid("a number's value is not its text's", 24));
  Copy text("12");
  text.data[32] = 'x';
  CHECK(text.verdict() == invalid("a number's text is not a number", 24));
  Copy kind("12");
  kind.root(layout::word(layout::Tag::number, 24, 2));
  CHECK(kind.verdict() == invalid("a number of the wrong kind", 24));
  Copy padding("\"abc\"");
  padding.data[28] = 1;
  CHECK(padding.verdict() == invalid("padding is not zero", 24));
  Copy utf8("\"abc\"");
  utf8.data[24] = '\xFF';
  CHECK(utf8.verdict() == invalid("a string is not UTF-8", 24));
  Copy hash(R"({"a":null})");
  hash.data[24] = 'b';
  CHECK(hash.verdict() == invalid("a member name's hash is wrong", 32));
  Copy boolean("true");
  boolean.root(layout::word(layout::Tag::boolean, 16, 0));
  CHECK(boolean.verdict() == invalid("a bad boolean", 24));
  Copy tag("true");
  tag.root(layout::word(static_cast<layout::Tag>(12), 0, 0));
  CHECK(tag.verdict() == invalid("a value of no known kind", 24));
}

TEST_CASE("json: verify refuses equal names and a damaged index", "[json]") {
  Copy twice(R"({"a":null,"b":null})");
  twice.data[32] = 'a';
  const auto table = layout::at_of(twice.root());
  std::memcpy(twice.data.get() + table + 36, twice.data.get() + table + 32, 4);
  CHECK(twice.verdict().starts_with("not a valid flat document: a member cannot be found by its name"));

  Copy index(sample);
  const std::size_t slots = layout::slots(11);
  index.data[index.size - slots] = static_cast<char>(index.data[index.size - slots] + 1);
  CHECK(index.verdict() != "valid");
}

TEST_CASE("json: verify refuses what is nested too deep", "[json]") {
  // 1025 arrays: the tables of one word each lie one behind the other, the outermost last.
  std::string bytes(sizeof(layout::Header), '\0');
  std::uint64_t word = layout::word(layout::Tag::array, sizeof(layout::Header), 0);
  for (int depth = 1; depth < 1025; ++depth) {
    const auto at = bytes.size();
    bytes.append(reinterpret_cast<const char*>(&word), 8);
    word = layout::word(layout::Tag::array, at, 1);
  }
  layout::Header header{{'s', 'd', 'o', 'c'}, layout::version, 0, bytes.size(), word};
  std::memcpy(bytes.data(), &header, sizeof header);
  CHECK(Copy(std::string_view(bytes)).verdict() == invalid("nested deeper than 1024 levels", 24));
  CHECK(json::verify(
      json::Document::copy_of(json::View(bytes.data(), layout::load64(&bytes[bytes.size() - 8]))).bytes()));
}

TEST_CASE("json: verify survives every single-bit damage and every cut", "[json]") {
  const Copy whole(sample);
  int accepted = 0;
  for (std::size_t bit = 0; bit < whole.size * 8; ++bit) {
    Copy copy({whole.data.get(), whole.size});
    copy.data[bit / 8] = static_cast<char>(copy.data[bit / 8] ^ (1 << (bit % 8)));
    if (copy.verdict() != "valid") continue;
    ++accepted;  // e.g. another letter in a string; then all of it must be readable
    const auto root = json::open({copy.data.get(), copy.size});
    const auto again = json::Document::parse(json::to_text(root));
    REQUIRE(again);
    CHECK(json::equal(again->root(), root));
  }
  CHECK(accepted < 100);
  for (std::size_t size = 0; size < whole.size; ++size)
    CHECK(Copy(std::string_view(whole.data.get(), size)).verdict() != "valid");
}
