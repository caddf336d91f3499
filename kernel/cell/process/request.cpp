#include "cell/process/request.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace socle::cell {
namespace {

constexpr size_t most_text = 256 * 1024;
constexpr size_t most_fds = 250;  // the system takes 253

class Writer {
 public:
  Writer& number(uint64_t n) {
    out_.append(reinterpret_cast<const char*>(&n), sizeof n);
    return *this;
  }
  Writer& string(std::string_view s) {
    number(s.size());
    out_ += s;
    return *this;
  }
  Writer& list(const std::vector<std::string>& list) {
    number(list.size());
    for (const std::string& s : list) string(s);
    return *this;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  uint64_t number() {
    uint64_t n = 0;
    const std::string_view bytes = take(sizeof n);
    if (ok_) std::memcpy(&n, bytes.data(), sizeof n);
    return n;
  }
  std::string string() { return std::string(take(number())); }
  std::vector<std::string> list() {
    std::vector<std::string> out;
    for (uint64_t n = number(); ok_ && n > 0; --n) out.push_back(string());
    return out;
  }
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view take(uint64_t n) {
    ok_ = ok_ && n <= rest_.size();
    if (!ok_) return {};
    const std::string_view out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string to_text(const BirthRequest& r) {
  Writer out;
  out.string(r.boot.plugin).number(r.boot.generation).string(r.boot.library).number(r.boot.workers);
  out.number(r.boot.mapped).number(r.boot.wake_kernel.size()).number(static_cast<uint64_t>(r.kernel));
  out.list(r.sandbox.read).list(r.sandbox.write).number(r.sandbox.network ? 1 : 0);
  out.number(r.sandbox.memory).number(r.sandbox.files).number(r.groups.size());
  return out.take();
}

std::vector<int> descriptors_of(const BirthRequest& r) {
  std::vector<int> fds{r.log, r.birth, r.box, r.boot.down, r.boot.up, r.boot.wake_cell};
  fds.insert(fds.end(), r.boot.wake_kernel.begin(), r.boot.wake_kernel.end());
  fds.insert(fds.end(), r.groups.begin(), r.groups.end());
  return fds;
}

bool from_text(std::string_view text, const std::vector<int>& fds, BirthRequest& r) {
  constexpr size_t fixed = 6;
  Reader in(text);
  r.boot.plugin = in.string();
  r.boot.generation = in.number();
  r.boot.library = in.string();
  r.boot.workers = static_cast<uint32_t>(in.number());
  r.boot.mapped = in.number();
  const uint64_t wakes = in.number();
  r.kernel = static_cast<pid_t>(in.number());
  r.sandbox.read = in.list();
  r.sandbox.write = in.list();
  r.sandbox.network = in.number() != 0;
  r.sandbox.memory = in.number();
  r.sandbox.files = in.number();
  const uint64_t groups = in.number();
  if (!in.done() || wakes > most_fds || groups > most_fds || fds.size() != fixed + wakes + groups) return false;
  r.log = fds[0];
  r.birth = fds[1];
  r.box = fds[2];
  r.boot.down = fds[3];
  r.boot.up = fds[4];
  r.boot.wake_cell = fds[5];
  const auto after_wakes = fds.begin() + static_cast<std::ptrdiff_t>(fixed + wakes);
  r.boot.wake_kernel.assign(fds.begin() + fixed, after_wakes);
  r.groups.assign(after_wakes, fds.end());
  return true;
}

std::string to_text(const Enforced& e) {
  return to_text(std::vector<std::string>{e.namespaces, e.capabilities, e.landlock, e.filter, e.broker, e.limits});
}

bool from_text(std::string_view text, Enforced& e) {
  std::vector<std::string> list;
  if (!from_text(text, list) || list.size() != 6) return false;
  e = {list[0], list[1], list[2], list[3], list[4], list[5]};
  return true;
}

std::string to_text(const std::vector<std::string>& list) { return Writer().list(list).take(); }

bool from_text(std::string_view text, std::vector<std::string>& list) {
  Reader in(text);
  list = in.list();
  return in.done();
}

Status send_packet(int socket, std::string_view text, const std::vector<int>& fds) {
  alignas(cmsghdr) char control[CMSG_SPACE(most_fds * sizeof(int))] = {};
  if (fds.size() > most_fds || text.size() > most_text) return Error{Code::too_large, "a packet of process control"};
  iovec piece{const_cast<char*>(text.data()), text.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(head), fds.data(), fds.size() * sizeof(int));
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return {};
  return Error{Code::unavailable, std::string("process control: send: ") + std::strerror(errno)};
}

Result<Packet> receive_packet(int socket, int milliseconds) {
  pollfd ready{socket, POLLIN, 0};
  int n = 0;
  do {
    n = poll(&ready, 1, milliseconds);
  } while (n < 0 && errno == EINTR);
  if (n == 0) return Error{Code::deadline, "process control: no answer within " + std::to_string(milliseconds) + " ms"};
  Packet out;
  out.text.resize(most_text);
  alignas(cmsghdr) char control[CMSG_SPACE(most_fds * sizeof(int))] = {};
  iovec piece{out.text.data(), out.text.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return Error{Code::unavailable, "process control: the other end is gone"};
  out.text.resize(static_cast<size_t>(got));
  out.text.shrink_to_fit();
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    out.fds.resize((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(out.fds.data(), CMSG_DATA(head), out.fds.size() * sizeof(int));
  }
  return out;
}

}  // namespace socle::cell
