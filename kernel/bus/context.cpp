#include "bus/context.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "bus/frame.hpp"
#include "bus/payload.hpp"

namespace socle::bus {
namespace {

// SplitMix64 over a per-thread state seeded by the system: trace ids must be unique, not secret.
uint64_t next_random() {
  static thread_local uint64_t state = [] {
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = reinterpret_cast<uintptr_t>(&seed);
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

}  // namespace

Context* Context::open(const Identity& from, Generation* opener) {
  auto* c = new Context;
  c->opener_ = opener;
  c->text_.reserve(from.tenant.size() + from.principal.size() + from.claims.size() + from.idempotency_key.size() +
                   from.lane.size());
  const auto keep = [c](std::string_view text) -> socle_str {
    if (text.data() == nullptr) return {nullptr, 0};
    const size_t at = c->text_.size();
    c->text_.append(text);
    return {c->text_.data() + at, text.size()};
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

Context* Context::derive(int64_t until, socle_str key, std::span<const socle_pair> more_keys) {
  auto* c = new Context;
  static_cast<socle_context&>(*c) = *this;
  c->deadline = std::min(deadline, until);
  c->opener_ = opener_;
  c->depth_ = depth_;
  c->bucket_ = bucket_;
  c->parent_ = this;
  if (key.data != nullptr) {
    c->text_ = view(key);
    c->idempotency_key = str(c->text_);
  }
  if (!more_keys.empty()) {
    c->pairs_.assign(keys, keys + key_count);
    c->added_.reserve(more_keys.size() * 2);
    for (const socle_pair& pair : more_keys) {
      c->added_.emplace_back(view(pair.key));
      c->added_.emplace_back(view(pair.value));
      c->pairs_.push_back({str(c->added_[c->added_.size() - 2]), str(c->added_.back())});
    }
    c->keys = c->pairs_.data();
    c->key_count = static_cast<uint32_t>(c->pairs_.size());
  }
  retain();
  c->next_sibling_ = first_child_;
  if (first_child_ != nullptr) first_child_->prev_sibling_ = c;
  first_child_ = c;
  return c;
}

Context* Context::copy_for_other_worker() const {
  Context* c = open({view(tenant), view(principal), view(claims), view(idempotency_key), view(lane), deadline,
                     work_class, trace_id, span_id, trace_flags},
                    opener_);
  c->depth_ = depth_;
  c->added_.reserve(key_count * 2);
  for (uint32_t i = 0; i < key_count; ++i) {
    c->added_.emplace_back(view(keys[i].key));
    c->added_.emplace_back(view(keys[i].value));
    c->pairs_.push_back({str(c->added_[c->added_.size() - 2]), str(c->added_.back())});
  }
  c->keys = c->pairs_.data();
  c->key_count = key_count;
  return c;
}

void Context::release() {
  if (--refs_ != 0) return;
  Context* parent = parent_;
  if (parent != nullptr) {
    (prev_sibling_ != nullptr ? prev_sibling_->next_sibling_ : parent->first_child_) = next_sibling_;
    if (next_sibling_ != nullptr) next_sibling_->prev_sibling_ = prev_sibling_;
  }
  delete this;
  if (parent != nullptr) parent->release();
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
