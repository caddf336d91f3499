// response_reader.hpp: reads HTTP/1.1 responses out of a byte stream, one after another. Written for the torture
// client: anything it does not expect of our gateway is an error with its text, never a guess. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace socle::client {

class ResponseReader {
 public:
  void append(std::string_view bytes) { in_.append(bytes); }
  // Looks at what has come. `head`: the head is there and the body, of which take_body() gives what has come, is not.
  enum class Progress { incomplete, head, complete, broken };
  Progress advance();
  // A reader for what follows the response just completed.
  [[nodiscard]] ResponseReader rest() const;

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] std::string take_body() { return std::exchange(body_, {}); }
  // The field's value, "" when absent. `name` in lower case.
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool keep_alive() const { return header("connection") != "close"; }
  [[nodiscard]] bool untouched() const { return in_.empty() && head_.empty(); }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  Progress broken(std::string problem);
  Progress read_head();
  Progress read_chunks();

  std::string in_, head_, body_, problem_;
  int status_ = 0;
  bool chunked_ = false;
  std::size_t length_ = 0;
};

}  // namespace socle::client
