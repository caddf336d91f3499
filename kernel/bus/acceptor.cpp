#include "bus/acceptor.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bus/bus.hpp"

namespace socle::bus {
namespace {

// Of one worker, not yet with their plugin. Then only an address that has none waiting is let in, so that a flood from
// some does not keep the others out; at twice as many TCP holds all back.
constexpr uint32_t most_arrivals = 4096;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool fill(Address& out, const std::string& host, uint16_t port) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out.size = sizeof(sockaddr_in);
    return true;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  out.size = sizeof(sockaddr_in6);
  return true;
}

std::string peer_of(const sockaddr_storage& from, uint16_t* port = nullptr) {
  char text[INET6_ADDRSTRLEN] = "";
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    if (port != nullptr) *port = ntohs(v4.sin_port);
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    if (port != nullptr) *port = ntohs(v6.sin6_port);
  }
  return text;
}

}  // namespace

Acceptor::Acceptor(Bus& bus) : bus_(bus), stop_(eventfd(0, EFD_CLOEXEC)) {}

Acceptor::~Acceptor() {
  stop();
  for (auto& [name, l] : listening_) close(l.fd);
  close(stop_);
}

Result<int> Acceptor::bind(const ListenerSpec& spec) {
  const std::string where =
      (spec.host.find(':') != std::string::npos ? "[" + spec.host + "]" : spec.host) + ":" + std::to_string(spec.port);
  const auto failed = [&](const char* step) {
    return Error{Code::unavailable,
                 "listener '" + spec.name + "' at " + where + ": " + step + ": " + std::strerror(errno) +
                     (errno == EADDRINUSE ? "; another program serves there, choose another port" : "")};
  };
  Address address;
  if (!fill(address, spec.host, spec.port))
    return Error{Code::invalid, "listener '" + spec.name + "': '" + spec.host + "' is no numeric address"};
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("socket");
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 || listen(fd, 4096) != 0) {
    Error error = failed("bind");
    close(fd);
    return error;
  }
  return fd;
}

void Acceptor::open(const ListenerSpec& spec, int fd) {
  Address address;
  socklen_t size = sizeof address.storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &size);
  uint16_t port = 0;
  const std::string host = peer_of(address.storage, &port);
  const std::lock_guard lock(mutex_);
  Listening& l = listening_[spec.name];
  l.spec = spec;
  l.fd = fd;
  l.address = (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Acceptor::address(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto it = listening_.find(name);
  return it != listening_.end() ? it->second.address : "";
}

void Acceptor::start() {
  thread_ = std::thread([this] { run(); });
}

void Acceptor::stop() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(stop_, &one, sizeof one);
  thread_.join();
}

void Acceptor::shut() {
  stop();
  const std::lock_guard lock(mutex_);
  for (auto& [name, l] : listening_) shutdown(l.fd, SHUT_RDWR);
}

void Acceptor::run() {
  std::vector<pollfd> fds{{stop_, POLLIN, 0}};
  std::vector<Listening*> who{nullptr};
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, l] : listening_) {
      fds.push_back({l.fd, POLLIN, 0});
      who.push_back(&l);
    }
  }
  for (;;) {
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) return;
    for (size_t i = 1; i < fds.size(); ++i) {
      if (fds[i].revents != 0) take(*who[i]);
    }
  }
}

void Acceptor::take(Listening& l) {
  for (int round = 0; round < 64; ++round) {
    // The workers have not taken those before: let TCP hold the rest back.
    Worker* least = &bus_.worker(0);
    for (uint32_t i = 1; i < bus_.worker_count(); ++i) {
      if (bus_.worker(i).connections.load() < least->connections.load()) least = &bus_.worker(i);
    }
    const uint32_t arrivals = least->arrivals.load(std::memory_order_relaxed);
    if (arrivals >= 2 * most_arrivals) {
      pollfd pause{stop_, POLLIN, 0};
      poll(&pause, 1, 2);
      return;
    }
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = accept4(l.fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        // Out of descriptors: the backlog keeps the rest; look again when one may have been freed.
        pollfd pause{stop_, POLLIN, 0};
        poll(&pause, 1, 10);
      }
      return;
    }
    const std::string peer = peer_of(from);
    const bool crowd = arrivals >= most_arrivals && bus_.accounts().edge(peer).arrivals.load() > 0;
    uint64_t id = 0;
    if (!crowd) {
      const std::lock_guard lock(mutex_);
      uint64_t& of_peer = l.per_peer[peer];
      if (l.open < l.spec.connections && of_peer < l.spec.connections_per_peer) {
        ++l.open;
        ++of_peer;
        id = next_id_++;
        accepted_.emplace(id, std::pair(l.spec.name, peer));
      } else if (of_peer == 0) {
        l.per_peer.erase(peer);
      }
    }
    if (id == 0) {
      refused_.fetch_add(1);
      close(fd);
      continue;
    }
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    least->connections.fetch_add(1);
    least->post([least, fd, id, name = l.spec.name, peer] {
      socle_connection c{};
      c.struct_size = sizeof c;
      c.fd = fd;
      c.id = id;
      c.listener = str(name);
      c.peer = str(peer);
      least->connection(c);
    });
  }
}

void Acceptor::closed(uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto it = accepted_.find(id);
  if (it == accepted_.end()) return;
  const auto l = listening_.find(it->second.first);
  if (l != listening_.end()) {
    --l->second.open;
    const auto peer = l->second.per_peer.find(it->second.second);
    if (peer != l->second.per_peer.end() && --peer->second == 0) l->second.per_peer.erase(peer);
  }
  accepted_.erase(it);
}

}  // namespace socle::bus
