// torture.cpp: a client process of the system tests.
//
//   socle_torture MODE PORT CONNECTIONS NAME [--allow A --allow B] [--samples FILE] [--log FILE] [--loss]
//
// MODE is keepalive, pipeline, slow, notes or sse. Works until its standard input ends (or, with --loss, until all
// connections are lost), finishes what is begun, and prints one JSON line: requests, failed, wrong, connections,
// resumed, seen (answers by allowed greeting) and the first problem. A line `until ID` on standard input ends event
// streams at that note's event. Exit code 0: nothing failed, nothing was wrong. One thread.
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "session.hpp"

namespace socle::client {

std::unique_ptr<Session> make_session(std::string_view mode, Shared& shared, int epoll, int index) {
  auto session = make_hello_session(mode, shared, epoll, index);
  return session ? std::move(session) : make_notes_session(mode, shared, epoll, index);
}

namespace {

constexpr int tick_ms = 2;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

void read_orders(Shared& shared) {
  char line[512];
  const ssize_t n = read(STDIN_FILENO, line, sizeof line);
  if (n <= 0) {
    shared.stopping = true;
    return;
  }
  const std::string text(line, static_cast<std::size_t>(n));
  if (text.starts_with("until ")) {
    shared.until = text.substr(6, text.find('\n') - 6);
    shared.stopping = true;
  }
}

void work(Shared& shared, std::string_view mode, int connections, int epoll) {
  std::vector<std::unique_ptr<Session>> sessions;
  sessions.reserve(static_cast<std::size_t>(connections));
  for (int i = 0; i < connections; ++i) sessions.push_back(make_session(mode, shared, epoll, i));
  for (auto& session : sessions) session->start();
  epoll_event orders{};
  orders.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &orders);
  for (;;) {
    bool busy = false;
    for (auto& session : sessions) {
      if (shared.stopping && !session->done()) session->on_stop();
      busy = busy || !session->done();
    }
    if (!busy) return;
    epoll_event events[256];
    const int n = epoll_wait(epoll, events, 256, mode == "slow" ? tick_ms : -1);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.ptr != nullptr) {
        static_cast<Session*>(events[i].data.ptr)->on_events(events[i].events);
      } else {
        read_orders(shared);
        if (shared.stopping) epoll_ctl(epoll, EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
      }
    }
    const std::int64_t now = now_ns();
    for (auto& session : sessions) {
      if (mode == "slow" && !session->done()) session->on_tick(now);
    }
  }
}

int run(const std::vector<std::string>& arguments) {
  Shared shared;
  int allowed = 0;
  for (std::size_t i = 4; i < arguments.size(); ++i) {
    if (arguments[i] == "--loss") {
      shared.loss = true;
    } else if (i + 1 == arguments.size()) {
      return 2;
    } else if (arguments[i] == "--allow" && allowed < 2) {
      shared.allowed[allowed++] = arguments[++i];
    } else if (arguments[i] == "--samples") {
      shared.samples = std::fopen(arguments[++i].c_str(), "w");
    } else if (arguments[i] == "--log") {
      shared.log = std::fopen(arguments[++i].c_str(), "w");
    } else {
      return 2;
    }
  }
  shared.name = arguments[3];
  shared.address.sin_family = AF_INET;
  shared.address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(arguments[1].c_str())));
  inet_pton(AF_INET, "127.0.0.1", &shared.address.sin_addr);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (make_session(arguments[0], shared, epoll, 0) == nullptr) return 2;
  work(shared, arguments[0], std::atoi(arguments[2].c_str()), epoll);
  close(epoll);
  if (shared.samples != nullptr) std::fclose(shared.samples);
  if (shared.log != nullptr) std::fclose(shared.log);
  std::printf(R"({"mode":%s,"requests":%lu,"failed":%lu,"wrong":%lu,"connections":%lu,"resumed":%lu,"seen":[%lu,%lu],)"
              R"("problem":%s})"
              "\n",
              quoted(arguments[0]).c_str(), shared.requests, shared.failed, shared.wrong, shared.connections,
              shared.resumed, shared.seen[0], shared.seen[1], quoted(shared.first_problem).c_str());
  return shared.failed == 0 && shared.wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace socle::client

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const int code = arguments.size() < 4 ? 2 : socle::client::run(arguments);
  if (code == 2)
    std::fprintf(stderr,
                 "usage: socle_torture keepalive|pipeline|slow|notes|sse PORT CONNECTIONS NAME [--allow A --allow B] "
                 "[--samples FILE] [--log FILE] [--loss]\n");
  return code;
}
