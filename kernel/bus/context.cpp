#include "bus/context.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "bus/bus.hpp"
#include "bus/frame.hpp"
#include "bus/payload.hpp"
#include "bus/worker.hpp"
#include "telemetry/clock.hpp"

namespace socle::bus {
namespace {

// SplitMix64 over a per-thread state seeded by the system: trace ids must be unique, not secret.
uint64_t next_random() {
  static thread_local uint64_t state = [] {
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = static_cast<uint64_t>(telemetry::monotonic_now());
    return seed;
  }();
  uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

uint64_t mix(std::string_view text, uint64_t seed) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return seed ^ (seed >> 29);
}

constexpr size_t free_kept = 1024;
thread_local ContextPool* t_pool = nullptr;  // no destructor: reading it costs one instruction

}  // namespace

ContextPool::~ContextPool() {
  for (void* block : blocks_) std::free(block);
}

void ContextPool::use(ContextPool* pool) { t_pool = pool; }

void* Context::operator new(size_t size) {
  if (t_pool != nullptr && !t_pool->blocks_.empty()) {
    void* block = t_pool->blocks_.back();
    t_pool->blocks_.pop_back();
    return block;
  }
  void* block = std::malloc(size);
  if (block == nullptr) std::abort();
  return block;
}

void Context::operator delete(void* block) {
  if (t_pool != nullptr && t_pool->blocks_.size() < free_kept) {
    t_pool->blocks_.push_back(block);
  } else {
    std::free(block);
  }
}

void Context::Extra::add(std::span<const socle_pair> more) {
  added.reserve(added.size() + more.size() * 2);  // REQUIRES: called once, so that the texts do not move
  for (const socle_pair& pair : more) {
    added.emplace_back(view(pair.key));
    added.emplace_back(view(pair.value));
    pairs.push_back({str(added[added.size() - 2]), str(added.back())});
  }
}

Context* Context::open(const Identity& from, Generation* opener) {
  auto* c = new Context;
  c->opener_ = opener;
  c->account_ = from.account;
  c->call_ = sched::CallMemory::open();
  c->wants_admission_ = from.request;
  std::string& kept = c->extra().text;
  kept.reserve(from.tenant.size() + from.principal.size() + from.claims.size() + from.idempotency_key.size() +
               from.lane.size());
  const auto keep = [&kept](std::string_view text) -> socle_str {
    if (text.data() == nullptr) return {nullptr, 0};
    const size_t at = kept.size();
    kept.append(text);
    return {kept.data() + at, text.size()};
  };
  c->tenant = keep(from.tenant);
  c->principal = keep(from.principal);
  c->claims = keep(from.claims);
  c->idempotency_key = keep(from.idempotency_key);
  c->lane = keep(from.lane);
  c->work_class = from.work_class;
  c->deadline = from.deadline;
  c->trace_flags = from.trace_flags;
  const uint64_t ids[3] = {next_random(), next_random(), next_random()};
  std::memcpy(c->trace_id, from.trace_id != nullptr ? static_cast<const void*>(from.trace_id) : ids, 16);
  std::memcpy(c->span_id, from.span_id != nullptr ? static_cast<const void*>(from.span_id) : &ids[2], 8);
  c->bucket_ = static_cast<uint16_t>(mix(from.lane, mix(from.tenant, 0xCBF29CE484222325ULL)) % buckets);
  return c;
}

// A chunk of arena memory; what it gives out lies behind it.
struct Context::Chunk {
  Chunk* next;
  sched::Account* payer;
  size_t size;  // of all of it
  size_t used;
};

Context::~Context() {
  if (parent_ == nullptr) call_.close();
  if (arena_ == nullptr && began_at_ == 0) return;
  sched::Lane* here = sched::Lane::current();
  while (arena_ != nullptr) {
    Chunk* chunk = std::exchange(arena_, arena_->next);
    if (here != nullptr) here->release(*chunk->payer, static_cast<int64_t>(chunk->size));
    call_.remove(chunk->size);
    std::free(chunk);
  }
  if (began_at_ == 0 || here == nullptr || Worker::current() == nullptr) return;
  const int64_t now = telemetry::monotonic_now();
  Worker::current()->request_over(here->queue.flow(*account_), now - began_at_, now - asked_at_);
}

void* Context::arena_alloc(size_t size, size_t alignment) {
  constexpr size_t least = 4096;
  static_cast<void>(Bus::last_refusal());  // a fault of the caller is none of what was refused before
  if (alignment == 0 || alignment > 64 || (alignment & (alignment - 1)) != 0 || size > (size_t{1} << 40))
    return nullptr;
  const auto fit = [&](Chunk& c) -> void* {
    const size_t at = (reinterpret_cast<uintptr_t>(&c) + c.used + alignment - 1) / alignment * alignment -
                      reinterpret_cast<uintptr_t>(&c);
    if (at > c.size || size > c.size - at) return nullptr;
    c.used = at + size;
    return reinterpret_cast<char*>(&c) + at;
  };
  if (arena_ != nullptr) {
    if (void* found = fit(*arena_); found != nullptr) return found;
  }
  const size_t room = std::max(arena_ != nullptr ? std::min(arena_->size * 2, size_t{1} << 20) : least,
                               sizeof(Chunk) + size + alignment);
  sched::Lane* here = sched::Lane::current();
  if (here == nullptr) return nullptr;
  sched::Flow& payer = account_ != nullptr ? here->queue.flow(*account_) : here->payer();
  sched::Account& account = *payer.account.load(std::memory_order_relaxed);
  const uint64_t cap = account.call_memory_cap();
  const bool fits = call_.fits(room, cap);
  if (!fits || !here->hold(payer, static_cast<int64_t>(room))) {
    if (Worker::current() != nullptr) Worker::current()->bus().memory_refused(fits ? 0 : cap);
    return nullptr;
  }
  call_.add(room);
  void* block = std::malloc(room);
  if (block == nullptr) std::abort();
  arena_ = new (block) Chunk{arena_, &account, room, sizeof(Chunk)};
  return fit(*arena_);
}

Context* Context::derive(int64_t until, socle_str key, std::span<const socle_pair> more_keys) {
  auto* c = new Context(*this, 0);
  c->deadline = std::min(deadline, until);
  c->opener_ = opener_;
  c->account_ = account_;
  c->call_ = call_;
  c->depth_ = static_cast<uint16_t>(depth_ + 1);
  c->bucket_ = bucket_;
  c->parent_ = this;
  if (key.data != nullptr) {
    c->extra().text = view(key);
    c->idempotency_key = str(c->extra_->text);
  }
  if (!more_keys.empty()) {
    c->extra().pairs.assign(keys, keys + key_count);
    c->extra_->add(more_keys);
    c->keys = c->extra_->pairs.data();
    c->key_count = static_cast<uint32_t>(c->extra_->pairs.size());
  }
  retain();
  c->next_sibling_ = first_child_;
  if (first_child_ != nullptr) first_child_->prev_sibling_ = c;
  first_child_ = c;
  return c;
}

Context* Context::copy_for_other_worker() const {
  Context* c = open({view(tenant), view(principal), view(claims), view(idempotency_key), view(lane), deadline,
                     work_class, trace_id, span_id, trace_flags, account_},
                    opener_);
  c->depth_ = depth_;
  if (key_count > 0) {
    c->extra().add({keys, key_count});
    c->keys = c->extra_->pairs.data();
    c->key_count = key_count;
  }
  return c;
}

void Context::release() {
  if (--refs_ != 0) return;
  Context* parent = parent_;
  if (parent != nullptr) {
    (prev_sibling_ != nullptr ? prev_sibling_->next_sibling_ : parent->first_child_) = next_sibling_;
    if (next_sibling_ != nullptr) next_sibling_->prev_sibling_ = prev_sibling_;
  }
  if (extra_ != nullptr && extra_->ended != nullptr) extra_->ended(extra_->ended_user, extra_->number);
  delete this;
  if (parent != nullptr) parent->release();
}

void Context::stand_for(uint64_t number, Ended ended, void* user) {
  extra().number = number;
  extra_->ended = ended;
  extra_->ended_user = user;
}

const Context& Context::root() const {
  const Context* c = this;
  while (c->parent_ != nullptr) c = c->parent_;
  return *c;
}

uint64_t Context::stands_for() const {
  const Context& top = root();
  return top.extra_ != nullptr ? top.extra_->number : 0;
}

void Context::link(Frame& frame) {
  frame.next_in_context = frames_;
  frame.prev_in_context = nullptr;
  if (frames_ != nullptr) frames_->prev_in_context = &frame;
  frames_ = &frame;
  frame.linked = true;
}

void Context::unlink(Frame& frame) {
  if (!frame.linked) return;
  (frame.prev_in_context != nullptr ? frame.prev_in_context->next_in_context : frames_) = frame.next_in_context;
  if (frame.next_in_context != nullptr) frame.next_in_context->prev_in_context = frame.prev_in_context;
  frame.linked = false;
}

void Context::cancel(std::vector<Frame*>& pending) {
  cancelled = 1;
  while (frames_ != nullptr) {
    pending.push_back(frames_);
    unlink(*frames_);
  }
  for (Context* child = first_child_; child != nullptr; child = child->next_sibling_) child->cancel(pending);
}

}  // namespace socle::bus
