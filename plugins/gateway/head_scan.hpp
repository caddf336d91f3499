// head_scan.hpp: the strict gate in front of Beast's parser. Boost.Beast accepts obs-fold, whitespace oddities and
// repeated framing fields that make request smuggling possible between servers that disagree; this scanner refuses a
// head on the first line that RFC 9112 does not allow and says how the body is framed. Each line is looked at once, as
// soon as it is complete, however slowly the bytes arrive. Called by Connection on its worker; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "limits.hpp"
#include "refusal.hpp"

namespace socle::gateway {

struct Framing {
  std::uint8_t minor = 1;  // HTTP/1.minor
  bool keep_alive = true;
  bool chunked = false;
  bool has_length = false;
  bool expect_continue = false;
  std::uint64_t length = 0;
  [[nodiscard]] bool has_body() const { return chunked || length > 0; }
};

class HeadScanner {
 public:
  enum class Outcome { more, complete, refused };

  // `bytes` starts at the head's first byte and only grows between calls, until another outcome than `more`.
  [[nodiscard]] Outcome scan(std::string_view bytes, const Limits& limits);
  void reset() { *this = HeadScanner(); }

  // REQUIRES: complete. The head's size with its final empty line.
  [[nodiscard]] std::size_t size() const { return line_start_; }
  [[nodiscard]] const Framing& framing() const { return framing_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // A prefix of a head has arrived.
  [[nodiscard]] bool started() const { return searched_ > 0; }

 private:
  bool refuse(Refusal why);
  bool request_line(std::string_view line);
  bool field_line(std::string_view line);
  bool framing_field(std::string_view name, std::string_view value);
  bool transfer_encoding(std::string_view value);
  bool content_length(std::string_view value);
  void connection(std::string_view value);
  bool finish();

  std::size_t line_start_ = 0;
  std::size_t searched_ = 0;  // no line end before this offset
  std::uint32_t fields_ = 0;
  bool seen_line_ = false;
  bool seen_host_ = false;
  bool seen_transfer_encoding_ = false;
  bool seen_content_type_ = false;
  bool close_ = false;
  bool keep_ = false;
  bool unknown_coding_ = false;
  bool unknown_expectation_ = false;
  Framing framing_;
  Refusal refusal_;
};

// host[:port] as in the Host field and an absolute target: a name, an IPv4 address or a bracketed IPv6 address.
[[nodiscard]] bool valid_authority(std::string_view authority);

}  // namespace socle::gateway
