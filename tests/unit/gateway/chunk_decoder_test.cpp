// chunk_decoder_test.cpp: chunked bodies that are decoded and those that are refused.
#include <catch2/catch.hpp>
#include <string>

#include "chunk_decoder.hpp"

using namespace socle::gateway;

namespace {

struct Decoded {
  ChunkDecoder::Outcome outcome;
  std::string body;
  std::size_t used = 0;
  int status = 0;
};

Decoded decode(const std::string& in, std::size_t limit = 1000) {
  ChunkDecoder decoder;
  Decoded out;
  out.outcome = decoder.feed(in, limit, out.body, out.used);
  out.status = decoder.refusal().status;
  return out;
}

}  // namespace

TEST_CASE("chunks: a body is decoded, extensions and trailers dropped", "[gateway]") {
  for (const char* in : {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "B\r\nhello world\r\n0\r\n\r\n",
                         "00b\r\nhello world\r\n000\r\n\r\n", "b;a\r\nhello world\r\n0;x=y\r\n\r\n",
                         "b;a=\"q\\\"\xc3\xa9\";b=c\r\nhello world\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"}) {
    CAPTURE(in);
    const Decoded d = decode(std::string(in) + "NEXT");
    CHECK(d.outcome == ChunkDecoder::Outcome::complete);
    CHECK(d.body == "hello world");
    CHECK(d.used == std::string(in).size());
  }
}

TEST_CASE("chunks: a body that comes byte by byte is decoded", "[gateway]") {
  const std::string in = "5;x=\"y\"\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n";
  ChunkDecoder decoder;
  std::string body;
  std::string held;
  auto outcome = ChunkDecoder::Outcome::more;
  for (char c : in) {
    REQUIRE(outcome == ChunkDecoder::Outcome::more);
    held.push_back(c);
    std::size_t used = 0;
    outcome = decoder.feed(held, 100, body, used);
    held.erase(0, used);
  }
  CHECK(outcome == ChunkDecoder::Outcome::complete);
  CHECK(body == "hello!");
}

TEST_CASE("chunks: malformed framing is refused", "[gateway]") {
  for (const char* in : {"x\r\n",
                         "\r\nhello\r\n",
                         "-1\r\n",
                         "+5\r\nhello\r\n",
                         "0x5\r\nhello\r\n",
                         " 5\r\nhello\r\n",
                         "5 \r\nhello\r\n",
                         "5\nhello\r\n",
                         "5\r\nhello0\r\n",
                         "5\r\nhello\n0\r\n\r\n",
                         "5\r\nhello\r\r\n",
                         "5;\r\nhello\r\n",
                         "5;=a\r\nhello\r\n",
                         "5;a=\r\nhello\r\n",
                         "5;a=\"b\r\nhello\r\n",
                         "5;a b\r\nhello\r\n",
                         "5;a=\"\x01\"\r\n",
                         "1000000000000000\r\n",
                         "fffffffffffffffff\r\n",
                         "0\r\nbad trailer\r\n\r\n",
                         "0\r\n: x\r\n\r\n",
                         "0\r\nA: b\r\n folded\r\n\r\n",
                         "0\r\nA: \x01\r\n\r\n",
                         "0\r\nA: b\n\r\n",
                         "5\r\nhello\r\n\n0\r\n\r\n"}) {
    CAPTURE(in);
    CHECK(decode(in).outcome == ChunkDecoder::Outcome::refused);
    CHECK(decode(in).status >= 400);
  }
}

TEST_CASE("chunks: body, lines, trailers and overhead are bounded", "[gateway]") {
  CHECK(decode("3e8\r\n" + std::string(1000, 'a') + "\r\n0\r\n\r\n").outcome == ChunkDecoder::Outcome::complete);
  CHECK(decode("3e9\r\n").status == 413);
  CHECK(decode("1f4\r\n" + std::string(500, 'a') + "\r\n1f5\r\n").status == 413);
  CHECK(decode("5;" + std::string(2000, 'a')).status == 400);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 100; ++i) trailers += "A: " + std::string(100, 'b') + "\r\n";
  CHECK(decode(trailers).status == 431);
  std::string noise;
  for (int i = 0; i < 200; ++i) noise += "1;" + std::string(900, 'x') + "\r\na\r\n";
  CHECK(decode(noise).status == 400);
}
