// answer.hpp: an HTTP/1.1 answer as it comes in, bounded. Over Boost.Beast's parser, which stays in the .cpp. One
// answer's, on its worker.
#pragma once

#include <socle/result.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace socle::oidc {

class Answer {
 public:
  static constexpr std::size_t max_head = 16 * 1024;
  // Of a body of at most that many bytes.
  explicit Answer(std::size_t max_body);
  ~Answer();
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // True once it is whole. Code::too_large or invalid; the object is of no more use then.
  Result<bool> feed(std::string_view bytes);
  // The connection has ended: that may be the end of the body.
  Status finish();

  // REQUIRES: whole
  [[nodiscard]] int status() const;
  [[nodiscard]] std::string take_body();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace socle::oidc
