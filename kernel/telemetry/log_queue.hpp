// log_queue.hpp: log lines on their way to a descriptor whose reader may stall. Whoever logs copies a line into a ring
// of bytes and goes on; one thread writes, a line a write(2) or several whole lines at once, so that lines of other
// processes on the same descriptor do not fall between. A line that finds no room is dropped and counted, and the count
// is told in one line, at the place of those that are missing, when there is room again.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace socle::telemetry {

class LogQueue {
 public:
  // The line that tells of lines that were dropped. Called under the queue's lock.
  using Notice = std::function<std::string(uint64_t dropped)>;
  // Lines go to what `fd` holds when they are written. `room` in bytes. `fd` and `notice` must outlive the writer's
  // thread, which may be for ever (finish()).
  LogQueue(size_t room, const std::atomic<int>& fd, Notice notice);
  ~LogQueue();
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  void start();
  // Any thread; never waits for the reader. `line` ends in a line feed.
  void put(std::string_view line);
  // Ends the thread once what is there is written. false: the reader did not take it in time; the thread is left
  // behind in its write(2), and the queue must then live as long as the process.
  [[nodiscard]] bool finish(std::chrono::milliseconds patience);
  // For the handler of a fatal signal: writes what the descriptor takes at once, without lock or allocation. A line the
  // thread was writing may come twice.
  void last_words();

 private:
  struct Piece {
    std::array<iovec, 2> parts{};  // the ring's end, its beginning
    int count = 0;
    size_t size = 0;
  };
  void run();
  void append(std::string_view line);  // with mutex_
  [[nodiscard]] bool fits(size_t size) const;
  [[nodiscard]] Piece next_piece(uint64_t from, uint64_t to) const;
  [[nodiscard]] bool write(const Piece& piece);
  [[nodiscard]] uint64_t lines_of(const Piece& piece) const;

  const size_t room_;
  const std::unique_ptr<char[]> ring_;
  const std::atomic<int>& fd_;
  const Notice notice_;
  std::atomic<uint64_t> head_{0};  // bytes ever put; written with mutex_
  std::atomic<uint64_t> tail_{0};  // bytes ever written; the thread's
  std::atomic<bool> dying_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t dropped_ = 0;   // guarded by mutex_; not yet told
  bool refused_ = false;   // guarded by mutex_; the descriptor is broken: nobody is told before it takes a line again
  bool stopping_ = false;  // guarded by mutex_
  bool ended_ = false;     // guarded by mutex_
  std::thread thread_;
};

}  // namespace socle::telemetry
