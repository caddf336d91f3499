// credentials_test.cpp: how secrets are written and kept, passwords, one-time codes.
#include <catch2/catch.hpp>

#include "core/secret.hpp"
#include "credentials/api_key.hpp"
#include "credentials/password.hpp"
#include "credentials/recovery.hpp"
#include "credentials/secret_text.hpp"
#include "credentials/totp.hpp"
#include "credentials/weakness.hpp"

using namespace socle::auth;

namespace {

std::string bytes_of(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

constexpr PasswordCost cheap{8 * 1024, 1, 1};

}  // namespace

TEST_CASE("secrets: what is made is read again, with its tenant and id", "[auth]") {
  const std::string session = make_secret(SecretKind::session, "acme-1");
  CHECK(session.substr(0, 10) == "ss_acme-1_");
  CHECK(session.size() == 10 + 43);
  const auto read = read_secret(session);
  REQUIRE(read);
  CHECK(read->kind == SecretKind::session);
  CHECK(read->tenant == "acme-1");
  const std::string key = make_secret(SecretKind::key, "acme", "abcdefgh2345");
  const auto read_key = read_secret(key);
  REQUIRE(read_key);
  CHECK(read_key->kind == SecretKind::key);
  CHECK(read_key->id == "abcdefgh2345");
  CHECK(read_secret(make_secret(SecretKind::link, "a"))->kind == SecretKind::link);
  CHECK(make_secret(SecretKind::session, "acme") != make_secret(SecretKind::session, "acme"));
}

TEST_CASE("secrets: anything else is none", "[auth]") {
  const std::string good = make_secret(SecretKind::session, "acme");
  const std::string tail = good.substr(8);
  for (const std::string& text :
       {std::string(), std::string("ss_"), good.substr(1), good + "a", good.substr(0, good.size() - 1), "ss__" + tail,
        "ss_ACME_" + tail, "ss_~auth_" + tail, "ss_a/b_" + tail, "sx_acme_" + tail,
        "ss_" + std::string(64, 'a') + "_" + tail, "ss_acme_" + tail.substr(1) + "+",
        "ss_acme_" + tail.substr(1) + std::string(1, '\0'), "sk_acme_" + tail, "sk_acme_ABCDEFGH2345_" + tail,
        "sk_acme_abcdefgh234_" + tail, "sk_acme_abcdefgh2345" + tail})
    CHECK_FALSE(read_secret(text));
}

TEST_CASE("secrets: base64url, base32 and the digests are those of their standards", "[auth]") {
  CHECK(base64url("") == "");
  CHECK(base64url("f") == "Zg");
  CHECK(base64url("fo") == "Zm8");
  CHECK(base64url("foo") == "Zm9v");
  CHECK(base64url("\xfb\xff\xfe") == "-__-");
  CHECK(base32("foobar") == "MZXW6YTBOI");
  CHECK(from_base32("MZXW6YTBOI") == "foobar");
  CHECK_FALSE(from_base32("mzxw6"));
  CHECK_FALSE(from_base32("0"));
  CHECK(fingerprint("abc") == "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  CHECK(random_base32(12).size() == 12);
  CHECK(random_base32(12) != random_base32(12));
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "ab"));
}

TEST_CASE("password: a hash names its cost and matches its password alone", "[auth]") {
  const auto hash = hash_password("correct horse", cheap);
  REQUIRE(hash);
  CHECK(hash->substr(0, 29) == "$argon2id$v=19$m=8192,t=1,p=1");
  CHECK(verify_password(*hash, "correct horse"));
  CHECK_FALSE(verify_password(*hash, "correct horsf"));
  CHECK_FALSE(verify_password(*hash, ""));
  CHECK_FALSE(verify_password("", "correct horse"));
  CHECK_FALSE(verify_password("$argon2id$v=19$m=8192,t=1,p=1$$", "correct horse"));
  CHECK(*hash != *hash_password("correct horse", cheap));
}

TEST_CASE("password: the decoy is a whole hash of the same cost that nothing matches", "[auth]") {
  for (int i = 0; i < 20; ++i) {
    const std::string decoy = decoy_hash(cheap);
    const auto real = hash_password("correct horse", cheap);
    REQUIRE(real);
    CHECK(decoy.size() == real->size());
    CHECK_FALSE(outdated(decoy, cheap));
    CHECK(verification_fault(decoy, "correct horse") == "The password does not match the supplied hash");
  }
}

TEST_CASE("password: a hash of other numbers than the settings is outdated", "[auth]") {
  const auto hash = hash_password("correct horse", cheap);
  REQUIRE(hash);
  CHECK_FALSE(outdated(*hash, cheap));
  CHECK(outdated(*hash, {8 * 1024, 2, 1}));
  CHECK(outdated(*hash, {16 * 1024, 1, 1}));
  CHECK(outdated("", cheap));
}

TEST_CASE("password: the first guesses are refused when a password is set, long ones are not", "[auth]") {
  for (const char* bad : {"short", "1234567", "12345678", "1234567890", "87654321", "aaaaaaaaaa", "abcdefgh",
                          "abababab", "password", "Password1!", "PASSWORD123", "welcome2026", "ada.lovelace",
                          "Ada.Lovelace1", "acmecorp", "acmecorp2026!", "qwertyuiop", "12121212"})
    CHECK(weakness(bad, "ada.lovelace", "acmecorp", 8));
  for (const char* good :
       {"tr0ub4dor&3", "correct horse battery", "9f2k-xw7p", "пароль-неочевидный", "底座很坚固又很安静"})
    CHECK_FALSE(weakness(good, "ada.lovelace", "acmecorp", 8));
  for (const char* bad : {"monkey2026!", "M0nk3y!!", "p4$$w0rd", "#Liverpool#1", "we1come99", "qwertasdfg", "asdfjkl!",
                          "1qaz2wsx", "123qwe456", "poiuytrewq", "yxcvbnm1", "passpass", "secret5secret5", "31.12.1999",
                          "19991231", "20252026", "31-12-99"})
    CHECK(weakness(bad, "ada.lovelace", "acmecorp", 8));
  for (const char* good : {"monkey see monkey do", "qwertymoved", "48151623", "1999 was long ago", "asdf-tr4ctor"})
    CHECK_FALSE(weakness(good, "ada.lovelace", "acmecorp", 8));
  CHECK(weakness("длинный", "a", "b", 8));  // seven characters, not fourteen bytes
  CHECK(weakness(std::string(1025, 'x') + "y", "a", "b", 8));
  CHECK(weakness("eleven char", "a", "b", 12));
}

TEST_CASE("totp: the codes are those of RFC 6238, appendix B", "[auth]") {
  const std::string secret = "12345678901234567890";
  const std::pair<std::int64_t, const char*> vectors[] = {{59, "94287082"},         {1111111109, "07081804"},
                                                          {1111111111, "14050471"}, {1234567890, "89005924"},
                                                          {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& [time, code] : vectors) CHECK(totp_code(secret, totp_step(time), 8) == code);
  // RFC 4226, appendix D.
  const char* counters[] = {"755224", "287082", "359152", "969429", "338314"};
  for (int i = 0; i < 5; ++i) CHECK(totp_code(secret, i) == counters[i]);
  CHECK(totp_code(bytes_of("00"), 0).size() == 6);
}

TEST_CASE("totp: a code counts in its step and the ones beside it, and once", "[auth]") {
  const std::string secret = "12345678901234567890";
  const std::string code = totp_code(secret, 1000);
  CHECK(totp_match(secret, code, 1000, 0) == 1000);
  CHECK(totp_match(secret, code, 999, 0) == 1000);
  CHECK(totp_match(secret, code, 1001, 0) == 1000);
  CHECK_FALSE(totp_match(secret, code, 1002, 0));
  CHECK_FALSE(totp_match(secret, code, 998, 0));
  CHECK_FALSE(totp_match(secret, code, 1000, 1000));
  CHECK_FALSE(totp_match(secret, "", 1000, 0));
  CHECK_FALSE(totp_match(secret, code.substr(1), 1000, 0));
}

TEST_CASE("totp: the address for authenticators escapes names", "[auth]") {
  CHECK(totp_uri("foobar", "A&B Ltd", "ada@acme") ==
        "otpauth://totp/A%26B%20Ltd:ada%40acme?secret=MZXW6YTBOI&issuer=A%26B%20Ltd&algorithm=SHA1&digits=6&period=30");
}

TEST_CASE("recovery codes: read without regard to case and dashes, kept as a hash", "[auth]") {
  const std::string code = make_recovery_code();
  CHECK(code.size() == 29);
  std::string shouted;
  for (const char c : code) {
    if (c != '-') shouted.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  CHECK(recovery_fingerprint(code) == recovery_fingerprint(shouted));
  CHECK(recovery_fingerprint(code) != recovery_fingerprint(make_recovery_code()));
  CHECK(recovery_fingerprint(code).find(code.substr(0, 4)) == std::string::npos);
}

TEST_CASE("keys: a rotated key has two secrets until the old one ends", "[auth]") {
  ApiKey key;
  key.hash = fingerprint("new");
  key.old_hash = fingerprint("old");
  key.old_ends = Milliseconds(1000);
  CHECK(key.matches("new", Milliseconds(5000)));
  CHECK(key.matches("old", Milliseconds(999)));
  CHECK_FALSE(key.matches("old", Milliseconds(1000)));
  CHECK_FALSE(key.matches("other", Milliseconds(0)));
  CHECK(key.ends("old") == Milliseconds(1000));
  CHECK(key.ends("new") == Milliseconds::max());
  key.ends_at = Milliseconds(500);
  CHECK(key.ends("old") == Milliseconds(500));
  CHECK(key.over(Milliseconds(500)));
  CHECK_FALSE(key.over(Milliseconds(499)));
}
