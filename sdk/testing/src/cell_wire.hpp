// cell_wire.hpp: what the test's process and a cell's say to each other, over one stream socket: an operation and its
// values, in order. Either side may be asked while it waits for an answer, so both wait in a loop that serves.
//
//   test: enter(handle) ─▶                                  enter(event) ─▶
//   cell:                  ask(call) ─▶        ─▶ done                     ─▶ done
//   test:                              ◀ done
#pragma once

#include <socle/abi.h>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socle::testing::wire {

enum class Op : std::uint64_t {
  done,  // the answer to the last question
  // test → cell
  create,
  destroy,
  handle,
  event,
  replied,
  work,
  end,
  // cell → test
  loaded,
  refused,
  payload_new,
  payload_alloc,
  payload_seal,
  payload_slice,
  payload_set_doc,
  payload_retain,
  payload_release,
  payload_share,
  resolve,
  call,
  complete,
  publish,
  context_open,
  context_act_as,
  context_retain,
  context_release,
  context_cancel,
  now,
  now_utc,
  timer_start,
  timer_cancel,
  watch_open,
  watch_wait,
  watch_close,
  offload,
  defer,
  post,
  worker,
  worker_count,
  frame_alloc,
  frame_free,
  catalog_version,
  catalog,
  log,
  metric,
  observe,
  limit,
  meter,
  meter_level,
  span_begin,
  span_end,
  fault_point,
  rate,
  slice_left_for,
  pressure,
  arena_alloc,
  payer,
  post_for,
  memory_hold,
  memory_release,
  charge,
  memory_refused,
  judge
};

class Writer {
 public:
  explicit Writer(Op op) { u64(static_cast<std::uint64_t>(op)); }
  Writer& u64(std::uint64_t n) {
    bytes_.append(reinterpret_cast<const char*>(&n), sizeof n);
    return *this;
  }
  Writer& i64(std::int64_t n) { return u64(static_cast<std::uint64_t>(n)); }
  Writer& number(double n) { return u64(std::bit_cast<std::uint64_t>(n)); }
  template <class T>
  Writer& address(T* p) {
    return u64(reinterpret_cast<std::uintptr_t>(p));
  }
  Writer& bytes(const void* data, std::size_t size) { return text(socle_str{static_cast<const char*>(data), size}); }
  // Absent and empty texts are told apart.
  Writer& text(socle_str s) {
    u64(s.data == nullptr ? 0 : 1).u64(s.size);
    if (s.data != nullptr) bytes_.append(s.data, s.size);
    return *this;
  }
  Writer& text(std::string_view s) { return text(socle_str{s.data() == nullptr ? "" : s.data(), s.size()}); }
  Writer& pairs(const socle_pair* pairs, std::size_t n) {
    u64(n);
    for (std::size_t i = 0; i < n; ++i) text(pairs[i].key).text(pairs[i].value);
    return *this;
  }
  [[nodiscard]] const std::string& message() const { return bytes_; }

 private:
  std::string bytes_;
};

// Of what this library wrote itself, so it believes it.
class Reader {
 public:
  explicit Reader(std::vector<char> message) : bytes_(std::move(message)), op(static_cast<Op>(u64())) {}
  std::uint64_t u64() {
    std::uint64_t n = 0;
    if (bytes_.size() < at_ + sizeof n) std::abort();  // the two sides contradict each other
    std::memcpy(&n, bytes_.data() + at_, sizeof n);
    at_ += sizeof n;
    return n;
  }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(u64()); }
  double number() { return std::bit_cast<double>(u64()); }
  // What the other side once gave out as a number: an object or a function of this process.
  template <class T>
  T* address() {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(u64()));  // NOLINT(performance-no-int-to-ptr)
  }
  // Lives as long as this reader.
  socle_str text() {
    const bool there = u64() != 0;
    const std::size_t size = u64();
    const char* data = bytes_.data() + at_;
    at_ += there ? size : 0;
    return {there ? data : nullptr, size};
  }

 private:
  std::vector<char> bytes_;
  std::size_t at_ = 0;

 public:
  Op op;  // read from the bytes, so behind them
};

// One end. send() and receive() say false and nullopt once the other is gone.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  bool send(const Writer& message, int passed_fd = -1) const;
  std::optional<Reader> receive();
  [[nodiscard]] int take_fd();  // that came with the last message; -1: none

 private:
  bool read(char* to, std::size_t size);
  int fd_;
  int passed_ = -1;
};

}  // namespace socle::testing::wire
