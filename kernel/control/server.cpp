#include "control/server.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "base/thread.hpp"
#include "control/error_json.hpp"

namespace socle::control {
namespace {

constexpr size_t max_clients = 16;
constexpr std::chrono::seconds request_patience{5};  // until a client must have sent all its words
constexpr timeval answer_patience{30, 0};            // and until it must go on reading: stop() waits for every answer

using Clock = std::chrono::steady_clock;

bool read_all(int fd, void* to, size_t size, std::optional<Clock::time_point> until) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    int patience = -1;
    if (until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
      patience = static_cast<int>(std::max<std::int64_t>(0, left));
    }
    pollfd p{fd, POLLIN, 0};
    const int ready = poll(&p, 1, patience);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t n = ::read(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

bool write_all(int fd, const void* from, size_t size) {
  const auto* at = static_cast<const char*>(from);
  while (size > 0) {
    const ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

std::string encoded(const Answer& answer) {
  const uint32_t head[] = {static_cast<uint32_t>(answer.exit_code), static_cast<uint32_t>(answer.json.size())};
  return std::string(reinterpret_cast<const char*>(head), sizeof head) + answer.json;
}

std::optional<std::vector<std::string>> read_words(int fd) {
  const auto until = Clock::now() + request_patience;
  uint32_t count = 0;
  if (!read_all(fd, &count, sizeof count, until) || count > Server::max_words) return std::nullopt;
  std::vector<std::string> words(count);
  size_t total = 0;
  for (std::string& word : words) {
    uint32_t size = 0;
    if (!read_all(fd, &size, sizeof size, until)) return std::nullopt;
    total += size;
    if (total > Server::max_request) return std::nullopt;
    word.resize(size);
    if (!read_all(fd, word.data(), size, until)) return std::nullopt;
  }
  return words;
}

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path)
    return Error{Code::invalid, "the control socket's path '" + text + "' is longer than " +
                                    std::to_string(sizeof address.sun_path - 1) +
                                    " bytes; give a shorter one with --control"};
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

// Makes room for a socket at `path`: what a kernel left there when it died may go, and nothing else.
Status clear_the_way(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return {};  // nothing there; whatever else it is, bind() says
  const std::string what = "control socket " + path.string() + ": ";
  if (!S_ISSOCK(there.st_mode))
    return Error{Code::invalid, what + "a file that is no socket is there; give another path with --control"};
  const base::Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN)
    return Error{Code::unavailable,
                 what + "another process answers there; give another path with --control, or stop it"};
  if (errno != ECONNREFUSED)
    return Error{Code::unavailable, what + "whether somebody serves there cannot be told: " + std::strerror(errno)};
  if (::unlink(path.c_str()) != 0)
    return Error{Code::unavailable, what + "the one of a kernel that died cannot be removed: " + std::strerror(errno)};
  return {};
}

}  // namespace

Server::Server(std::filesystem::path path, Handler handler) : path_(std::move(path)), handler_(std::move(handler)) {}

Server::~Server() { stop(); }

Status Server::start() {
  const auto address = address_of(path_);
  if (!address) return address.error();
  if (auto clear = clear_the_way(path_, *address); !clear) return clear;
  base::Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // Nobody can connect before listen(), so the mode may follow; a umask would be that of every thread.
  const bool bound = bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un)) == 0 &&
                     ::chmod(path_.c_str(), 0600) == 0;
  if (!bound || listen(fd.get(), 64) != 0)
    return Error{Code::unavailable, "control socket " + path_.string() + ": " + std::strerror(errno)};
  struct stat made {};
  if (::lstat(path_.c_str(), &made) == 0) ours_ = {made.st_dev, made.st_ino};
  listening_ = std::move(fd);
  wake_ = base::Fd(eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { run(); });
  return {};
}

void Server::stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
    thread_.join();
    struct stat there {};
    if (::lstat(path_.c_str(), &there) == 0 && std::pair(there.st_dev, there.st_ino) == ours_) ::unlink(path_.c_str());
    listening_.reset();
  }
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return running_ == 0; });
}

void Server::run() {
  for (;;) {
    pollfd fds[] = {{wake_.get(), POLLIN, 0}, {listening_.get(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) return;
    if (fds[1].revents == 0) continue;
    base::Fd client(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) continue;
    setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &answer_patience, sizeof answer_patience);
    {
      std::unique_lock lock(mutex_);
      if (running_ >= max_clients) {
        lock.unlock();
        refuse(client.get());
        continue;
      }
      ++running_;
    }
    std::thread([this, fd = client.release()] {
      base::be_patient();
      serve(base::Fd(fd));
      const std::lock_guard lock(mutex_);
      --running_;
      idle_.notify_all();
    }).detach();
  }
}

void Server::serve(base::Fd client) {
  const auto words = read_words(client.get());
  const Answer answer =
      words
          ? handler_(*words)
          : Answer{2, error_json({Code::invalid, "the request is malformed, too large, or did not arrive within 5 s"})};
  const std::string bytes = encoded(answer);
  write_all(client.get(), bytes.data(), bytes.size());
}

// Few bytes, which a fresh socket takes at once: nobody waits for a client that does not read.
void Server::refuse(int client) {
  const Answer busy{1, error_json({Code::unavailable, "the kernel runs " + std::to_string(max_clients) +
                                                          " commands at once and all of them are running; try again "
                                                          "when one has ended"})};
  const std::string bytes = encoded(busy);
  static_cast<void>(send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

Result<Answer> ask(const std::filesystem::path& path, const std::vector<std::string>& words) {
  const auto address = address_of(path);
  if (!address) return address.error();
  const base::Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un)) != 0) {
    return Error{
        Code::unavailable,
        "no kernel answers at " + path.string() + " (" + std::strerror(errno) +
            "); start one with `socle run SYSTEM.yaml`, or name its socket with --control PATH or SOCLE_CONTROL"};
  }
  std::string request;
  const auto put = [&request](uint32_t n) { request.append(reinterpret_cast<const char*>(&n), sizeof n); };
  put(static_cast<uint32_t>(words.size()));
  for (const std::string& word : words) {
    put(static_cast<uint32_t>(word.size()));
    request += word;
  }
  uint32_t head[2] = {0, 0};
  Answer answer;
  // A kernel that refuses answers without reading, so what it says counts even where the request could not be sent.
  static_cast<void>(write_all(fd.get(), request.data(), request.size()));
  if (!read_all(fd.get(), head, sizeof head, std::nullopt))
    return Error{Code::unavailable, "the kernel at " + path.string() + " closed the connection without an answer"};
  answer.exit_code = static_cast<int>(head[0]);
  answer.json.resize(head[1]);
  if (!read_all(fd.get(), answer.json.data(), answer.json.size(), std::nullopt))
    return Error{Code::unavailable, "the kernel at " + path.string() + " broke off its answer"};
  return answer;
}

}  // namespace socle::control
