#include "base/certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>

namespace socle::base {

using std::chrono::system_clock;

Result<system_clock::time_point> end_of_certificates(const std::filesystem::path& chain) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(chain.c_str(), "r"), &BIO_free);
  std::optional<system_clock::time_point> end;
  while (file) {
    const std::unique_ptr<X509, decltype(&X509_free)> one(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr),
                                                          &X509_free);
    std::tm time{};
    if (!one || ASN1_TIME_to_tm(X509_get0_notAfter(one.get()), &time) != 1) break;
    const auto at = system_clock::from_time_t(timegm(&time));
    end = end ? std::min(*end, at) : at;
  }
  ERR_clear_error();  // the end of the file is one, too
  if (!end) return Error{Code::invalid, "no certificate can be read from " + chain.string()};
  return *end;
}

}  // namespace socle::base
