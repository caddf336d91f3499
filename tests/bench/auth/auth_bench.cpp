// auth_bench.cpp: what is done for a credential, on one thread, in its CPU time: `auth_bench`. Access tokens verified
// by algorithm, signature and claims, beside the bare signature check of OpenSSL in the same run; and the look-up of a
// session that a worker knows, among as many as one worker remembers and among a million. Median of five runs.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/secret.hpp"
#include "socle/jose/jwt.hpp"
#include "verify/table.hpp"

namespace {

using namespace socle;

double cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

template <class Run>
double median_ns(std::size_t rounds, Run run) {
  std::vector<double> times;
  for (std::size_t i = 0; i < rounds / 10 + 1; ++i) run();
  for (int i = 0; i < 5; ++i) {
    const double start = cpu_ns();
    for (std::size_t r = 0; r < rounds; ++r) run();
    times.push_back((cpu_ns() - start) / static_cast<double>(rounds));
  }
  std::sort(times.begin(), times.end());
  return times[2];
}

void expect(bool truth, const char* what) {
  if (truth) return;
  std::fprintf(stderr, "auth_bench: %s\n", what);
  std::exit(1);
}

// OpenSSL's own check of one signature over `message` with a key like ours.
double bare_ns(jose::Algorithm algorithm, const std::string& message, std::size_t rounds) {
  using jose::Algorithm;
  const bool ed = algorithm == Algorithm::eddsa;
  EVP_PKEY* made = ed                              ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                   : algorithm == Algorithm::es256 ? EVP_EC_gen("P-256")
                                                   : EVP_RSA_gen(2048);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, &EVP_PKEY_free);
  expect(key != nullptr, "OpenSSL makes no key");
  const EVP_MD* digest = ed ? nullptr : EVP_sha256();
  const auto* text = reinterpret_cast<const unsigned char*>(message.data());
  const auto pad = [&](EVP_PKEY_CTX* context) {
    if (algorithm == Algorithm::ps256) EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING);
  };
  const auto context = [] {
    return std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  };
  std::vector<unsigned char> signature(1024);
  std::size_t size = signature.size();
  {
    const auto signing = context();
    EVP_PKEY_CTX* inner = nullptr;
    expect(EVP_DigestSignInit(signing.get(), &inner, digest, nullptr, key.get()) == 1, "OpenSSL does not sign");
    pad(inner);
    expect(EVP_DigestSign(signing.get(), signature.data(), &size, text, message.size()) == 1, "OpenSSL does not sign");
  }
  return median_ns(rounds, [&] {
    const auto verifying = context();
    EVP_PKEY_CTX* inner = nullptr;
    EVP_DigestVerifyInit(verifying.get(), &inner, digest, nullptr, key.get());
    pad(inner);
    expect(EVP_DigestVerify(verifying.get(), signature.data(), size, text, message.size()) == 1, "OpenSSL refuses");
  });
}

void tokens(jose::Algorithm algorithm, std::size_t rounds) {
  const auto key = algorithm == jose::Algorithm::hs256 ? jose::Key::secret(algorithm, std::string(32, 's'), "k1")
                                                       : jose::Key::generate(algorithm, "k1");
  expect(static_cast<bool>(key), "no key");
  constexpr std::int64_t now = 1'800'000'000;
  const std::string header = R"({"alg":")" + std::string(jose::name(algorithm)) + R"(","kid":"k1","typ":"at+jwt"})";
  const std::string payload =
      R"({"iss":"https://socle.example/acme","aud":"socle","sub":"018f7a2e-4c1d-7000-8000-)"
      R"(000000000001","iat":1799999900,"exp":1800000800,"jti":"b1","roles":["viewer","clerk"]})";
  const auto token = jose::sign(payload, *key, algorithm, header);
  expect(static_cast<bool>(token), "no token");
  const jose::KeySet keys({*key});
  jose::Rules rules;
  rules.algorithms = algorithm;
  jose::ClaimRules claims;
  claims.type = "at+jwt";
  claims.issuer = "https://socle.example/acme";
  claims.audiences = {"socle"};
  claims.now = now;
  expect(jose::verify_jwt(*token, keys, rules, claims).ok(), "the token does not verify");
  const double ours = median_ns(rounds, [&] { (void)jose::verify_jwt(*token, keys, rules, claims); });
  std::printf("auth_bench token %-6s %8.0f a second, %7.2f us", std::string(jose::name(algorithm)).c_str(), 1e9 / ours,
              ours / 1e3);
  if (algorithm == jose::Algorithm::hs256) {
    std::printf("\n");
    return;
  }
  const double bare = bare_ns(algorithm, token->substr(0, token->rfind('.')), rounds);
  std::printf(", %.2f of OpenSSL's signature check alone (%.2f us)\n", ours / bare, bare / 1e3);
}

void sessions(std::size_t count) {
  auth::Table table(count);
  std::vector<std::string> secrets;
  for (std::size_t i = 0; i < count; ++i) {
    secrets.push_back("ss_acme_" + auth::random_text(32));
    auth::Known known;
    known.tenant = "acme";
    known.user = "user-" + std::to_string(i / 2);
    known.session = "session-" + std::to_string(i);
    known.claims = R"({"user":"u","name":"ada","roles":["viewer"]})";
    known.roles = {"viewer"};
    table.put(auth::sha256(secrets.back()), std::move(known), table.epoch());
  }
  std::size_t at = 0;
  std::size_t found = 0;
  const auto next = [&]() -> const std::string& {
    at = (at + 7919) % count;  // a prime: all of them, far apart
    return secrets[at];
  };
  const double hash = median_ns(1'000'000, [&] { found += table.digest(next())[0] != 0 ? 1 : 0; });
  const double all = median_ns(1'000'000, [&] { found += table.find(table.digest(next())) != nullptr ? 1 : 0; });
  expect(found > 0, "nothing is found");
  std::printf("auth_bench session look-up among %zu: %.0f a second, %.0f ns, of which SHA-256 of the credential %.0f\n",
              count, 1e9 / all, all, hash);
}

}  // namespace

int main() {
  using jose::Algorithm;
  tokens(Algorithm::eddsa, 5'000);
  tokens(Algorithm::es256, 5'000);
  tokens(Algorithm::rs256, 10'000);
  tokens(Algorithm::ps256, 10'000);
  tokens(Algorithm::hs256, 50'000);
  sessions(8'192);
  sessions(1'000'000);
}
