// content_test.cpp: types by bytes, names, ranges.
#include <catch2/catch.hpp>

#include "content/media.hpp"
#include "content/name.hpp"
#include "content/range.hpp"

using namespace socle::blob;
using namespace std::string_literals;

TEST_CASE("blob media: a type is kept when the bytes agree with it", "[blob]") {
  const std::string png = "\x89PNG\r\n\x1a\n....";
  CHECK(settle("image/png", png) == "image/png");
  CHECK(settle("", png) == "image/png");
  CHECK(settle("application/octet-stream", png) == "image/png");
  CHECK(settle("image/jpeg", png).empty());
  CHECK(settle("application/pdf", "%PDF-1.7") == "application/pdf");
  CHECK(settle("application/pdf", "").empty());
  const std::string word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  CHECK(settle(word, "PK\3\4....") == word);
  CHECK(settle(word, "no zip").empty());
  CHECK(settle("application/x-own", "own bytes") == "application/x-own");
  CHECK(settle("application/x-own", png).empty());
}

TEST_CASE("blob media: texts may be of any alphabet, but not binary", "[blob]") {
  CHECK(settle("text/csv", "a,b\nMZ,ID3") == "text/csv");
  CHECK(settle("text/plain", "\xd6\xd0\xce\xc4") == "text/plain");   // GBK
  CHECK(settle("text/csv", "\xff\xfe"s + "a\0,\0"s) == "text/csv");  // UTF-16
  CHECK(settle("text/csv", "a\0b"s).empty());
  CHECK(settle("text/plain", "%PDF-1.7").empty());
  CHECK(settle("", "  <HTML>") == "text/html");
  CHECK(settle("", "<?xml version='1.0'?><svg>") == "image/svg+xml");
  CHECK(settle("", "") == "application/octet-stream");
}

TEST_CASE("blob media: only what cannot carry script is shown inline", "[blob]") {
  CHECK(harmless_inline("image/png"));
  CHECK_FALSE(harmless_inline("image/svg+xml"));
  CHECK_FALSE(harmless_inline("text/html"));
  CHECK(admitted("image/png", {"image/*"}));
  CHECK_FALSE(admitted("text/html", {"image/*", "application/pdf"}));
  CHECK(media_of("Image/PNG; q=1") == "image/png");
  for (const auto* bad : {"", "png", "a/b/c", "a b/c", "/x", "x/"}) CHECK(media_of(bad).empty());
}

TEST_CASE("blob name: nothing of a path, a control or a disguise is left", "[blob]") {
  CHECK(safe_name("../../etc/passwd") == "passwd");
  CHECK(safe_name("C:\\temp\\a.txt") == "a.txt");
  CHECK(safe_name("..") == "file");
  CHECK(safe_name("a\r\nSet-Cookie: x") == "aSet-Cookie_ x");
  CHECK(safe_name("invoice\xe2\x80\xae"
                  "fdp.exe") == "invoicefdp.exe");
  CHECK(safe_name("\xff\xfe") == "file");
  CHECK(safe_name("底座.txt") == "底座.txt");
  CHECK(safe_name(std::string(500, 'a')).size() == 200);
  CHECK(safe_name("a\"b<c>") == "a_b_c_");
}

TEST_CASE("blob name: Content-Disposition is read and written", "[blob]") {
  CHECK(name_in("attachment; filename=\"a \\\"b\\\".txt\"") == "a \"b\".txt");
  CHECK(name_in("attachment; filename=x.txt; filename*=UTF-8''%E5%BA%95") == "底");
  CHECK(name_in("form-data; name=\"f\"").empty());
  CHECK(name_in("attachment; filename=\"open").size() == 4);
  CHECK(disposition(true, "a.png") == "inline; filename=\"a.png\"");
  CHECK(disposition(false, "底 1.txt") == "attachment; filename=\"_ 1.txt\"; filename*=UTF-8''%E5%BA%95%201.txt");
}

TEST_CASE("blob range: one range is served, several are not understood, what is beyond the end is refused", "[blob]") {
  const auto part = [](std::string_view header, std::uint64_t first, std::uint64_t last) {
    const auto range = parse_range(header, 100);
    return range.kind == Range::Kind::part && range.first == first && range.last == last;
  };
  CHECK(part("bytes=0-0", 0, 0));
  CHECK(part("bytes=10-", 10, 99));
  CHECK(part("bytes=90-500", 90, 99));
  CHECK(part("bytes=-7", 93, 99));
  CHECK(part("bytes=-700", 0, 99));
  for (const auto* header :
       {"", "bytes=", "bytes=-", "bytes=5-1", "bytes=1-2,4-5", "items=1-2", "bytes=a-", "bytes=1-b"})
    CHECK(parse_range(header, 100).kind == Range::Kind::whole);
  CHECK(parse_range("bytes=100-", 100).kind == Range::Kind::unsatisfiable);
  CHECK(parse_range("bytes=-0", 100).kind == Range::Kind::unsatisfiable);
  CHECK(parse_range("bytes=-1", 0).kind == Range::Kind::unsatisfiable);
  CHECK(parse_range("bytes=99999999999999999999-", 100).kind == Range::Kind::unsatisfiable);
}
