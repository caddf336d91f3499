// context.hpp: for whom work is done (socle_context of abi.h). A root is opened at the edge or for background work;
// each hop that narrows something (deadline, idempotency key, a filter's keys) derives a child that shares the root's
// text. Cancelling a context cancels its children and ends its pending calls. Counts and links belong to one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sched/call_memory.hpp"
#include "socle/abi.h"

namespace socle::sched {
class Account;
}

namespace socle::bus {

class Generation;
struct Frame;

// What a context is made from; text is copied.
struct Identity {
  std::string_view tenant = {}, principal = {}, claims = {}, idempotency_key = {}, lane = {};
  int64_t deadline = INT64_MAX;
  uint32_t work_class = SOCLE_CLASS_INTERACTIVE;
  const uint8_t* trace_id = nullptr;  // 16 bytes or nullptr: new
  const uint8_t* span_id = nullptr;   // 8 bytes or nullptr
  uint8_t trace_flags = 0;
  sched::Account* account = nullptr;  // who pays; nullptr: who pays already
  bool request = false;               // from outside: its first call must be admitted
};

// Blocks of contexts that one thread keeps for the next ones: every hop makes one.
class ContextPool {
 public:
  ContextPool() = default;
  ~ContextPool();
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;
  // The calling thread's pool from now on; nullptr: none.
  static void use(ContextPool* pool);

 private:
  friend class Context;
  std::vector<void*> blocks_;
};

class Context : public socle_context {
 public:
  static constexpr uint16_t buckets = 10'000;

  static Context* open(const Identity& identity, Generation* opener);
  // A child with an earlier or equal deadline; an absent key keeps the parent's.
  Context* derive(int64_t until, socle_str key, std::span<const socle_pair> more_keys);
  // The same identity as a root of its own, for another worker.
  [[nodiscard]] Context* copy_for_other_worker() const;

  // From the thread's ContextPool.
  static void* operator new(size_t size);
  static void operator delete(void* block);

  static Context* of(const socle_context* c) { return static_cast<Context*>(const_cast<socle_context*>(c)); }

  void retain() { ++refs_; }
  void release();
  [[nodiscard]] Generation* opener() const { return opener_; }
  [[nodiscard]] uint16_t depth() const { return depth_; }  // hops from the root
  // For a root that stands for a context of another process: that one's number, and who hears when the last reference
  // to it and to what was derived from it is gone. REQUIRES: a root, once, before it is shared.
  using Ended = void (*)(void* user, uint64_t number);
  void stand_for(uint64_t number, Ended ended, void* user);
  // The root's number; 0: it stands for none.
  [[nodiscard]] uint64_t stands_for() const;
  [[nodiscard]] const Context& root() const;
  [[nodiscard]] Context& root() { return const_cast<Context&>(std::as_const(*this).root()); }
  [[nodiscard]] sched::Account* account() const { return account_; }
  // What is held for the root and all that is derived from it, on this worker.
  [[nodiscard]] const sched::CallMemory& call() const { return call_; }
  // A request from outside has a place in its tenant's calls in flight from begin_service() to its end.
  [[nodiscard]] bool wants_admission() const { return wants_admission_; }
  void asked(int64_t now) {
    wants_admission_ = false;
    asked_at_ = now;
  }
  void begin_service(int64_t now) { began_at_ = now; }
  // Where this context falls in a canary split: equal for equal (tenant, lane).
  // Dealt anew for each canary generation, so that it is not always the same tenants that try what is new.
  [[nodiscard]] uint16_t bucket(uint64_t generation) const {
    return static_cast<uint16_t>((bucket_ + generation * 0x9E3779B97F4A7C15ULL % buckets) % buckets);
  }

  // Pending calls made under this context, for cancellation.
  void link(Frame& frame);
  void unlink(Frame& frame);
  // Memory that goes when this context does; nullptr: too large, or the budget is used up. Worker.
  void* arena_alloc(size_t size, size_t alignment);

  // Marks this and all children cancelled and takes their pending calls off, oldest first.
  void cancel(std::vector<Frame*>& pending);

 private:
  Context() : socle_context{} {}
  Context(const socle_context& parent, int) : socle_context(parent) {}
  ~Context();
  uint32_t refs_ = 1;
  uint16_t depth_ = 0;
  uint16_t bucket_ = 0;
  bool wants_admission_ = false;
  sched::Account* account_ = nullptr;
  sched::CallMemory call_;               // the root's
  int64_t asked_at_ = 0, began_at_ = 0;  // of a root that is a request
  Generation* opener_ = nullptr;
  Context* parent_ = nullptr;
  Context* first_child_ = nullptr;
  Context* next_sibling_ = nullptr;
  Context* prev_sibling_ = nullptr;
  Frame* frames_ = nullptr;
  // What most contexts of a chain do not have.
  struct Extra {
    std::string text;                // the views of a root, or a derived key
    std::vector<socle_pair> pairs;   // own keys and the parent's
    std::vector<std::string> added;  // text of keys added here
    uint64_t number = 0;             // of stand_for()
    Ended ended = nullptr;
    void* ended_user = nullptr;
    void add(std::span<const socle_pair> more);
  };
  Extra& extra() {
    if (extra_ == nullptr) extra_ = std::make_unique<Extra>();
    return *extra_;
  }
  std::unique_ptr<Extra> extra_;
  struct Chunk;
  Chunk* arena_ = nullptr;  // the newest first
};

class ContextRef {
 public:
  ContextRef() = default;
  explicit ContextRef(Context* owned) : c_(owned) {}
  ContextRef(ContextRef&& other) noexcept : c_(std::exchange(other.c_, nullptr)) {}
  ContextRef& operator=(ContextRef&& other) noexcept {
    std::swap(c_, other.c_);
    return *this;
  }
  ~ContextRef() {
    if (c_ != nullptr) c_->release();
  }
  [[nodiscard]] Context* get() const { return c_; }
  Context* operator->() const { return c_; }
  explicit operator bool() const { return c_ != nullptr; }

 private:
  Context* c_ = nullptr;
};

}  // namespace socle::bus
