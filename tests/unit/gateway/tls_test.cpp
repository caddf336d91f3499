// tls_test.cpp: TLS with a throw-away certificate made here: handshake, requests, certificate reload, hand-over.
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "rig.hpp"

using namespace gateway_test;
using socle::testing::TestedPlugin;
using namespace std::chrono_literals;

namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};

// A folder with cert.pem and key.pem, removed at the end.
class Certificate {
 public:
  enum class Key : std::uint8_t { ec, rsa };
  explicit Certificate(const char* name, Key kind = Key::ec) : kind_(kind) {
    std::string pattern = (std::filesystem::temp_directory_path() / "socle-tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    write(name);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }
  void write(const char* name) const {
    const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key(kind_ == Key::ec ? EVP_EC_gen("P-256")
                                                                               : EVP_RSA_gen(2048));
    const std::unique_ptr<X509, Freed<X509_free>> x(X509_new());
    X509_set_version(x.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(x.get()), 3600);
    X509_set_pubkey(x.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(x.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(x.get(), subject);
    X509_sign(x.get(), key.get(), EVP_sha256());
    FILE* f = std::fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(f);
    f = std::fopen(file().c_str(), "w");
    PEM_write_X509(f, x.get());
    std::fclose(f);
  }
  [[nodiscard]] std::string file() const { return folder_ + "/cert.pem"; }
  [[nodiscard]] std::string key_file() const { return folder_ + "/key.pem"; }
  [[nodiscard]] std::string listener() const {
    return R"("tenant":"demo","principal":"ann","tls":{"certificate":")" + file() + R"(","key":")" + key_file() + "\"}";
  }

 private:
  const Key kind_;
  std::string folder_;
};

// The client's side of TLS over a Client's socket.
class Secure {
 public:
  Secure(Rig& rig, Client& client, int max_version = 0) : rig_(rig), context_(SSL_CTX_new(TLS_client_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes an alert to a connection that was closed
    if (max_version) SSL_CTX_set_max_proto_version(context_.get(), max_version);
    SSL_CTX_set_security_level(context_.get(), 0);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), client.fd());
    SSL_set_connect_state(ssl_.get());
  }
  void offer(std::string_view protocols) {
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  }
  bool handshake() {
    for (int i = 0; i < 20; ++i) {
      if (SSL_do_handshake(ssl_.get()) == 1) return rig_.run(), true;
      rig_.run();
    }
    return false;
  }
  std::string ask(std::string_view bytes) {
    std::size_t n = 0;
    if (!bytes.empty()) SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n);
    std::string out;
    char buffer[4096];
    for (int i = 0; i < 400; ++i) {
      rig_.run();
      while (SSL_read_ex(ssl_.get(), buffer, sizeof buffer, &n) == 1) out.append(buffer, n);
    }
    return out;
  }
  [[nodiscard]] std::string peer_name() const {
    const std::unique_ptr<X509, Freed<X509_free>> x(SSL_get1_peer_certificate(ssl_.get()));
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(x.get()), NID_commonName, name, sizeof name);
    return name;
  }
  [[nodiscard]] SSL* get() const { return ssl_.get(); }

 private:
  Rig& rig_;
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Freed<SSL_free>> ssl_;
};

}  // namespace

TEST_CASE("tls: requests are served over 1.2 and 1.3, with ALPN http/1.1", "[gateway]") {
  const Certificate certificate("one");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Rig rig;
    rig.listener(certificate.listener());
    Client c = rig.connect();
    Secure s(rig, c, version);
    s.offer("\x02h2\x08http/1.1");
    REQUIRE(s.handshake());
    CHECK(SSL_version(s.get()) == version);
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(s.get(), &chosen, &size);
    CHECK(std::string(reinterpret_cast<const char*>(chosen), size) == "http/1.1");
    CHECK(s.ask(get_hello).find("Hello, Ada") != std::string::npos);
    CHECK(s.ask(get_hello).find("Hello, Ada") != std::string::npos);
    const std::string big(100'000, 'x');
    const std::string echo =
        s.ask("POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n" + big.substr(0, 9000));
    CHECK(echo.size() > 9000);
    CHECK((echo.substr(echo.size() - 9000) == big.substr(0, 9000)));
  }
}

TEST_CASE("tls: with an RSA key the handshake's steps run on the offload pool", "[gateway]") {
  const Certificate certificate("one", Certificate::Key::rsa);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Rig rig;
    rig.listener(certificate.listener());
    Client c = rig.connect();
    Secure s(rig, c, version);
    const auto before = rig.host.count("offload");
    REQUIRE(s.handshake());
    CHECK(rig.host.count("offload") > before);
    CHECK(s.ask(get_hello).find("Hello, Ada") != std::string::npos);
  }
}

TEST_CASE("tls: when the pool takes no more, the new connection is closed", "[gateway]") {
  const Certificate certificate("one", Certificate::Key::rsa);
  Rig rig;
  rig.listener(certificate.listener());
  Client c = rig.connect();
  Secure s(rig, c);
  rig.host.fail("offload");
  CHECK_FALSE(s.handshake());
  CHECK(c.closed());
}

TEST_CASE("tls: a connection whose time is over while a step of its handshake is away ends when it is back",
          "[gateway]") {
  const Certificate certificate("one", Certificate::Key::rsa);
  Rig rig;
  rig.listener(certificate.listener());
  Client c = rig.connect();
  Secure s(rig, c);
  rig.host.stall("offload");
  CHECK_FALSE(s.handshake());
  rig.host.advance(11s);
  CHECK_FALSE(c.closed());  // the pool's thread may still use it
  rig.host.release_stalled();
  rig.run();
  CHECK(c.closed());
}

TEST_CASE("tls: old versions, other protocols and plain text are refused", "[gateway]") {
  const Certificate certificate("one");
  Rig rig;
  rig.listener(certificate.listener());
  Client old = rig.connect();
  CHECK_FALSE(Secure(rig, old, TLS1_1_VERSION).handshake());
  CHECK(old.closed());
  Client h2 = rig.connect();
  Secure only_h2(rig, h2);
  only_h2.offer("\x02h2");
  CHECK_FALSE(only_h2.handshake());
  Client plain = rig.connect();
  plain.send(get_hello);
  CHECK(plain.closed());
  Client silent = rig.connect();
  rig.host.advance(11s);
  CHECK(silent.closed());
}

TEST_CASE("tls: a changed certificate is used for new connections while old ones go on", "[gateway]") {
  const Certificate certificate("one");
  Rig rig;
  rig.listener(certificate.listener());
  Client a = rig.connect();
  Secure first(rig, a);
  REQUIRE(first.handshake());
  CHECK(first.peer_name() == "one");
  certificate.write("two");
  rig.host.advance(1s);
  Client b = rig.connect();
  Secure second(rig, b);
  REQUIRE(second.handshake());
  CHECK(second.peer_name() == "two");
  CHECK(first.ask(get_hello).find("Hello, Ada") != std::string::npos);
}

TEST_CASE("tls: a certificate that changes while nobody is connected is read on the offload pool", "[gateway]") {
  const Certificate certificate("one");
  Rig rig;
  rig.listener(certificate.listener());
  const auto seen = [&rig] {
    Client c = rig.connect();
    Secure s(rig, c);
    REQUIRE(s.handshake());
    return s.peer_name();
  };
  CHECK(seen() == "one");
  rig.run();
  certificate.write("two");
  rig.host.stall("offload");
  rig.host.advance(5s);
  CHECK(seen() == "one");  // the disk is slow: nobody waits for it
  rig.host.release_stalled();
  rig.run();
  CHECK(seen() == "two");
  rig.run();
  certificate.write("three");
  rig.host.advance(1s);
  CHECK(seen() == "three");
}

TEST_CASE("tls: a drain ends the watch of the certificates, also while they are being read", "[gateway]") {
  const Certificate certificate("one");
  for (const bool reading : {false, true}) {
    Rig rig;
    rig.listener(certificate.listener());
    {
      Client c = rig.connect();
      Secure s(rig, c);
      REQUIRE(s.handshake());
    }
    rig.run();
    if (reading) {
      rig.host.stall("offload");
      rig.host.advance(1s);
    }
    const auto drained = rig.gateway.begin(SOCLE_HOOK_DRAIN);
    rig.run();
    CHECK(drained.done() == !reading);
    rig.host.release_stalled();
    rig.run();
    CHECK(drained.done());
  }
}

TEST_CASE("tls: a broken certificate is told once and the last good one stays", "[gateway]") {
  const Certificate certificate("one");
  Rig rig;
  rig.listener(certificate.listener());
  Client a = rig.connect();
  FILE* f = std::fopen(certificate.file().c_str(), "w");
  std::fputs("no certificate\n", f);
  std::fclose(f);
  rig.host.advance(2s);
  std::size_t told = 0;
  for (const auto& line : rig.host.logs())
    told += line.message.find("read certificate " + certificate.file()) != std::string::npos;
  CHECK(told == 1);
  Client b = rig.connect();
  Secure s(rig, b);
  REQUIRE(s.handshake());
  CHECK(s.peer_name() == "one");
}

TEST_CASE("tls: a connection goes to the next generation with its TLS object", "[gateway]") {
  const Certificate certificate("one");
  Rig rig;
  rig.listener(certificate.listener());
  Client c = rig.connect();
  Secure s(rig, c);
  REQUIRE(s.handshake());
  CHECK(s.ask(get_hello).find("Hello, Ada") != std::string::npos);
  TestedPlugin next(rig.host, socle::gateway::plugin_descriptor(), "{}");
  (void)rig.gateway.drain();
  const auto returned = rig.host.take_returned();
  REQUIRE(returned.size() == 1);
  CHECK(returned[0].tls != nullptr);
  // The next request lies in the socket before the next generation has the connection.
  std::size_t n = 0;
  SSL_write_ex(s.get(), get_hello.data(), get_hello.size(), &n);
  next.connect(returned[0].fd, returned[0].listener, returned[0].peer, returned[0].buffered, returned[0].tls);
  CHECK(s.ask("").find("Hello, Ada") != std::string::npos);
  CHECK(s.ask(get_hello).find("Hello, Ada") != std::string::npos);
}
