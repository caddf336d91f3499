// bare_beast.cpp: the baseline of the gateway benchmark: a Boost.Beast server as its examples write it, one thread,
// callbacks, returning the very bytes that the gateway returns, with nothing behind it: no routes, limits, context or
// plugin. usage: bare_beast; prints "port=N", ends with its standard input.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace {

namespace http = boost::beast::http;
namespace net = boost::asio;
using boost::beast::error_code;

struct Pages {
  std::string small = std::string(1024, 'x');
  std::string large = std::string(64 * 1024, 'x');
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(net::ip::tcp::socket socket, const Pages& pages) : stream_(std::move(socket)), pages_(pages) {
    buffer_.reserve(64 * 1024);  // Beast reads no more at once than there is room: 512 bytes in a buffer that is empty
  }

  void read() {
    parser_.emplace();
    parser_->body_limit(1024 * 1024);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code ec, std::size_t) {
      if (!ec) self->answer();
    });
  }

 private:
  void answer() {
    const auto& request = parser_->get();
    response_ = {};
    response_.result(http::status::ok);
    response_.set(http::field::date, "Sun, 06 Nov 1994 08:49:37 GMT");
    response_.set(http::field::content_type, "text/plain; charset=utf-8");
    if (request.method() == http::verb::post) {
      size_ = std::to_string(request.body().size());
      response_.body() = {size_.data(), size_.size()};
    } else {
      const std::string& page = request.target() == "/64k" ? pages_.large : pages_.small;
      response_.body() = {page.data(), page.size()};
    }
    response_.content_length(response_.body().size());
    response_.set("traceparent", "00-924addf80373d036e7cdd7f45bd175c4-0000000000000001-00");
    response_.set("X-Request-ID", "924addf80373d036e7cdd7f45bd175c4");
    response_.keep_alive(request.keep_alive());
    http::async_write(stream_, response_, [self = shared_from_this()](error_code ec, std::size_t) {
      if (!ec && self->response_.keep_alive()) self->read();
    });
  }

  boost::beast::tcp_stream stream_;
  const Pages& pages_;
  boost::beast::flat_buffer buffer_;
  boost::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::span_body<const char>> response_;
  std::string size_;
};

void accept(net::ip::tcp::acceptor& acceptor, const Pages& pages) {
  acceptor.async_accept([&](error_code ec, net::ip::tcp::socket socket) {
    if (ec) return;
    std::make_shared<Session>(std::move(socket), pages)->read();
    accept(acceptor, pages);
  });
}

}  // namespace

int main() {
  try {
    net::io_context io(1);
    const Pages pages;
    net::ip::tcp::acceptor acceptor(io, {net::ip::address_v4::loopback(), 0});
    std::printf("port=%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    accept(acceptor, pages);
    net::posix::stream_descriptor input(io, 0);
    input.async_wait(net::posix::stream_descriptor::wait_read, [&io](error_code) { io.stop(); });
    io.run();
    (void)input.release();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bare_beast: %s\n", e.what());
    return 1;
  }
  return 0;
}
