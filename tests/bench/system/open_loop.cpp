// open_loop PORT PATH RATE SECONDS CONNECTIONS FILE [BODIES FIRST [MEMBER]]: asks for PATH (or posts the lines of
// BODIES to it, each with the digits of its first LA-DDDD-DDDDDDDD replaced by numbers from FIRST on) at a constant
// RATE whatever the answers do, on keep-alive connections, and counts a request's time from when it was due, so that a
// stall is charged to every request that fell into it. Waits by spinning on the clock: a sleeping client would measure
// its own waking; only with nothing under way and more than a millisecond to go does it sleep, until half of one before
// its time. FILE gets, for each answer, u64 when it was due (CLOCK_MONOTONIC, ns) and u64 how long after that it had
// come (ns), and with MEMBER u64 the number that stands behind "MEMBER": in the answer's body (no_number when there is
// none), so that whoever reads FILE can judge what was answered. Prints what was sent, answered, failed, and the most
// that requests were sent behind their time. stall.py, live.py and run.py of forms run it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

#include "base/thread.hpp"

namespace {

std::uint64_t now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Connection {
  int fd = -1;
  std::uint64_t due = 0;  // of the request under way; 0: none
  std::string in;
};

constexpr std::uint64_t no_number = UINT64_MAX;

struct Sample {
  std::uint64_t due, took, number;
};

int connect_to(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

// A whole answer with Content-Length has come; it is taken out of `in`. `member`: of the number wanted, or "".
bool take_answer(std::string& in, const std::string& member, bool& good, std::uint64_t& number) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  const char* field = strcasestr(in.c_str(), "\r\ncontent-length: ");
  const bool has_body = field != nullptr && field < in.c_str() + head;
  const std::size_t body = has_body ? std::strtoul(field + 18, nullptr, 10) : 0;
  if (in.size() < head + 4 + body) return false;
  good = in.compare(0, 10, "HTTP/1.1 2") == 0;
  number = no_number;
  const std::size_t at = member.empty() ? std::string::npos : in.find(member, head);
  if (at < head + 4 + body) number = std::strtoull(in.c_str() + at + member.size(), nullptr, 10);
  in.erase(0, head + 4 + body);
  return true;
}

// What is sent: always the same, or a record that has a number of its own.
class Requests {
 public:
  Requests(const std::string& path, const char* bodies, std::uint64_t first) : path_(path), next_(first) {
    if (bodies == nullptr) return;
    std::ifstream file(bodies);
    for (std::string line; std::getline(file, line);) bodies_.push_back(line);
    if (bodies_.empty()) fail(bodies);
  }
  const std::string& next() {
    if (bodies_.empty()) {
      if (text_.empty()) text_ = "GET " + path_ + " HTTP/1.1\r\nHost: b\r\n\r\n";
      return text_;
    }
    std::string& body = bodies_[next_ % bodies_.size()];
    char number[16];
    std::snprintf(number, sizeof number, "%08llu", static_cast<unsigned long long>(next_++ % 100'000'000));
    if (const auto at = body.find("\"LA-"); at != std::string::npos) body.replace(at + 9, 8, number, 8);
    text_ = "POST " + path_ +
            " HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body;
    return text_;
  }

 private:
  std::string path_, text_;
  std::vector<std::string> bodies_;
  std::uint64_t next_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7 && argc != 9 && argc != 10)
    return std::fprintf(stderr, "usage: open_loop PORT PATH RATE SECONDS CONNECTIONS FILE [BODIES FIRST [MEMBER]]\n"),
           2;
  socle::base::be_prompt();  // several of us may share a core
  const int port = std::atoi(argv[1]);
  Requests requests(argv[2], argc >= 9 ? argv[7] : nullptr, argc >= 9 ? std::strtoull(argv[8], nullptr, 10) : 0);
  const std::string member = argc == 10 ? "\"" + std::string(argv[9]) + "\":" : std::string();
  const auto interval = static_cast<std::uint64_t>(1e9 / std::atof(argv[3]));
  const auto length = static_cast<std::uint64_t>(std::atof(argv[4]) * 1e9);
  std::vector<Connection> all(static_cast<std::size_t>(std::atoi(argv[5])));
  std::deque<Connection*> idle;
  for (Connection& c : all) {
    c.fd = connect_to(port);
    idle.push_back(&c);
  }
  std::vector<Sample> samples;
  samples.reserve(length / interval + 1);
  std::uint64_t sent = 0, failed = 0, behind = 0;
  const std::uint64_t begun = now();
  const std::uint64_t patience = begun + length + 10'000'000'000;
  std::uint64_t due = begun + interval;
  while (due <= begun + length || idle.size() < all.size()) {
    const std::uint64_t time = now();
    if (time > patience) break;
    if (idle.size() == all.size() && due > time + 1'000'000) {
      const std::uint64_t pause = due - time - 500'000;
      const timespec length_of{static_cast<time_t>(pause / 1'000'000'000), static_cast<long>(pause % 1'000'000'000)};
      nanosleep(&length_of, nullptr);
    }
    if (due <= begun + length && time >= due && !idle.empty()) {
      Connection& c = *idle.front();
      idle.pop_front();
      const std::string& request = requests.next();
      if (send(c.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        fail("send");
      c.due = due;
      behind = std::max(behind, time - due);
      ++sent;
      due += interval;
    }
    for (Connection& c : all) {
      if (c.due == 0) continue;
      char buffer[16 * 1024];
      const ssize_t n = recv(c.fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n == 0) return std::fprintf(stderr, "open_loop: the server closed a connection\n"), 1;
      if (n < 0) continue;
      c.in.append(buffer, static_cast<std::size_t>(n));
      bool good = false;
      std::uint64_t number = no_number;
      if (!take_answer(c.in, member, good, number)) continue;
      failed += good ? 0 : 1;
      samples.push_back({c.due, now() - c.due, number});
      c.due = 0;
      idle.push_back(&c);
    }
  }
  std::FILE* out = std::fopen(argv[6], "wb");
  if (out == nullptr) fail(argv[6]);
  const std::size_t words = member.empty() ? 2 : 3;
  for (const Sample& sample : samples) std::fwrite(&sample, sizeof(std::uint64_t), words, out);
  std::fclose(out);
  std::printf("{\"sent\":%llu,\"answered\":%zu,\"failed\":%llu,\"behind_us\":%llu}\n",
              static_cast<unsigned long long>(sent), samples.size(), static_cast<unsigned long long>(failed),
              static_cast<unsigned long long>(behind / 1000));
  for (const Connection& c : all) close(c.fd);
  return 0;
}
