#include "session.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace socle::client {

std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

void Shared::fail(std::uint64_t& counter, const std::string& problem) {
  ++counter;
  if (first_problem.empty()) first_problem = problem;
}

void Shared::sample(std::int64_t begun) const {
  if (samples == nullptr) return;
  const std::int64_t end = now_ns();
  const auto took = static_cast<std::uint32_t>((end - begun) / 1000);
  std::fwrite(&end, sizeof end, 1, samples);
  std::fwrite(&took, sizeof took, 1, samples);
}

Session::~Session() { disconnect(); }

void Session::disconnect() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  out_.clear();
  reader_ = ResponseReader();
  closing_ = false;
}

void Session::finish() {
  done_ = true;
  disconnect();
}

void Session::reconnect() {
  disconnect();
  start();
}

void Session::start() {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Blocking: on loopback a connection is made or refused at once.
  if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&shared_.address), sizeof shared_.address) != 0) {
    if (!shared_.loss) shared_.fail(shared_.failed, std::string("connect: ") + std::strerror(errno));
    return finish();
  }
  const int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = this;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event);
  ++shared_.connections;
  begin();
}

void Session::send(std::string_view bytes) {
  out_.append(bytes);
  flush();
}

void Session::flush() {
  while (!out_.empty()) {
    const ssize_t n = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) break;  // full, or broken: then reading says so
    out_.erase(0, static_cast<std::size_t>(n));
  }
  epoll_event event{};
  event.events = out_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT;
  event.data.ptr = this;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
}

void Session::lost() {
  if (shared_.loss) return finish();
  if (outstanding())
    shared_.fail(shared_.failed,
                 closing_ ? "closed with requests outstanding" : "the connection was lost in a request");
  if (shared_.stopping) return finish();
  reconnect();
}

void Session::on_events(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) flush();
  char buffer[65536];
  const ssize_t n = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return lost();
  reader_.append({buffer, static_cast<std::size_t>(n)});
  while (!done_ && fd_ >= 0) {
    const int before = fd_;
    switch (reader_.advance()) {
      case ResponseReader::Progress::incomplete: return;
      case ResponseReader::Progress::head: return stream(reader_);
      case ResponseReader::Progress::broken: shared_.fail(shared_.wrong, reader_.problem()); return finish();
      case ResponseReader::Progress::complete: break;
    }
    closing_ = !reader_.keep_alive();
    // What the answer leads to may be a new request, whose answer must not meet this one's reader.
    const ResponseReader answer = std::exchange(reader_, reader_.rest());
    respond(answer);
    if (fd_ != before || done_) return;
    if (reader_.untouched()) return;
  }
}

}  // namespace socle::client
