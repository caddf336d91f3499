#include <thread>

#include "fixture.hpp"

namespace socle::bus::test {

TEST_CASE("payload: text and metadata are copies", "[payload]") {
  std::string text = "body", key = "k", value = "v";
  const socle_pair pair{str(key), str(value)};
  const PayloadRef p(Payload::make(text, SOCLE_MEDIA_TEXT, {&pair, 1}));
  text = key = value = "x";
  CHECK(view(p->text) == "body");
  CHECK(p->find("k") == "v");
  CHECK(p->find("missing").empty());
}

TEST_CASE("payload: behind the text lie readable zero bytes", "[payload]") {
  const PayloadRef p(Payload::make("abc", SOCLE_MEDIA_TEXT, {}));
  for (size_t i = 0; i < Payload::slack; ++i) REQUIRE(p->text.data[3 + i] == 0);
}

TEST_CASE("payload: a slice shares the bytes and keeps them alive", "[payload]") {
  const int64_t before = Payload::alive();
  {
    PayloadRef base(Payload::make("hello world", SOCLE_MEDIA_TEXT, {}));
    const PayloadRef slice(Payload::slice(*base.get(), 6, 100, SOCLE_MEDIA_TEXT, {}));
    const char* bytes = base->text.data;
    base.reset();
    CHECK(view(slice->text) == "world");
    CHECK(slice->text.data == bytes + 6);
  }
  CHECK(Payload::alive() == before);
}

TEST_CASE("payload: sealing cuts what was not written", "[payload]") {
  const PayloadRef p(Payload::alloc(10, SOCLE_MEDIA_TEXT, {}));
  std::copy_n("abc", 3, p->writable());
  p->seal(3);
  CHECK(view(p->text) == "abc");
  CHECK(p->text.data[3] == 0);
}

TEST_CASE("payload: once shared it may be counted from many threads", "[payload]") {
  const int64_t before = Payload::alive();
  Payload* p = Payload::make("x", SOCLE_MEDIA_TEXT, {});
  p->share();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    p->retain();
    threads.emplace_back([p] {
      for (int i = 0; i < 1000; ++i) {
        p->retain();
        p->release();
      }
      p->release();
    });
  }
  p->release();
  for (auto& t : threads) t.join();
  CHECK(Payload::alive() == before);
}

TEST_CASE("payload: absurd sizes are refused, not attempted", "[payload]") {
  CHECK(Payload::alloc(size_t{1} << 40, SOCLE_MEDIA_TEXT, {}) == nullptr);
}

}  // namespace socle::bus::test
