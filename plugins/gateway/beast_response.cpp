// beast_response.cpp: the one file that includes Boost.Beast's serializer. The head is our own text, given to Beast as
// a Fields type whose writer yields one buffer; the body is Beast's buffer_body, which gets whole replies and the
// pieces of a stream alike.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>
#include <optional>

#include "response_writer.hpp"

namespace socle::gateway {

namespace {

namespace http = boost::beast::http;
namespace net = boost::asio;

// What Beast needs of a Fields type to serialize, with the text of the whole head in place of single fields.
class HeadText {
 public:
  class writer {
   public:
    using const_buffers_type = net::const_buffer;
    writer(const HeadText& head, unsigned, unsigned) : text_(head.text_) {}
    [[nodiscard]] const_buffers_type get() const { return {text_.data(), text_.size()}; }

   private:
    std::string_view text_;
  };

  void assign(std::string_view text, bool chunked) {
    text_ = text;
    chunked_ = chunked;
  }

 protected:
  [[nodiscard]] boost::beast::string_view get_method_impl() const { return {}; }
  [[nodiscard]] boost::beast::string_view get_target_impl() const { return {}; }
  [[nodiscard]] boost::beast::string_view get_reason_impl() const { return {}; }
  [[nodiscard]] bool get_chunked_impl() const { return chunked_; }
  [[nodiscard]] bool get_keep_alive_impl(unsigned) const { return true; }
  [[nodiscard]] bool has_content_length_impl() const { return !chunked_; }
  void set_method_impl(boost::beast::string_view) {}
  void set_target_impl(boost::beast::string_view) {}
  void set_reason_impl(boost::beast::string_view) {}
  void set_chunked_impl(bool) {}
  void set_content_length_impl(const boost::optional<std::uint64_t>&) {}
  void set_keep_alive_impl(unsigned, bool) {}

 private:
  std::string_view text_;
  bool chunked_ = false;
};

using Message = http::message<false, http::buffer_body, HeadText>;
using Serializer = http::serializer<false, http::buffer_body, HeadText>;

}  // namespace

struct ResponseWriter::Impl {
  Message message;
  std::optional<Serializer> serializer;
  bool starved = false;

  void body(std::string_view piece, bool more) {
    auto& b = message.body();
    b.data = piece.empty() ? nullptr : const_cast<char*>(piece.data());  // the serializer only reads
    b.size = piece.size();
    b.more = more;
    starved = false;
  }
};

ResponseWriter::ResponseWriter() : impl_(std::make_unique<Impl>()) {}
ResponseWriter::~ResponseWriter() = default;

void ResponseWriter::begin(std::string_view head, std::string_view body, bool chunked, bool more) {
  impl_->message.assign(head, chunked);
  impl_->body(body, more);
  impl_->serializer.emplace(impl_->message);
  // Without a body Beast must be told to emit the head before it asks for the first piece.
  impl_->serializer->split(body.empty() && more);
}

void ResponseWriter::provide(std::string_view piece, bool more) { impl_->body(piece, more); }

int ResponseWriter::gather(struct iovec* buffers) {
  Impl& w = *impl_;
  while (w.serializer && !w.serializer->is_done() && !w.starved) {
    int count = 0;
    boost::beast::error_code ec;
    try {
      w.serializer->next(ec, [&](boost::beast::error_code&, const auto& sequence) {
        for (auto at = net::buffer_sequence_begin(sequence); at != net::buffer_sequence_end(sequence); ++at) {
          const net::const_buffer part = *at;
          if (part.size() == 0) continue;
          if (count == max_buffers) break;
          buffers[count++] = {const_cast<void*>(part.data()), part.size()};
        }
      });
    } catch (...) {
      ec = http::error::bad_value;  // memory ran out inside Beast
    }
    if (ec == http::error::need_buffer) w.starved = true;
    if (ec || count > 0) return count;
    if (!w.serializer->is_done()) w.serializer->consume(0);  // an empty part, e.g. the head of a resumed stream
  }
  return 0;
}

void ResponseWriter::consume(std::size_t written) { impl_->serializer->consume(written); }

bool ResponseWriter::done() const { return !impl_->serializer || (impl_->serializer->is_done()); }

bool ResponseWriter::starved() const { return impl_->starved; }

void ResponseWriter::reset() { impl_->serializer.reset(); }

}  // namespace socle::gateway
