#include <catch2/catch.hpp>

#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "bus/payload.hpp"
#include "cell/link/body.hpp"
#include "cell/ring/boot_text.hpp"
#include "cell/ring/message.hpp"
#include "socle/json/document.hpp"

using namespace socle;
using namespace socle::cell;

namespace {

struct Block {
  alignas(64) std::array<std::byte, 4096> bytes{};
  std::size_t size = 0;
  Scratch scratch{};
  explicit Block(Outgoing m) {
    size = m.measure();
    REQUIRE(size <= bytes.size());
    m.write(bytes.data());
  }
  Result<Incoming> read(bool copy = true) { return read_message(bytes.data(), size, scratch, copy); }
  Head& head() { return *reinterpret_cast<Head*>(bytes.data()); }
};

Outgoing full(const std::array<socle_pair, 2>& pairs) {
  Outgoing m(Kind::call);
  m.head.number = 42;
  m[Field::tenant] = "acme";
  m[Field::claims] = "{}";
  m[Field::text] = "hello";
  m.meta = {pairs.data(), 1};
  m.keys = {pairs.data() + 1, 1};
  return m;
}

const std::array<socle_pair, 2> some_pairs{socle_pair{{"etag", 4}, {"1", 1}}, socle_pair{{"role", 4}, {"", 0}}};

}  // namespace

TEST_CASE("message: every part comes back as it was", "[cell]") {
  Block block(full(some_pairs));
  for (const bool copy : {true, false}) {
    const auto in = block.read(copy);
    REQUIRE(in);
    CHECK(in->head.number == 42);
    CHECK((*in)[Field::tenant] == "acme");
    CHECK((*in)[Field::principal].data() == nullptr);
    CHECK((*in)[Field::claims] == "{}");
    CHECK((*in)[Field::text] == "hello");
    REQUIRE(in->meta.size() == 1);
    CHECK(bus::view(in->meta[0].key) == "etag");
    REQUIRE(in->keys.size() == 1);
    CHECK(bus::view(in->keys[0].key) == "role");
    CHECK(in->keys[0].value.size == 0);
  }
}

TEST_CASE("message: behind the text lie zero bytes for parsers that read ahead", "[cell]") {
  Block block(full(some_pairs));
  const auto in = block.read(false);
  REQUIRE(in);
  const std::string_view text = (*in)[Field::text];
  for (std::size_t i = 0; i < bus::Payload::slack; ++i) CHECK(text.data()[text.size() + i] == 0);
}

TEST_CASE("message: a copy does not follow what the peer writes later", "[cell]") {
  Block block(full(some_pairs));
  const auto in = block.read();
  REQUIRE(in);
  block.bytes.fill(std::byte{0xFF});
  CHECK(in->head.number == 42);
  CHECK((*in)[Field::tenant] == "acme");
  CHECK(bus::view(in->meta[0].value) == "1");
}

TEST_CASE("message: sizes that do not fit the block are refused", "[cell]") {
  const std::pair<const char*, void (*)(Block&)> damages[] = {
      {"a text behind the block's end", [](Block& b) { b.head().sizes[6] = 4096; }},
      {"sizes whose sum would wrap in 32 bits",
       [](Block& b) {
         for (auto& size : b.head().sizes) size = 0xFFFFFFFF;
       }},
      {"more pairs than a payload may have", [](Block& b) { b.head().meta_count = 1025; }},
      {"pairs longer than their bytes", [](Block& b) { b.head().pair_bytes = 3; }},
      {"a block shorter than a head", [](Block& b) { b.size = sizeof(Head) - 1; }},
  };
  for (const auto& [what, damage] : damages) {
    INFO(what);
    Block block(full(some_pairs));
    damage(block);
    const auto in = block.read();
    REQUIRE_FALSE(in);
    CHECK(in.error().message.find("a message of a cell: ") == 0);
  }
}

TEST_CASE("message: any bytes are read or refused, and nothing outside the block is touched", "[cell]") {
  std::mt19937_64 random(4711);
  Scratch scratch;
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t size = random() % 700;
    auto exact = std::make_unique<std::byte[]>(size + 16);  // ASan sees a byte too far
    auto* at = reinterpret_cast<std::byte*>(rounded(reinterpret_cast<std::uintptr_t>(exact.get()), 16));
    const std::size_t fits = size + 16 - static_cast<std::size_t>(at - exact.get());
    for (std::size_t i = 0; i < fits; ++i) at[i] = static_cast<std::byte>(random() % 3 == 0 ? random() % 64 : 0);
    if (Head head; fits >= sizeof head) {  // sizes that may fit, or one that does not
      for (auto& part : head.sizes) part = static_cast<std::uint32_t>(random() % 90);
      head.meta_count = static_cast<std::uint32_t>(random() % 3);
      head.pair_bytes = static_cast<std::uint32_t>(random() % 200);
      if (round % 16 == 0) head.sizes[random() % field_count] = static_cast<std::uint32_t>(random());
      std::memcpy(at, &head, sizeof head);
    }
    const auto in = read_message(at, fits, scratch, round % 2 == 0);
    if (!in) continue;
    ++read;
    const bus::PayloadRef body(private_body(*in));
    CHECK(body->text.size <= fits);
  }
  CHECK(read > 100);
}

TEST_CASE("message: a sound document crosses, a damaged one is dropped", "[cell]") {
  const auto parsed = json::Document::parse(R"({"a":[1,2,{"b":"c"}]})");
  REQUIRE(parsed);
  Outgoing m(Kind::reply);
  m.head.media = SOCLE_MEDIA_JSON;
  m[Field::text] = R"({"a":[1,2,{"b":"c"}]})";
  m[Field::doc] = parsed->bytes();
  Block block(m);
  const auto in = block.read();
  REQUIRE(in);
  const bus::PayloadRef sound(private_body(*in));
  CHECK(bus::view(sound->doc) == parsed->bytes());
  const_cast<char*>((*in)[Field::doc].data())[20] ^= 0x55;
  const bus::PayloadRef damaged(private_body(*in));
  CHECK(damaged->doc.data == nullptr);
  CHECK(bus::view(damaged->text) == (*in)[Field::text]);
}

TEST_CASE("message: the text a cell starts from comes back whole, and cut off is refused", "[cell]") {
  BootText text;
  text.plugin = "notes";
  text.config = "{\"a\":1}";
  text.generation = 3;
  text.loop_patience = 7;
  text.methods = {{"notes/1", "put"}, {"", "on_change"}};
  const std::string bytes = encode(text);
  const auto back = decode(bytes);
  REQUIRE(back);
  CHECK(back->plugin == "notes");
  CHECK(back->config == text.config);
  CHECK(back->loop_patience == 7);
  REQUIRE(back->methods.size() == 2);
  CHECK(back->methods[1].name == "on_change");
  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(decode(std::string_view(bytes).substr(0, n)));
}
