// head_scan_test.cpp: which request heads are refused, and as what. The smuggling cases follow the lists of the
// literature: CL.CL, CL.TE, TE.CL, TE.TE, obs-fold, bare line ends, white space in names.
#include <catch2/catch.hpp>
#include <string>

#include "head.hpp"
#include "head_scan.hpp"

using namespace socle::gateway;

namespace {

struct Verdict {
  int status = 0;  // 0: accepted, -1: more is wanted
  std::string code;
};

Verdict judge(const std::string& head, const Limits& limits = {}) {
  HeadScanner scanner;
  switch (scanner.scan(head, limits)) {
    case HeadScanner::Outcome::more: return {-1, ""};
    case HeadScanner::Outcome::refused: return {scanner.refusal().status, std::string(scanner.refusal().code)};
    case HeadScanner::Outcome::complete: break;
  }
  Head parsed;
  return parse_head(std::string_view(head).substr(0, scanner.size()), scanner.framing(), parsed)
             ? Verdict{}
             : Verdict{999, "parsers"};
}

Verdict with(const std::string& fields) { return judge("POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"); }

}  // namespace

TEST_CASE("head: heads that are refused, and as what", "[gateway]") {
  struct Case {
    std::string head;
    int status;
    std::string code;
  };
  const std::string h = "Host: h\r\n";
  const std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400, "repeated_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "repeated_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: 1, 1\r\n\r\n", 400, "bad_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: +1\r\n\r\n", 400, "bad_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: -1\r\n\r\n", 400, "bad_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: 0x1\r\n\r\n", 400, "bad_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: 1 2\r\n\r\n", 400, "bad_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length:\r\n\r\n", 400, "bad_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: 99999999999999999999\r\n\r\n", 400, "bad_content_length"},
      {"GET / HTTP/1.1\r\n" + h + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "ambiguous_framing"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400, "ambiguous_framing"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
       "repeated_transfer_encoding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400,
       "repeated_transfer_encoding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400, "bad_transfer_encoding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: ,chunked\r\n\r\n", 400, "bad_transfer_encoding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding:\r\n\r\n", 400, "bad_transfer_encoding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400, "bad_transfer_encoding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked,\r\n\r\n", 400, "bad_transfer_encoding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer_Encoding: chunked\r\n\r\n", 400, "bad_header_name"},
      {"GET / HTTP/1.1\r\n" + h + "content_length: 5\r\n\r\n", 400, "bad_header_name"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: gzip\r\n\r\n", 501, "unknown_transfer_coding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "unknown_transfer_coding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: xchunked\r\n\r\n", 501, "unknown_transfer_coding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: \"chunked\"\r\n\r\n", 501, "unknown_transfer_coding"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked;q=1\r\n\r\n", 501, "unknown_transfer_coding"},
      {"GET / HTTP/1.1\r\n" + h +
           "Transfer-Encoding: \x0b"
           "chunked\r\n\r\n",
       400, "bad_header_value"},
      {"GET / HTTP/1.0\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n", 400, "ambiguous_framing"},
      {"GET / HTTP/1.1\r\n" + h + "X: a\r\n b\r\n\r\n", 400, "obs_fold"},
      {"GET / HTTP/1.1\r\n" + h + "Transfer-Encoding:\r\n chunked\r\n\r\n", 400, "bad_transfer_encoding"},
      {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, "obs_fold"},
      {"GET / HTTP/1.1\n" + h + "\r\n", 400, "bare_lf"},
      {"GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400, "bare_lf"},
      {"GET / HTTP/1.1\r\n" + h + "\n", 400, "bare_lf"},
      {"GET / HTTP/1.1\r\n" + h + "X: a\rb\r\n\r\n", 400, "bad_header_value"},
      {"GET / HTTP/1.1\rHost: h\r\n\r\n", 400, "bad_version"},
      {"\r\nGET / HTTP/1.1\r\n" + h + "\r\n", 400, "bad_request_line"},
      {"GET / HTTP/1.1\r\n" + h + "X : a\r\n\r\n", 400, "bad_header_name"},
      {"GET / HTTP/1.1\r\n" + h + "X\t: a\r\n\r\n", 400, "bad_header_name"},
      {"GET / HTTP/1.1\r\n" + h + ": a\r\n\r\n", 400, "bad_header_name"},
      {"GET / HTTP/1.1\r\n" + h + "B[d: a\r\n\r\n", 400, "bad_header_name"},
      {"GET / HTTP/1.1\r\n" + h + "NoColon\r\n\r\n", 400, "bad_header"},
      {std::string("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 35), 400, "bad_header_value"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "missing_host"},
      {"GET / HTTP/1.1\r\n" + h + h + "\r\n", 400, "repeated_host"},
      {"GET / HTTP/1.0\r\n" + h + h + "\r\n", 400, "repeated_host"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "bad_host"},
      {"GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400, "bad_host"},
      {"GET / HTTP/1.1\r\nHost: h/p\r\n\r\n", 400, "bad_host"},
      {"GET / HTTP/1.1\r\nHost: h:99999\r\n\r\n", 400, "bad_host"},
      {"GET / HTTP/1.1\r\nHost: h:8x\r\n\r\n", 400, "bad_host"},
      {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, "bad_host"},
      {"GET  / HTTP/1.1\r\n" + h + "\r\n", 400, "bad_target"},
      {"GET / x HTTP/1.1\r\n" + h + "\r\n", 400, "bad_version"},
      {"GET\t/ HTTP/1.1\r\n" + h + "\r\n", 400, "bad_request_line"},
      {"GET /\r\n", 400, "bad_request_line"},
      {"GET\r\n", 400, "bad_request_line"},
      {"GET / http/1.1\r\n" + h + "\r\n", 400, "bad_version"},
      {"GET / HTTP/1\r\n" + h + "\r\n", 400, "bad_version"},
      {"GET / HTTP/01.1\r\n" + h + "\r\n", 400, "bad_version"},
      {"GET / HTTP/1.1 \r\n" + h + "\r\n", 400, "bad_version"},
      {"GET / HTTP/2.0\r\n" + h + "\r\n", 505, "version_not_supported"},
      {"GET / HTTP/1.2\r\n" + h + "\r\n", 505, "version_not_supported"},
      {"GET /\x80 HTTP/1.1\r\n" + h + "\r\n", 400, "bad_target"},
      {"PRI * HTTP/2.0\r\n\r\n", 505, "version_not_supported"},
      {std::string(33, 'A') + " / HTTP/1.1\r\n" + h + "\r\n", 501, "unknown_method"},
      {"GET / HTTP/1.1\r\n" + h + "Expect: 200-ok\r\n\r\n", 417, "unknown_expectation"},
      {"POST / HTTP/1.1\r\n" + h + "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", 400, "repeated_header"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.head);
    const Verdict v = judge(c.head);
    CHECK(v.status == c.status);
    CHECK(v.code == c.code);
  }
}

TEST_CASE("head: heads that are accepted", "[gateway]") {
  for (const char* fields :
       {"", "Content-Length: 0\r\n", "Content-Length: 007\r\n", "Transfer-Encoding: chunked\r\n",
        "transfer-encoding:  CHUNKED\t\r\n", "X:\r\n", "X: \xc3\xa9\r\n", "X: \xe9\r\n", "Expect: 100-Continue\r\n",
        "Connection: close, x\r\n", "Connection: keep-alive\r\n", "!#$%&'*+-.^_`|~: v\r\n"}) {
    CAPTURE(fields);
    CHECK(with(fields).status == 0);
  }
  for (const char* host : {"h", "h:80", "h:", "127.0.0.1:8080", "[::1]:8080", "a.b-c_d~e", "%41"}) {
    CAPTURE(host);
    CHECK(judge(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n").status == 0);
  }
  CHECK(judge("GET / HTTP/1.0\r\n\r\n").status == 0);
}

TEST_CASE("head: a head that comes byte by byte is judged as one that comes at once", "[gateway]") {
  const std::string head = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
  HeadScanner scanner;
  for (std::size_t n = 1; n < head.size() - 3; ++n)
    REQUIRE(scanner.scan(head.substr(0, n), {}) == HeadScanner::Outcome::more);
  REQUIRE(scanner.scan(head, {}) == HeadScanner::Outcome::complete);
  CHECK(scanner.size() == head.size() - 3);
  CHECK(scanner.framing().length == 3);
  CHECK_FALSE(scanner.framing().keep_alive);
}

TEST_CASE("head: line, size and number of fields are bounded, also before the line ends", "[gateway]") {
  Limits limits;
  limits.request_line = 64;
  limits.headers = 256;
  limits.fields = 3;
  CHECK(judge("GET /" + std::string(64, 'a'), limits).status == 414);
  CHECK(judge("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(256, 'a'), limits).status == 431);
  CHECK(judge("GET / HTTP/1.1\r\nHost: h\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n", limits).status == 431);
  CHECK(judge("GET / HTTP/1.1\r\nHost: h\r\na: 1\r\nb: 2\r\n\r\n", limits).status == 0);
}
