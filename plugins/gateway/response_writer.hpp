// response_writer.hpp: one response on its way out: a head that is already text and a body that comes whole or piece by
// piece, framed by Beast's serializer and handed over as buffers for one gather write, without copying the body. Plain
// interface; Beast stays in beast_response.cpp. Owned by Exchange, reused for its next request; on its worker.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace socle::gateway {

class ResponseWriter {
 public:
  ResponseWriter();
  ~ResponseWriter();
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  // `head` (with its empty line) and `body` are borrowed until done(). `more`: provide() will bring further pieces.
  void begin(std::string_view head, std::string_view body, bool chunked, bool more);
  // REQUIRES: starved(). An empty piece with more = false ends the body. Borrowed until starved() or done().
  void provide(std::string_view piece, bool more);

  static constexpr int max_buffers = 16;
  // The buffers to be written next, at most max_buffers; 0 when done() or starved() (which it may find out).
  [[nodiscard]] int gather(struct iovec* buffers);
  void consume(std::size_t written);

  [[nodiscard]] bool done() const;     // everything has been consumed, the end of the body included
  [[nodiscard]] bool starved() const;  // everything so far has been consumed and provide() is awaited
  void reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace socle::gateway
