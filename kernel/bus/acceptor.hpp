// acceptor.hpp: the listening sockets. The kernel owns them, accepts on one thread and gives each connection to the
// worker that has the fewest; which plugin answers is the route snapshot's business. Limits in all and per peer address
// are kept here, before anything is read: a connection over them is closed at once and counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "socle/result.hpp"

namespace socle::bus {

class Bus;

struct ListenerSpec {
  std::string name;
  std::string host;  // numeric, IPv4 or IPv6
  uint16_t port = 0;
  uint64_t connections = 10'000;
  uint64_t connections_per_peer = 1'024;
};

class Acceptor {
 public:
  explicit Acceptor(Bus& bus);
  ~Acceptor();  // another holder of the sockets may go on listening

  // Binds and listens. Error: address in use or not ours, with the address. The caller owns the descriptor.
  static Result<int> bind(const ListenerSpec& spec);
  // Takes a socket that listens already; connections are taken from start() on.
  void open(const ListenerSpec& spec, int fd);
  // "127.0.0.1:8080", port 0 resolved; "" for an unknown name.
  [[nodiscard]] std::string address(const std::string& name) const;
  void start();
  // No more connections, through any descriptor of these sockets; those accepted go on.
  void shut();

  // From workers: connection `id` is closed.
  void closed(uint64_t id);
  [[nodiscard]] uint64_t refused() const { return refused_.load(); }

 private:
  struct Listening {
    ListenerSpec spec;
    int fd = -1;
    std::string address;
    uint64_t open = 0;
    std::unordered_map<std::string, uint64_t> per_peer;
  };
  void stop();
  void run();
  void take(Listening& l);
  Bus& bus_;
  mutable std::mutex mutex_;
  std::map<std::string, Listening> listening_;  // guarded by mutex_
  std::unordered_map<uint64_t, std::pair<std::string, std::string>>
      accepted_;  // id -> listener, peer; guarded by mutex_
  uint64_t next_id_ = 1;
  std::atomic<uint64_t> refused_{0};
  int stop_ = -1;
  std::thread thread_;
};

}  // namespace socle::bus
