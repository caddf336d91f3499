// rig.hpp: the gateway on the fake host with clients on socket pairs, for the tests beside it. One thread; the loop
// moves only inside these calls, time only by host.advance().
#pragma once

#include <memory>
#include <socle/testing.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "plugin.hpp"

namespace gateway_test {

struct Answer {
  int status = 0;
  std::string head;  // with its status line
  std::string body;  // chunks joined
  bool complete = false;
  [[nodiscard]] std::string header(std::string_view name) const;  // "" when absent
};

class Rig;

// The far end of one connection.
class Client {
 public:
  Client(Rig& rig, int fd) : rig_(&rig), fd_(fd) {}
  Client(Client&& other) noexcept;
  Client(const Client&) = delete;
  ~Client();
  void send(std::string_view bytes);  // and lets the gateway run until it waits
  void half_close();
  [[nodiscard]] std::string received();  // everything that came so far and was not taken
  // The next answer, or one that is not complete. `head_only`: of a HEAD request.
  [[nodiscard]] Answer answer(bool head_only = false);
  [[nodiscard]] Answer ask(std::string_view bytes);
  [[nodiscard]] bool closed();  // the gateway has ended its side
  [[nodiscard]] int fd() const { return fd_; }
  void reset_buffers(int bytes) const;  // a small receive window, for slow readers

 private:
  void drain_socket();
  Rig* rig_;
  int fd_;
  std::string in_;
  bool eof_ = false;
};

// A route in the catalogue's form. `more` is further members, e.g. R"("timeout_ms":5)".
[[nodiscard]] std::string route(std::string_view method, std::string_view path, std::string_view call,
                                std::string_view more = {}, std::string_view access = "public");

// `more` of a route that takes a body of any type, also of none.
inline constexpr std::string_view any_body = R"("consumes":["*/*"])";

class Rig {
 public:
  explicit Rig(std::string_view config = "{}", socle::testing::FakeHost* host = nullptr);
  // Ends whatever the generations of this test have given back and nobody took.
  ~Rig();
  Rig(const Rig&) = delete;
  void routes(const std::vector<std::string>& list);
  void listener(std::string_view members);  // replaces the listener "http"; default: tenant demo, principal ann
  [[nodiscard]] Client connect(std::string_view listener = "http", std::string_view buffered = {}, void* tls = nullptr,
                               bool small_buffers = false);
  void run() { host.run_until_idle(); }

  std::unique_ptr<socle::testing::FakeHost> own_host;  // one fake host at a time
  socle::testing::FakeHost& host;
  socle::testing::TestedPlugin gateway;
};

inline constexpr std::string_view get_hello = "GET /v1/hello/Ada HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace gateway_test
