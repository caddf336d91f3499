// beast_request.cpp: the one file that includes Boost.Beast's parser. A parser object lives for one head and keeps
// nothing: fields are recorded as offsets into the caller's bytes, so a request costs no allocation here.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional/optional.hpp>

#include "head.hpp"

namespace socle::gateway {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

class HeadParser final : public http::basic_parser<true> {
 public:
  explicit HeadParser(Head& head) : head_(head) {
    header_limit(std::uint32_t{0xffffffff});  // HeadScanner has enforced the listener's limits
    body_limit(boost::none);
  }

 private:
  [[nodiscard]] Head::Span span(BeastView text) const {
    return {static_cast<std::uint32_t>(text.data() - head_.base), static_cast<std::uint32_t>(text.size())};
  }

  void on_request_impl(http::verb, BeastView method, BeastView target, int, error_code& ec) override {
    ec = {};
    head_.method = span(method);
    head_.target = span(target);
  }
  void on_field_impl(http::field, BeastView name, BeastView value, error_code& ec) override {
    if (head_.field_count == Head::max_fields) {
      ec = http::error::header_limit;
      return;
    }
    ec = {};
    head_.fields[head_.field_count++] = {span(name), value.empty() ? Head::Span{} : span(value)};
  }
  void on_header_impl(error_code& ec) override { ec = {}; }
  void on_finish_impl(error_code& ec) override { ec = {}; }
  void on_response_impl(int, BeastView, int, error_code& ec) override { ec = http::error::bad_version; }
  // The body is read by Connection and ChunkDecoder; parse_head() stops behind the head.
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& ec) override { ec = {}; }
  std::size_t on_body_impl(BeastView body, error_code& ec) override {
    ec = {};
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastView, error_code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, error_code& ec) override {
    ec = {};
    return body.size();
  }

  Head& head_;
};

}  // namespace

bool parse_head(std::string_view bytes, const Framing& framing, Head& head) {
  head.base = bytes.data();
  head.size = static_cast<std::uint32_t>(bytes.size());
  head.framing = framing;
  head.field_count = 0;
  try {
    HeadParser parser(head);
    error_code ec;
    const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    if (ec || used != bytes.size() || !parser.is_header_done()) return false;
    const auto length = parser.content_length();
    return parser.chunked() == framing.chunked && length.has_value() == framing.has_length &&
           (!length || *length == framing.length) && parser.keep_alive() == framing.keep_alive;
  } catch (...) {
    return false;  // Beast throws only when memory runs out
  }
}

}  // namespace socle::gateway
