// chunk_decoder.cpp: see chunk_decoder.hpp.
#include "chunk_decoder.hpp"

#include <algorithm>
#include <cstring>

#include "ascii.hpp"

namespace socle::gateway {

namespace {

constexpr std::size_t max_line = 1024;            // size and extensions, or one trailer field
constexpr std::size_t max_trailer = 8 * 1024;     // all trailer fields
constexpr std::size_t free_overhead = 64 * 1024;  // framing beyond this must stay under 16 bytes a byte of body

constexpr Refusal bad_chunk = bad_request("bad_chunk", "The chunked body is malformed.");
constexpr Refusal too_large{413, "body_too_large", "The body is larger than this route accepts."};

// *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ); BWS itself is refused: no client needs it.
bool valid_extensions(std::string_view text) {
  while (!text.empty()) {
    if (text.front() != ';') return false;
    text.remove_prefix(1);
    std::size_t n = 0;
    while (n < text.size() && ascii::is(text[n], ascii::token)) ++n;
    if (n == 0) return false;
    text.remove_prefix(n);
    if (text.empty() || text.front() != '=') continue;
    text.remove_prefix(1);
    if (text.empty()) return false;
    if (text.front() != '"') {
      for (n = 0; n < text.size() && ascii::is(text[n], ascii::token);) ++n;
      if (n == 0) return false;
      text.remove_prefix(n);
      continue;
    }
    for (n = 1; n < text.size() && text[n] != '"'; ++n) {
      if (text[n] == '\\') ++n;
      if (n >= text.size() || !ascii::is(text[n], ascii::field_text)) return false;
    }
    if (n >= text.size()) return false;
    text.remove_prefix(n + 1);
  }
  return true;
}

}  // namespace

ChunkDecoder::Outcome ChunkDecoder::refuse(Refusal why) {
  refusal_ = why;
  return Outcome::refused;
}

bool ChunkDecoder::size_line(std::string_view line) {
  std::size_t digits = 0;
  std::uint64_t size = 0;
  while (digits < line.size() && ascii::is(line[digits], ascii::hex)) {
    if (digits == 15) return false;
    size = size * 16 + static_cast<std::uint64_t>(ascii::hex_value(line[digits++]));
  }
  if (digits == 0 || !valid_extensions(line.substr(digits))) return false;
  left_ = size;
  state_ = size == 0 ? State::trailer : State::data;
  return true;
}

bool ChunkDecoder::trailer_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 && ascii::all(line.substr(0, colon), ascii::token) &&
         ascii::all(line.substr(colon + 1), ascii::field_text);
}

ChunkDecoder::Outcome ChunkDecoder::feed(std::string_view in, std::size_t body_limit, std::string& body,
                                         std::size_t& used) {
  used = 0;
  for (;;) {
    const std::string_view rest = in.substr(used);
    if (state_ == State::data) {
      const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      body.append(rest.data(), n);
      used += n;
      decoded_ += n;
      left_ -= n;
      if (left_ > 0) return Outcome::more;
      state_ = State::data_end;
      continue;
    }
    if (state_ == State::data_end) {
      if (!rest.empty() && rest[0] != '\r') return refuse(bad_chunk);
      if (rest.size() < 2) return Outcome::more;
      if (rest[1] != '\n') return refuse(bad_chunk);
      used += 2;
      state_ = State::size_line;
      continue;
    }
    const void* end = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', std::min(rest.size(), max_line));
    if (!end) return rest.size() >= max_line ? refuse(bad_chunk) : Outcome::more;
    const auto size = static_cast<std::size_t>(static_cast<const char*>(end) - rest.data()) + 1;
    if (size < 2 || rest[size - 2] != '\r') return refuse(bad_chunk);
    const std::string_view line = rest.substr(0, size - 2);
    used += size;
    overhead_ += size;
    if (state_ == State::trailer) {
      if (line.empty()) return Outcome::complete;
      trailer_size_ += size;
      if (trailer_size_ > max_trailer) {
        return refuse({431, "trailers_too_large", "The trailers of the body are larger than 8 KiB."});
      }
      if (!trailer_line(line)) return refuse(bad_request("bad_trailer", "A trailer of the body is malformed."));
      continue;
    }
    if (!size_line(line)) return refuse(bad_chunk);
    if (left_ > body_limit || decoded_ > body_limit - left_) return refuse(too_large);
    if (overhead_ > free_overhead + 16 * decoded_) {
      return refuse(bad_request("bad_chunk", "The chunked body is nearly all framing."));
    }
  }
}

}  // namespace socle::gateway
