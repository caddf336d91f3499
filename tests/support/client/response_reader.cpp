#include "response_reader.hpp"

#include <algorithm>
#include <charconv>

namespace socle::client {
namespace {

constexpr std::size_t max_head = 64 * 1024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool number(std::string_view text, std::size_t& out, int base) {
  const auto end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out, base);
  return error == std::errc() && at == end;
}

}  // namespace

ResponseReader::Progress ResponseReader::broken(std::string problem) {
  problem_ = std::move(problem);
  return Progress::broken;
}

std::string ResponseReader::header(std::string_view name) const {
  for (std::size_t at = head_.find("\r\n"); at != std::string::npos; at = head_.find("\r\n", at + 2)) {
    const std::string_view line = std::string_view(head_).substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (!std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) { return a == lower(b); })) continue;
    std::string_view value = line.substr(name.size() + 1);
    value = value.substr(0, value.find('\r'));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return std::string(value);
  }
  return {};
}

ResponseReader::Progress ResponseReader::read_head() {
  const std::size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return in_.size() > max_head ? broken("a head of over 64 KiB") : Progress::incomplete;
  head_ = in_.substr(0, end + 2);
  in_.erase(0, end + 4);
  std::size_t status = 0;
  if (!head_.starts_with("HTTP/1.1 ") || !number(std::string_view(head_).substr(9, 3), status, 10))
    return broken("no status line: '" + head_.substr(0, head_.find('\r')) + "'");
  status_ = static_cast<int>(status);
  chunked_ = header("transfer-encoding") == "chunked";
  length_ = 0;
  const std::string length = header("content-length");
  if (status_ != 204 && !chunked_ && !number(length, length_, 10)) return broken("no framing: '" + head_ + "'");
  return Progress::head;
}

ResponseReader::Progress ResponseReader::read_chunks() {
  for (;;) {
    const std::size_t line = in_.find("\r\n");
    if (line == std::string::npos) return Progress::head;
    std::size_t size = 0;
    if (!number(std::string_view(in_).substr(0, line), size, 16))
      return broken("no chunk size: '" + in_.substr(0, line) + "'");
    if (in_.size() < line + 2 + size + 2) return Progress::head;
    if (in_.compare(line + 2 + size, 2, "\r\n") != 0) return broken("a chunk that does not end where its size says");
    body_.append(in_, line + 2, size);
    in_.erase(0, line + 2 + size + 2);
    if (size == 0) return Progress::complete;
  }
}

ResponseReader::Progress ResponseReader::advance() {
  if (head_.empty()) {
    if (const Progress p = read_head(); p != Progress::head) return p;
  }
  if (chunked_) return read_chunks();
  if (in_.size() < length_) return Progress::head;
  body_ = in_.substr(0, length_);
  in_.erase(0, length_);
  return Progress::complete;
}

ResponseReader ResponseReader::rest() const {
  ResponseReader out;
  out.in_ = in_;
  return out;
}

}  // namespace socle::client
