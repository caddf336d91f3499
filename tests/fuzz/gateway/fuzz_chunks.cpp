// fuzz_chunks.cpp: every chunked body that the gateway's decoder accepts, whatever way it is cut, means the same to
// Beast's parser: same bytes, same end. The decoder may be stricter, never laxer.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "chunk_decoder.hpp"

namespace http = boost::beast::http;
using socle::gateway::ChunkDecoder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 16 * 1024) return 0;
  const std::size_t step = 1 + data[0] % 32;
  const std::string in(reinterpret_cast<const char*>(data) + 1, size - 1);

  ChunkDecoder decoder;
  std::string body;
  std::string held;
  std::size_t taken = 0;  // of `in`
  auto outcome = ChunkDecoder::Outcome::more;
  for (std::size_t at = 0; at < in.size() && outcome == ChunkDecoder::Outcome::more; at += step) {
    held.append(in, at, step);
    std::size_t used = 0;
    outcome = decoder.feed(held, 1 << 20, body, used);
    held.erase(0, used);
    taken += used;
  }
  if (outcome != ChunkDecoder::Outcome::complete) return 0;

  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string message = head + in.substr(0, taken);
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  boost::beast::error_code ec;
  std::size_t at = 0;
  while (at < message.size() && !parser.is_done() && !ec) {
    at += parser.put(boost::asio::buffer(message.data() + at, message.size() - at), ec);
  }
  if (ec || !parser.is_done() || at != message.size() || parser.get().body() != body) std::abort();
  return 0;
}
