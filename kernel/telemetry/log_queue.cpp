#include "telemetry/log_queue.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace socle::telemetry {
namespace {

constexpr int look_again = 100;  // ms; at a descriptor that somebody made non-blocking

}  // namespace

LogQueue::LogQueue(size_t room, const std::atomic<int>& fd, Notice notice)
    : room_(room), ring_(new char[room]), fd_(fd), notice_(std::move(notice)) {}

LogQueue::~LogQueue() {
  if (thread_.joinable()) thread_.join();  // REQUIRES: finish() was true, or start() never called
}

void LogQueue::start() {
  thread_ = std::thread([this] { run(); });
}

bool LogQueue::fits(size_t size) const {
  return size <= room_ - (head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_acquire));
}

void LogQueue::append(std::string_view line) {
  const uint64_t head = head_.load(std::memory_order_relaxed);
  const size_t at = head % room_;
  const size_t first = std::min(line.size(), room_ - at);
  std::memcpy(ring_.get() + at, line.data(), first);
  std::memcpy(ring_.get(), line.data() + first, line.size() - first);
  head_.store(head + line.size(), std::memory_order_release);
}

void LogQueue::put(std::string_view line) {
  {
    const std::lock_guard lock(mutex_);
    const bool room = fits(line.size());
    const std::string notice = room && dropped_ > 0 && !refused_ ? notice_(dropped_) : std::string();
    if (!room || !fits(notice.size() + line.size())) {
      ++dropped_;
      return;
    }
    if (!notice.empty()) {
      append(notice);
      dropped_ = 0;
    }
    append(line);
  }
  changed_.notify_all();
}

// Whole lines up to what a pipe takes as one, or one longer line.
LogQueue::Piece LogQueue::next_piece(uint64_t from, uint64_t to) const {
  size_t size = 0;
  for (uint64_t at = from; at < to; ++at) {
    if (ring_[at % room_] != '\n') continue;
    if (size > 0 && at + 1 - from > PIPE_BUF) break;
    size = at + 1 - from;
    if (size >= PIPE_BUF) break;
  }
  if (size == 0) size = to - from;
  Piece piece;
  piece.size = size;
  const size_t at = from % room_;
  const size_t first = std::min(size, room_ - at);
  piece.parts = {iovec{ring_.get() + at, first}, iovec{ring_.get(), size - first}};
  piece.count = first < size ? 2 : 1;
  return piece;
}

uint64_t LogQueue::lines_of(const Piece& piece) const {
  uint64_t lines = 0;
  for (const iovec& part : piece.parts) {
    const auto* text = static_cast<const char*>(part.iov_base);
    lines += static_cast<uint64_t>(std::count(text, text + part.iov_len, '\n'));
  }
  return lines;
}

// The thread. Waits as long as the reader does. false: the descriptor is broken, and the piece is lost.
bool LogQueue::write(const Piece& piece) {
  std::array<iovec, 2> left = piece.parts;
  for (size_t size = piece.size; size > 0;) {
    while (dying_.load(std::memory_order_relaxed)) poll(nullptr, 0, look_again);  // last_words() writes
    const ssize_t n = ::writev(fd_.load(std::memory_order_relaxed), left.data(), static_cast<int>(left.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      pollfd p{fd_.load(std::memory_order_relaxed), POLLOUT, 0};
      poll(&p, 1, look_again);
      continue;
    }
    if (n <= 0) return false;
    auto taken = static_cast<size_t>(n);
    size -= taken;
    for (iovec& part : left) {
      const size_t here = std::min(taken, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + here;
      part.iov_len -= here;
      taken -= here;
    }
  }
  return true;
}

void LogQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    const uint64_t head = head_.load(std::memory_order_relaxed);
    if (tail == head && dropped_ > 0 && !refused_) {
      append(notice_(std::exchange(dropped_, 0)));
    } else if (tail != head) {
      lock.unlock();
      const Piece piece = next_piece(tail, head);
      const bool taken = write(piece);
      const uint64_t lost = taken ? 0 : lines_of(piece);
      lock.lock();
      dropped_ += lost;
      refused_ = !taken;
      tail_.store(tail + piece.size, std::memory_order_release);
    } else if (stopping_) {
      break;
    } else {
      changed_.wait(lock);
    }
  }
  ended_ = true;
  changed_.notify_all();
}

bool LogQueue::finish(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  const bool ended = changed_.wait_for(lock, patience, [this] { return ended_; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
  return ended;
}

void LogQueue::last_words() {
  dying_.store(true, std::memory_order_relaxed);
  const int fd = fd_.load(std::memory_order_relaxed);
  const uint64_t head = head_.load(std::memory_order_acquire);
  for (uint64_t tail = tail_.load(std::memory_order_acquire); tail < head;) {
    pollfd p{fd, POLLOUT, 0};
    if (poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0) return;
    const Piece piece = next_piece(tail, head);
    const ssize_t n = ::writev(fd, piece.parts.data(), piece.count);
    if (n <= 0) return;
    tail += static_cast<uint64_t>(n);
  }
}

}  // namespace socle::telemetry
