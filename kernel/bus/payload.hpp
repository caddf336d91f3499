// payload.hpp: message bodies (socle_payload of abi.h) as the kernel makes them: one allocation holding header,
// metadata and text. Immutable once handed on. Counts belong to one worker until share(), then they are atomic; so a
// payload that stays on its worker costs no shared write. Behind the text lie `slack` readable zero bytes, for parsers
// that read ahead.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "sched/call_memory.hpp"
#include "socle/abi.h"

namespace socle::sched {
class Account;
}

namespace socle::bus {

[[nodiscard]] inline std::string_view view(socle_str s) { return {s.data, s.size}; }
[[nodiscard]] inline socle_str str(std::string_view s) { return {s.data(), s.size()}; }

class Payload : public socle_payload {
 public:
  static constexpr size_t slack = 64;
  static constexpr uint32_t most = UINT32_MAX;  // bytes, with meta, which has 1,024 pairs at most

  // One reference, for the caller. Any thread. nullptr: more than `most`.
  static Payload* make(std::string_view text, uint32_t media, std::span<const socle_pair> meta);
  // Text of `size` bytes to be written through writable() before anybody else sees the payload.
  static Payload* alloc(size_t size, uint32_t media, std::span<const socle_pair> meta);
  // base's text[offset, offset + size) clipped to it, under other metadata; keeps base alive.
  static Payload* slice(Payload& base, size_t offset, size_t size, uint32_t media, std::span<const socle_pair> meta);
  // Text and document that lie in memory of somebody else's, with slack behind the text; `released(user, tag)` is
  // called once, on whichever thread ends the payload.
  using Released = void (*)(void* user, uint64_t tag);
  static Payload* borrow(std::string_view text, std::string_view doc, uint32_t media, std::span<const socle_pair> meta,
                         Released released, void* user, uint64_t tag);
  // The body of a payload that must be empty: shared by all, never freed.
  static Payload* empty();

  static Payload* of(socle_payload* p) { return static_cast<Payload*>(p); }

  [[nodiscard]] char* writable() { return const_cast<char*>(text.data); }
  void seal(size_t size);
  void set_doc(std::string_view bytes);
  void share();
  void retain();
  void release();
  [[nodiscard]] std::string_view find(std::string_view key) const;
  // It is of this request, if it was made for none that is still worked on. Its worker.
  void count_for(const sched::CallMemory& call);

  // Payloads alive in this process, for leak checks.
  static int64_t alive();

 private:
  Payload() = default;
  ~Payload() = default;
  void destroy();
  std::atomic<uint32_t> refs_{1};
  bool shared_ = false;
  bool own_doc_ = false;
  bool immortal_ = false;
  Payload* base_ = nullptr;
  sched::Account* payer_ = nullptr;  // charged for `charged_` bytes; nullptr: made where nobody pays
  size_t charged_ = 0;
  sched::CallMemory call_;  // of the request it was made for
  void charge(size_t bytes);
  Released released_ = nullptr;  // of borrow()
  void* released_user_ = nullptr;
  uint64_t released_tag_ = 0;
};

// One reference, released at the end of scope.
class PayloadRef {
 public:
  PayloadRef() = default;
  explicit PayloadRef(Payload* owned) : p_(owned) {}
  PayloadRef(PayloadRef&& other) noexcept : p_(other.take()) {}
  PayloadRef& operator=(PayloadRef&& other) noexcept {
    if (this != &other) {
      reset();
      p_ = other.take();
    }
    return *this;
  }
  ~PayloadRef() { reset(); }
  [[nodiscard]] Payload* get() const { return p_; }
  Payload* operator->() const { return p_; }
  explicit operator bool() const { return p_ != nullptr; }
  [[nodiscard]] Payload* take() {
    Payload* p = p_;
    p_ = nullptr;
    return p;
  }
  void reset() {
    if (p_ != nullptr) take()->release();
  }

 private:
  Payload* p_ = nullptr;
};

}  // namespace socle::bus
