// worker.hpp: what the gateway keeps per kernel worker: its connections, the catalogue snapshot they are served by, a
// pool of exchanges, one read buffer, one timer that sweeps deadlines. Touched by its own worker only, so nothing here
// is locked.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog.hpp"
#include "exchange.hpp"
#include "trace.hpp"

namespace socle::gateway {

class Connection;

// Shared by the workers of one instance; constant after create() but for the TLS store, which locks, and the flag.
struct Shared {
  const socle_host* host = nullptr;
  Config config;
  TlsStore tls;
  std::atomic<bool> certificates_watched{false};                                   // by the first worker that met one
  std::uint32_t requests = 0, failures = 0, refusals = 0, opened = 0, closed = 0;  // metric numbers
};

class Worker {
 public:
  explicit Worker(Shared& shared) : shared_(shared), scratch_(new char[scratch_size]) {}
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void accept(const socle_connection& connection);
  // Gives idle connections back. PENDING: `token` is completed when the last busy one has gone.
  [[nodiscard]] socle_status drain(std::uint64_t token);

  // -- for Connection ----------------------------------------------------------------------------------------------
  static constexpr std::size_t scratch_size = 16 * 1024;
  [[nodiscard]] const socle_host* host() const { return shared_.host; }
  [[nodiscard]] const Config& config() const { return shared_.config; }
  [[nodiscard]] std::int64_t now() const { return shared_.host->now(shared_.host); }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] char* scratch() { return scratch_.get(); }
  [[nodiscard]] RandomIds& random() { return random_; }
  [[nodiscard]] RequestMeta& request_meta() { return request_meta_; }
  [[nodiscard]] std::vector<socle_pair>& shown() { return shown_; }  // scratch of Connection::identify()
  [[nodiscard]] std::string& piece() { return piece_; }              // and of Connection::decode_chunks()
  // The current snapshot; one comparison when nothing changed.
  [[nodiscard]] const std::shared_ptr<const Catalog>& catalog();
  // "Date: …\r\n" of now, made anew once a second.
  [[nodiscard]] std::string_view date_line();
  [[nodiscard]] std::int64_t utc_seconds() const { return shared_.host->now_utc(shared_.host) / second; }
  [[nodiscard]] std::unique_ptr<Exchange> lend();
  void give_back(std::unique_ptr<Exchange> exchange);
  void count(unsigned status, bool refused);
  void add(Connection* connection);
  void remove(Connection* connection);

 private:
  static constexpr std::int64_t tick = 200 * millisecond;
  static constexpr std::int64_t certificate_time = 1000 * millisecond;
  static constexpr std::size_t pool_limit = 64;
  static void on_tick(void* user, socle_status status);
  void sweep(std::int64_t time);  // cuts connections whose deadline is not after `time`
  // The files of all TLS listeners are looked at every second, whether or not anybody is connected: on an offload
  // thread, told by one worker's timer.
  void watch_certificates();
  void wait_for_certificates();
  static void on_certificate_time(void* user, socle_status status);
  static void read_certificates(void* user);  // offload thread
  static void on_certificates_read(void* user, socle_status status);
  [[nodiscard]] bool at_rest() const;  // nothing of this worker is left for a drain to wait for
  void report();
  void finish_drain();

  Shared& shared_;
  std::unique_ptr<char[]> scratch_;
  std::vector<Connection*> connections_;
  std::vector<std::unique_ptr<Exchange>> pool_;
  std::shared_ptr<const Catalog> catalog_;
  RandomIds random_;
  RequestMeta request_meta_;
  std::vector<socle_pair> shown_;
  std::string piece_;
  std::string date_;
  std::int64_t date_second_ = -1;
  std::uint64_t timer_ = 0;
  std::uint64_t certificate_timer_ = 0;
  bool reading_certificates_ = false;
  std::vector<Error> certificate_errors_;  // the offload thread's while reading_certificates_
  std::uint64_t drain_token_ = 0;
  std::uint64_t requests_ = 0, failures_ = 0, refusals_ = 0, opened_ = 0, closed_ = 0;
  bool draining_ = false;
};

}  // namespace socle::gateway
