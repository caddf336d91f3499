#include "oidc/answer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace socle::oidc {

namespace http = boost::beast::http;

struct Answer::Impl {
  http::response_parser<http::string_body> parser;
  std::string kept;  // what the parser has not taken yet: the beginning of a line
};

namespace {

Error fault(const boost::system::error_code& error) {
  const bool large = error == http::error::body_limit || error == http::error::header_limit;
  return {large ? Code::too_large : Code::invalid,
          large ? "the answer is larger than it may be" : "the answer is no HTTP/1.1: " + error.message()};
}

}  // namespace

Answer::Answer(std::size_t max_body) : impl_(std::make_unique<Impl>()) {
  impl_->parser.eager(true);
  impl_->parser.header_limit(max_head);
  impl_->parser.body_limit(max_body);
}
Answer::~Answer() = default;

Result<bool> Answer::feed(std::string_view bytes) {
  impl_->kept.append(bytes);
  std::string_view left = impl_->kept;
  while (!left.empty() && !impl_->parser.is_done()) {
    boost::system::error_code error;
    const std::size_t taken = impl_->parser.put(boost::asio::buffer(left.data(), left.size()), error);
    left.remove_prefix(taken);
    if (error == http::error::need_more) break;
    if (error) return fault(error);
    if (taken == 0) break;
  }
  if (left.size() > max_head) return Error{Code::too_large, "the answer is larger than it may be"};
  impl_->kept = std::string(left);
  return impl_->parser.is_done();
}

Status Answer::finish() {
  if (impl_->parser.is_done()) return Status();
  if (!impl_->parser.got_some()) return Error{Code::invalid, "the connection was closed without an answer"};
  boost::system::error_code error;
  impl_->parser.put_eof(error);
  if (error) return fault(error);
  if (!impl_->parser.is_done()) return Error{Code::invalid, "the answer ended in the middle"};
  return Status();
}

int Answer::status() const { return static_cast<int>(impl_->parser.get().result_int()); }
std::string Answer::take_body() { return std::exchange(impl_->parser.get().body(), {}); }

}  // namespace socle::oidc
