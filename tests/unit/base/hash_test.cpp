#include "base/hash.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "base/text.hpp"

namespace base = socle::base;

TEST_CASE("base: SHA-256 gives the published digests", "[base]") {
  CHECK(*base::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(*base::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(*base::sha256_hex(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("base: hex reads back and refuses what is no hex", "[base]") {
  CHECK(base::to_hex(std::string("\x00\xff\x1a", 3)) == "00ff1a");
  CHECK(*base::from_hex("00FF1a") == std::string("\x00\xff\x1a", 3));
  CHECK_FALSE(base::from_hex("abc"));
  CHECK_FALSE(base::from_hex("0g"));
}

TEST_CASE("base: base64 follows RFC 4648 and refuses loose forms", "[base]") {
  CHECK(*base::from_base64("") == "");
  CHECK(*base::from_base64("Zg==") == "f");
  CHECK(*base::from_base64("Zm9vYmE=") == "fooba");
  CHECK(*base::from_base64("Zm9vYmFy") == "foobar");
  for (const char* loose : {"Zg=", "Zg", "Zh==", "Z===", "====", "Zm9v YmFy", "Zg==Zg=="})
    CHECK_FALSE(base::from_base64(loose));
}
