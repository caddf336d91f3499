#include "control/server.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/thread.hpp"
#include "control/error_json.hpp"

namespace socle::control {
namespace {

constexpr size_t max_clients = 16;
constexpr int request_patience = 5'000;    // ms until a client must have sent its words
constexpr timeval answer_patience{30, 0};  // and until it must go on reading: stop() waits for every answer

bool read_all(int fd, void* to, size_t size, int patience) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
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

std::optional<std::vector<std::string>> read_words(int fd) {
  uint32_t count = 0;
  if (!read_all(fd, &count, sizeof count, request_patience) || count > Server::max_words) return std::nullopt;
  std::vector<std::string> words(count);
  size_t total = 0;
  for (std::string& word : words) {
    uint32_t size = 0;
    if (!read_all(fd, &size, sizeof size, request_patience)) return std::nullopt;
    total += size;
    if (total > Server::max_request) return std::nullopt;
    word.resize(size);
    if (!read_all(fd, word.data(), size, request_patience)) return std::nullopt;
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

}  // namespace

Server::Server(std::filesystem::path path, Handler handler) : path_(std::move(path)), handler_(std::move(handler)) {}

Server::~Server() { stop(); }

Status Server::start() {
  const auto address = address_of(path_);
  if (!address) return address.error();
  ::unlink(path_.c_str());  // the data lock says that no other kernel serves here
  base::Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // Nobody can connect before listen(), so the mode may follow; a umask would be that of every thread.
  const bool bound = bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un)) == 0 &&
                     ::chmod(path_.c_str(), 0600) == 0;
  if (!bound || listen(fd.get(), 64) != 0)
    return Error{Code::unavailable, "control socket " + path_.string() + ": " + std::strerror(errno)};
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
    ::unlink(path_.c_str());
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
      if (running_ >= max_clients) continue;  // closing tells the client
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
  const uint32_t head[] = {static_cast<uint32_t>(answer.exit_code), static_cast<uint32_t>(answer.json.size())};
  if (write_all(client.get(), head, sizeof head)) write_all(client.get(), answer.json.data(), answer.json.size());
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
  if (!write_all(fd.get(), request.data(), request.size()) || !read_all(fd.get(), head, sizeof head, -1))
    return Error{Code::unavailable, "the kernel at " + path.string() + " closed the connection without an answer"};
  answer.exit_code = static_cast<int>(head[0]);
  answer.json.resize(head[1]);
  if (!read_all(fd.get(), answer.json.data(), answer.json.size(), -1))
    return Error{Code::unavailable, "the kernel at " + path.string() + " broke off its answer"};
  return answer;
}

}  // namespace socle::control
