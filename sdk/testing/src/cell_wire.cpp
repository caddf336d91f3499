#include "cell_wire.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace socle::testing::wire {

Socket::~Socket() {
  ::close(fd_);
  if (passed_ >= 0) ::close(passed_);
}

bool Socket::send(const Writer& message, int passed_fd) const {
  const std::uint64_t size = message.message().size();
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
  bytes += message.message();
  for (std::size_t sent = 0; sent < bytes.size();) {
    iovec piece{bytes.data() + sent, bytes.size() - sent};
    msghdr m{};
    m.msg_iov = &piece;
    m.msg_iovlen = 1;
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
    if (passed_fd >= 0 && sent == 0) {
      m.msg_control = room;
      m.msg_controllen = sizeof room;
      cmsghdr* c = CMSG_FIRSTHDR(&m);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(c), &passed_fd, sizeof passed_fd);
    }
    const ssize_t n = ::sendmsg(fd_, &m, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

bool Socket::read(char* to, std::size_t size) {
  for (std::size_t got = 0; got < size;) {
    iovec piece{to + got, size - got};
    msghdr m{};
    m.msg_iov = &piece;
    m.msg_iovlen = 1;
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
    m.msg_control = room;
    m.msg_controllen = sizeof room;
    const ssize_t n = ::recvmsg(fd_, &m, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    const cmsghdr* c = CMSG_FIRSTHDR(&m);
    if (c != nullptr && c->cmsg_type == SCM_RIGHTS) std::memcpy(&passed_, CMSG_DATA(c), sizeof passed_);
    got += static_cast<std::size_t>(n);
  }
  return true;
}

std::optional<Reader> Socket::receive() {
  std::uint64_t size = 0;
  if (!read(reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  std::vector<char> bytes(size);
  if (!read(bytes.data(), size)) return std::nullopt;
  return Reader(std::move(bytes));
}

int Socket::take_fd() { return std::exchange(passed_, -1); }

}  // namespace socle::testing::wire
