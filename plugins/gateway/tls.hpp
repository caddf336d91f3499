// tls.hpp: certificates of the listeners, and TLS contexts made of them (OpenSSL, TLS 1.2 and later, ALPN http/1.1). A
// pair of files that changes on disk makes a new context for connections accepted from then on; a pair that cannot be
// used is reported and the last good one stays. Shared by all workers: a mutex, taken for a new connection, never per
// request and never while files are read. OpenSSL stays in tls.cpp and transport.cpp.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "socle/result.hpp"

struct ssl_ctx_st;  // SSL_CTX
struct ssl_st;      // SSL

namespace socle::gateway {

class TlsFiles {
 public:
  TlsFiles(std::string certificate, std::string key);
  ~TlsFiles();
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  // A server-side SSL over fd, owned by the caller; NULL while no usable certificate has been read. Any worker.
  [[nodiscard]] ssl_st* open(int fd);
  // Reads the files if nobody has yet. Any worker: the first that needs them, before its connection can be answered.
  [[nodiscard]] Status read_once();
  // Reads the files again when they changed. The error names the file; it is told once per change. Waits for the disk:
  // for an offload thread.
  [[nodiscard]] Status refresh();

 private:
  struct Stamp {
    std::int64_t modified = -1;
    ino_t inode = 0;
    off_t size = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp(const std::string& path);
  Result<ssl_ctx_st*> load() const;

  const std::string certificate_;
  const std::string key_;
  std::mutex mutex_;
  ssl_ctx_st* context_ = nullptr;  // guarded by mutex_
  std::atomic<bool> tried_{false};
  std::mutex reading_;       // one reader at a time
  Stamp certificate_stamp_;  // guarded by reading_, as the next
  Stamp key_stamp_;
};

// All pairs in use, so that a new catalogue keeps the contexts of an old one.
class TlsStore {
 public:
  [[nodiscard]] std::shared_ptr<TlsFiles> get(const std::string& certificate, const std::string& key);
  // refresh() of all pairs; the errors. For an offload thread.
  [[nodiscard]] std::vector<Error> refresh();

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<TlsFiles>> files_;
};

}  // namespace socle::gateway
