// touch.cpp: sends each request of a list once, for benchmarks that meet very many tenants.
//
//   socle_touch PORT CONNECTIONS < LIST        a line of LIST: METHOD PATH TOKEN [BODY]; BODY is JSON
//
// CONNECTIONS kept-alive connections, a thread each, share the lines in turn; each waits for an answer before it sends
// the next request. One JSON line: completed, other (answers of 300 and above; the first is told on stderr), ms of it
// all, and p50, p99, max in µs from the first byte sent to the last received.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "response_reader.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using socle::client::ResponseReader;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "socle_touch: %s\n", what.c_str());
  std::exit(2);
}

std::string request_of(const std::string& line) {
  std::istringstream words(line);
  std::string method, path, token, body;
  if (!(words >> method >> path >> token)) fail("a line is METHOD PATH TOKEN [BODY]: " + line);
  std::getline(words >> std::ws, body);
  std::ostringstream out;
  out << method << ' ' << path << " HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer " << token << "\r\n";
  if (!body.empty()) out << "Content-Type: application/json\r\nContent-Length: " << body.size() << "\r\n";
  out << "\r\n" << body;
  return out.str();
}

int connect_to(int port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    fail(std::string("no connection: ") + std::strerror(errno));
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

struct Counted {
  std::size_t completed = 0, other = 0;
  std::vector<double> took;  // µs
  std::string refusal;       // the first
};

void ask(int fd, const std::string& request, Counted& counted) {
  const auto begun = Clock::now();
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    fail("the server takes no request any more");
  ResponseReader answer;
  char bytes[16 * 1024];
  for (;;) {
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) fail("the server closed a connection");
    answer.append({bytes, static_cast<std::size_t>(n)});
    const auto progress = answer.advance();
    if (progress == ResponseReader::Progress::broken) fail(answer.problem());
    if (progress == ResponseReader::Progress::complete) break;
  }
  counted.took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begun).count());
  if (answer.status() < 300) {
    ++counted.completed;
    return;
  }
  if (counted.other++ == 0) counted.refusal = std::to_string(answer.status()) + " " + answer.body();
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) fail("wanted: PORT CONNECTIONS < LIST");
  const int port = std::atoi(words[1]);
  const auto connections = static_cast<std::size_t>(std::max(1, std::atoi(words[2])));
  std::vector<std::string> requests;
  for (std::string line; std::getline(std::cin, line);) requests.push_back(request_of(line));
  std::vector<Counted> counts(connections);
  std::vector<std::thread> threads;
  threads.reserve(connections);
  const auto begun = Clock::now();
  for (std::size_t i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      const int fd = connect_to(port);
      counts[i].took.reserve(requests.size() / connections + 1);
      for (std::size_t at = i; at < requests.size(); at += connections) ask(fd, requests[at], counts[i]);
      close(fd);
    });
  }
  for (auto& thread : threads) thread.join();
  const double ms = std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
  Counted all;
  for (const Counted& c : counts) {
    all.completed += c.completed;
    all.other += c.other;
    all.took.insert(all.took.end(), c.took.begin(), c.took.end());
    if (all.refusal.empty()) all.refusal = c.refusal;
  }
  if (!all.refusal.empty()) std::fprintf(stderr, "socle_touch: %s\n", all.refusal.c_str());
  std::sort(all.took.begin(), all.took.end());
  const auto at = [&](double share) {
    if (all.took.empty()) return 0.0;
    return all.took[static_cast<std::size_t>(share * static_cast<double>(all.took.size() - 1))];
  };
  std::printf("{\"completed\": %zu, \"other\": %zu, \"ms\": %.0f, \"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}\n",
              all.completed, all.other, ms, at(0.5), at(0.99), at(1));
  return 0;
}
