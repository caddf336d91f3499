// What `socle doctor` warns of and what it fails for.
#include "control/checks.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <catch2/catch.hpp>

#include <cstdio>
#include <memory>

#include "unit/base/temp_folder.hpp"

namespace socle::control {
namespace {

using Catch::Matchers::Contains;
using Verdict = Check::Verdict;
using std::chrono::hours;
using std::chrono::system_clock;

void write_certificate(const std::filesystem::path& path, system_clock::time_point now, hours good_for) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x(X509_new(), &X509_free);
  X509_set_version(x.get(), 2);
  ASN1_TIME_set(X509_getm_notBefore(x.get()), system_clock::to_time_t(now - hours(48)));
  ASN1_TIME_set(X509_getm_notAfter(x.get()), system_clock::to_time_t(now + good_for));
  X509_set_pubkey(x.get(), key.get());
  X509_sign(x.get(), key.get(), EVP_sha256());
  FILE* file = std::fopen(path.c_str(), "w");
  PEM_write_X509(file, x.get());
  std::fclose(file);
}

manifest::SystemManifest with_listener(const manifest::Listener& listener) {
  manifest::SystemManifest system;
  system.listeners["http"] = listener;
  return system;
}

}  // namespace

TEST_CASE("doctor: a data directory that cannot be looked at fails", "[control]") {
  const testing::TempFolder folder;
  CHECK(check_disk(folder.path()).name == "disk");
  const Check gone = check_disk(folder.path() / "gone");
  CHECK(gone.verdict == Verdict::failing);
  CHECK_THAT(gone.found, Contains("cannot be looked at: No such file or directory"));
}

TEST_CASE("doctor: answering before the disk has it, and loading what nobody signed, are warned of", "[control]") {
  CHECK(check_durability({{"a", R"({"durability":"sync"})"}, {"b", "{}"}}).verdict == Verdict::fine);
  const Check async = check_durability({{"a", R"({"durability":"async"})"}});
  CHECK(async.verdict == Verdict::warning);
  CHECK_THAT(async.found, Contains("plugin 'a'"));
  manifest::SystemManifest system;
  CHECK(check_trust(system).verdict == Verdict::warning);
  system.trust.emplace_back();
  CHECK(check_trust(system).verdict == Verdict::fine);
}

TEST_CASE("doctor: a listener that stands for a user is warned of, one for a tenant is not", "[control]") {
  manifest::Listener listener;
  listener.tenant = "demo";
  CHECK(check_listeners(with_listener(listener)).verdict == Verdict::fine);
  listener.principal = "ada";
  const Check check = check_listeners(with_listener(listener));
  CHECK(check.verdict == Verdict::warning);
  CHECK_THAT(check.found, Contains("at 'http'") && Contains("is user 'ada' of tenant 'demo'"));
}

TEST_CASE("doctor: a certificate is warned of for its last 14 days and fails after them", "[control]") {
  const testing::TempFolder folder;
  const auto now = system_clock::now();
  manifest::Listener listener;
  CHECK(check_certificates(with_listener(listener), now).found == "none in use");
  listener.tls.emplace();
  listener.tls->certificate = folder.path() / "cert.pem";
  const auto after = [&](hours good_for) {
    write_certificate(listener.tls->certificate, now, good_for);
    return check_certificates(with_listener(listener), now);
  };
  CHECK_THAT(check_certificates(with_listener(listener), now).found, Contains("no certificate can be read from "));
  CHECK(after(hours(24 * 15)).verdict == Verdict::fine);
  const Check soon = after(hours(24 * 13 + 1));
  CHECK(soon.verdict == Verdict::warning);
  CHECK(soon.found == "that of listener 'http' is good for 13 days");
  const Check over = after(hours(-1));
  CHECK(over.verdict == Verdict::failing);
  CHECK(over.found == "that of listener 'http' has expired");
}

}  // namespace socle::control
