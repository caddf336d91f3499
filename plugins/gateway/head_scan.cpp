// head_scan.cpp: see head_scan.hpp. Grammar: RFC 9112 sections 2-6, RFC 9110 sections 5-7.
#include "head_scan.hpp"

#include <cstring>

#include "ascii.hpp"

namespace socle::gateway {

namespace {

constexpr Refusal line_too_long{414, "target_too_long", "The request line is longer than this listener accepts."};
constexpr Refusal head_too_large{431, "headers_too_large", "The header section is larger than this listener accepts."};
// Servers behind CGI read "_" as "-"; nobody else sends these names.
constexpr Refusal lookalike =
    bad_request("bad_header_name", "A header name is that of a framing header with an underscore in it.");

}  // namespace

HeadScanner::Outcome HeadScanner::scan(std::string_view bytes, const Limits& limits) {
  for (;;) {
    const char* from = bytes.data() + searched_;
    const auto* end = static_cast<const char*>(std::memchr(from, '\n', bytes.size() - searched_));
    const std::size_t seen = end ? static_cast<std::size_t>(end - bytes.data()) + 1 : bytes.size();
    if (!seen_line_ && seen > limits.request_line) return refuse(line_too_long), Outcome::refused;
    if (seen > limits.headers) return refuse(head_too_large), Outcome::refused;
    if (!end) {
      searched_ = bytes.size();
      return Outcome::more;
    }
    std::string_view line = bytes.substr(line_start_, seen - 1 - line_start_);
    if (line.empty() || line.back() != '\r') {
      return refuse(bad_request("bare_lf", "A line ends with LF alone; lines end with CR LF.")), Outcome::refused;
    }
    line.remove_suffix(1);
    line_start_ = searched_ = seen;
    if (!seen_line_) {
      seen_line_ = true;
      if (!request_line(line)) return Outcome::refused;
    } else if (line.empty()) {
      return finish() ? Outcome::complete : Outcome::refused;
    } else {
      if (++fields_ > limits.fields) return refuse(head_too_large), Outcome::refused;
      if (!field_line(line)) return Outcome::refused;
    }
  }
}

bool HeadScanner::refuse(Refusal why) {
  refusal_ = why;
  return false;
}

bool HeadScanner::request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::string_view method = line.substr(0, first);
  if (method.empty() || !ascii::all(method, ascii::token)) {
    return refuse(bad_request("bad_request_line", "The request line does not begin with a method and one space."));
  }
  if (method.size() > 32) return refuse({501, "unknown_method", "The method is longer than any method served here."});
  if (first == std::string_view::npos) {
    return refuse(bad_request("bad_request_line", "The request line has no target and no version."));
  }
  line.remove_prefix(first + 1);
  const std::size_t gap = line.find(' ');
  const std::string_view target = line.substr(0, gap);
  if (gap == std::string_view::npos) {
    return refuse(bad_request("bad_request_line", "The request line has no HTTP version."));
  }
  if (target.empty() || !ascii::all(target, ascii::visible)) {
    return refuse(bad_request("bad_target", "The request target is empty or holds a character that must be encoded."));
  }
  const std::string_view version = line.substr(gap + 1);
  const bool shaped = version.size() == 8 && version.substr(0, 5) == "HTTP/" && ascii::is(version[5], ascii::digit) &&
                      version[6] == '.' && ascii::is(version[7], ascii::digit);
  if (!shaped) return refuse(bad_request("bad_version", "The request line does not end with HTTP/1.1."));
  if (version[5] != '1' || version[7] > '1') {
    return refuse({505, "version_not_supported", "Only HTTP/1.1 and HTTP/1.0 are served here."});
  }
  framing_.minor = static_cast<std::uint8_t>(version[7] - '0');
  return true;
}

bool HeadScanner::field_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return refuse(bad_request("obs_fold", "A header line begins with white space; folded lines are not accepted."));
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return refuse(bad_request("bad_header", "A header line has no colon."));
  const std::string_view name = line.substr(0, colon);
  if (name.empty() || !ascii::all(name, ascii::token)) {
    return refuse(bad_request("bad_header_name", "A header name is empty or holds a character that is not allowed."));
  }
  const std::string_view value = ascii::trim(line.substr(colon + 1));
  if (!ascii::all(value, ascii::field_text)) {
    return refuse(bad_request("bad_header_value", "A header value holds a control character."));
  }
  return framing_field(name, value);
}

bool HeadScanner::framing_field(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (!ascii::same(name, "host")) return true;
      if (seen_host_) return refuse(bad_request("repeated_host", "There is more than one Host header."));
      seen_host_ = true;
      if (!valid_authority(value)) return refuse(bad_request("bad_host", "The Host header is not a host and port."));
      return true;
    case 6:
      if (!ascii::same(name, "expect")) return true;
      if (ascii::same(value, "100-continue")) {
        framing_.expect_continue = true;
      } else {
        unknown_expectation_ = true;
      }
      return true;
    case 10:
      if (ascii::same(name, "connection")) connection(value);
      return true;
    case 12:
      if (!ascii::same(name, "content-type")) return true;
      if (seen_content_type_) return refuse(bad_request("repeated_header", "There is more than one Content-Type."));
      seen_content_type_ = true;
      return true;
    case 14:
      if (ascii::same(name, "content_length")) return refuse(lookalike);
      return !ascii::same(name, "content-length") || content_length(value);
    case 17:
      if (ascii::same(name, "transfer_encoding")) return refuse(lookalike);
      return !ascii::same(name, "transfer-encoding") || transfer_encoding(value);
    default: return true;
  }
}

bool HeadScanner::transfer_encoding(std::string_view value) {
  if (seen_transfer_encoding_) {
    return refuse(bad_request("repeated_transfer_encoding", "There is more than one Transfer-Encoding."));
  }
  seen_transfer_encoding_ = true;
  if (ascii::same(value, "chunked")) {
    framing_.chunked = true;
    return true;
  }
  // What can never be right, whatever the codings mean, is malformed; the rest is unknown.
  int codings = 0;
  int chunked = 0;
  bool last = false;
  ascii::each_item(value, [&](std::string_view item) {
    ++codings;
    last = ascii::same(item, "chunked");
    chunked += last;
    return true;
  });
  if (codings == 0 || chunked > 1) {
    return refuse(bad_request("bad_transfer_encoding", "Transfer-Encoding is empty or names chunked more than once."));
  }
  if (chunked == codings) {
    return refuse(bad_request("bad_transfer_encoding", "Transfer-Encoding holds an empty list element."));
  }
  if (chunked == 1 && !last) {
    return refuse(bad_request("bad_transfer_encoding", "Transfer-Encoding names a coding after chunked."));
  }
  unknown_coding_ = true;
  return true;
}

bool HeadScanner::content_length(std::string_view value) {
  if (framing_.has_length) {
    return refuse(bad_request("repeated_content_length", "There is more than one Content-Length."));
  }
  if (value.empty() || value.size() > 18 || !ascii::all(value, ascii::digit)) {
    return refuse(bad_request("bad_content_length", "Content-Length is not a number of 1 to 18 digits."));
  }
  framing_.has_length = true;
  for (char c : value) framing_.length = framing_.length * 10 + static_cast<std::uint64_t>(c - '0');
  return true;
}

void HeadScanner::connection(std::string_view value) {
  ascii::each_item(value, [this](std::string_view item) {
    close_ = close_ || ascii::same(item, "close");
    keep_ = keep_ || ascii::same(item, "keep-alive");
    return true;
  });
}

bool HeadScanner::finish() {
  if (!seen_host_ && framing_.minor == 1) return refuse(bad_request("missing_host", "HTTP/1.1 needs a Host header."));
  if (seen_transfer_encoding_) {
    if (framing_.has_length) {
      return refuse(bad_request("ambiguous_framing", "Content-Length and Transfer-Encoding exclude one another."));
    }
    if (framing_.minor == 0) {
      return refuse(bad_request("ambiguous_framing", "Transfer-Encoding is not part of HTTP/1.0."));
    }
    if (unknown_coding_) {
      return refuse({501, "unknown_transfer_coding", "Only the transfer coding chunked is understood here."});
    }
  }
  if (framing_.minor == 0) {
    framing_.expect_continue = false;
  } else if (unknown_expectation_) {
    return refuse({417, "unknown_expectation", "Only the expectation 100-continue can be met here."});
  }
  framing_.keep_alive = !close_ && (framing_.minor == 1 || keep_);
  return true;
}

bool valid_authority(std::string_view authority) {
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    for (char c : authority.substr(1, end - 1)) {
      if (!ascii::is(c, ascii::hex) && c != ':' && c != '.') return false;
    }
    port = authority.substr(end + 1);
    if (port.empty()) return true;
    if (port.front() != ':') return false;
    port.remove_prefix(1);
  } else {
    const std::size_t colon = authority.find(':');
    const std::string_view name = authority.substr(0, colon);
    if (name.empty() || name.size() > 255 || !ascii::all(name, ascii::host)) return false;
    if (colon == std::string_view::npos) return true;
    port = authority.substr(colon + 1);
  }
  if (port.size() > 5 || !ascii::all(port, ascii::digit)) return false;
  unsigned number = 0;
  for (char c : port) number = number * 10 + static_cast<unsigned>(c - '0');
  return number <= 65535;
}

}  // namespace socle::gateway
