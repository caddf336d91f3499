// connection.hpp: Connection, a stream the kernel accepted for a listener this plugin serves. Owns the descriptor: it
// is closed and reported when the Connection goes, unless give_back() handed it to the generation now routed. One
// worker.
#pragma once

#include <socle/detail/abi_text.hpp>

#include <unistd.h>

#include <string>
#include <utility>

namespace socle {

class Connection {
 public:
  explicit Connection(const socle_connection& raw)
      : fd_(raw.fd),
        id_(raw.id),
        listener_(detail::view(raw.listener)),
        peer_(detail::view(raw.peer)),
        buffered_(detail::view(raw.buffered)),
        tls_(raw.tls) {}
  Connection(Connection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        id_(other.id_),
        listener_(std::move(other.listener_)),
        peer_(std::move(other.peer_)),
        buffered_(std::move(other.buffered_)),
        tls_(std::exchange(other.tls_, nullptr)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() { close(); }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] std::string_view listener() const { return listener_; }
  [[nodiscard]] std::string_view peer() const { return peer_; }
  // Bytes an earlier generation had read and not used; they come before what the descriptor gives.
  [[nodiscard]] std::string_view buffered() const { return buffered_; }
  // Resident TLS object of an earlier generation, or nullptr; the caller owns it from now on.
  [[nodiscard]] void* take_tls() { return std::exchange(tls_, nullptr); }

  // REQUIRES: no Watch on the descriptor is open.
  void close() noexcept {
    if (fd_ < 0) return;
    ::close(std::exchange(fd_, -1));
    detail::host_table->connection_closed(detail::host_table, id_);
  }
  // To the generation now routed, on this worker, with what was read and not used. REQUIRES: as close().
  void give_back(std::string_view unused, void* tls = nullptr) && noexcept {
    const socle_connection raw{sizeof raw,         std::exchange(fd_, -1), id_, detail::str(listener_),
                               detail::str(peer_), detail::str(unused),    tls};
    detail::host_table->connection_return(detail::host_table, &raw);
  }

 private:
  int fd_;
  std::uint64_t id_;
  std::string listener_, peer_, buffered_;
  void* tls_;
};

}  // namespace socle
