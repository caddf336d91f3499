// uri_test.cpp: reference resolution by the examples of RFC 3986, section 5.4.
#include "uri.hpp"

#include <catch2/catch.hpp>
#include <utility>

using socle::schema::Uri;

TEST_CASE("uri: references resolve as RFC 3986 shows", "[schema]") {
  const Uri base = Uri::parse("http://a/b/c/d;p?q");
  const std::pair<const char*, const char*> examples[] = {{"g:h", "g:h"},
                                                          {"g", "http://a/b/c/g"},
                                                          {"./g", "http://a/b/c/g"},
                                                          {"g/", "http://a/b/c/g/"},
                                                          {"/g", "http://a/g"},
                                                          {"//g", "http://g"},
                                                          {"?y", "http://a/b/c/d;p?y"},
                                                          {"g?y", "http://a/b/c/g?y"},
                                                          {"#s", "http://a/b/c/d;p?q#s"},
                                                          {"g#s", "http://a/b/c/g#s"},
                                                          {";x", "http://a/b/c/;x"},
                                                          {"", "http://a/b/c/d;p?q"},
                                                          {".", "http://a/b/c/"},
                                                          {"..", "http://a/b/"},
                                                          {"../g", "http://a/b/g"},
                                                          {"../..", "http://a/"},
                                                          {"../../../g", "http://a/g"},
                                                          {"/./g", "http://a/g"},
                                                          {"/../g", "http://a/g"},
                                                          {"g.", "http://a/b/c/g."},
                                                          {"..g", "http://a/b/c/..g"},
                                                          {"./../g", "http://a/b/g"},
                                                          {"g/./h", "http://a/b/c/g/h"},
                                                          {"g/../h", "http://a/b/c/h"},
                                                          {"g?y/../x", "http://a/b/c/g?y/../x"}};
  for (const auto& [reference, wanted] : examples) {
    INFO(reference);
    CHECK(socle::schema::resolve(base, reference).text() == wanted);
  }
}

TEST_CASE("uri: percent escapes are decoded, malformed ones kept", "[schema]") {
  CHECK(socle::schema::percent_decode("/a%25b%7E") == "/a%b~");
  CHECK(socle::schema::percent_decode("%4") == "%4");
}
