#include "bus/payload.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#include "sched/lane.hpp"

namespace socle::bus {
namespace {

std::atomic<int64_t> g_alive{0};

// Bytes for header, pairs and their text; 0 when the sum is absurd.
size_t block_size(size_t text, std::span<const socle_pair> meta) {
  if (text > Payload::most || meta.size() > 1024) return 0;
  size_t size = sizeof(Payload) + meta.size() * sizeof(socle_pair) + text + Payload::slack;
  for (const socle_pair& pair : meta) size += pair.key.size + pair.value.size;
  return size > Payload::most ? 0 : size;
}

}  // namespace

int64_t Payload::alive() { return g_alive.load(std::memory_order_relaxed); }

Payload* Payload::alloc(size_t size, uint32_t media, std::span<const socle_pair> meta) {
  const size_t bytes = block_size(size, meta);
  if (bytes == 0) return nullptr;
  auto* block = static_cast<char*>(std::malloc(bytes));
  if (block == nullptr) std::abort();
  auto* p = new (block) Payload;
  auto* pairs = reinterpret_cast<socle_pair*>(block + sizeof(Payload));
  char* at = reinterpret_cast<char*>(pairs + meta.size());
  p->text = {at, size};
  std::memset(at + size, 0, slack);
  at += size + slack;
  const auto copy = [&at](socle_str from) -> socle_str {
    if (from.size == 0) return {from.data == nullptr ? nullptr : at, 0};
    std::memcpy(at, from.data, from.size);
    at += from.size;
    return {at - from.size, from.size};
  };
  for (size_t i = 0; i < meta.size(); ++i) new (pairs + i) socle_pair{copy(meta[i].key), copy(meta[i].value)};
  p->doc = {nullptr, 0};
  p->meta = pairs;
  p->meta_count = static_cast<uint32_t>(meta.size());
  p->media = media;
  p->charge(bytes);
  g_alive.fetch_add(1, std::memory_order_relaxed);
  return p;
}

// To who pays now, then to who paid first. A budget is asked where a plugin asks for memory (host.cpp).
void Payload::charge(size_t bytes) {
  const auto size = static_cast<int64_t>(bytes);
  sched::Lane* lane = sched::Lane::current();
  if (payer_ == nullptr) {
    payer_ = lane != nullptr ? lane->payer().account.load(std::memory_order_relaxed) : sched::PaidAside::current();
    call_ = lane != nullptr ? lane->call : sched::PaidAside::call();
  }
  if (payer_ == nullptr) return;
  charged_ += bytes;
  call_.add(bytes);
  if (lane == nullptr) return payer_->give_memory(-size);
  sched::Flow& now = lane->payer();
  lane->force(now.account.load(std::memory_order_relaxed) == payer_ ? now : lane->queue.flow(*payer_), size);
}

Payload* Payload::make(std::string_view text, uint32_t media, std::span<const socle_pair> meta) {
  Payload* p = alloc(text.size(), media, meta);
  if (p != nullptr && !text.empty()) std::memcpy(p->writable(), text.data(), text.size());
  return p;
}

Payload* Payload::slice(Payload& base, size_t offset, size_t size, uint32_t media, std::span<const socle_pair> meta) {
  Payload* p = alloc(0, media, meta);
  if (p == nullptr) return nullptr;
  offset = offset < base.text.size ? offset : base.text.size;
  size = size < base.text.size - offset ? size : base.text.size - offset;
  p->text = {base.text.data + offset, size};
  if (size == base.text.size) p->doc = base.doc;
  base.retain();
  p->base_ = &base;
  return p;
}

Payload* Payload::borrow(std::string_view text, std::string_view doc, uint32_t media, std::span<const socle_pair> meta,
                         Released released, void* user, uint64_t tag) {
  Payload* p = alloc(0, media, meta);
  if (p == nullptr) return nullptr;
  p->text = {text.data(), text.size()};
  p->doc = {doc.data(), doc.size()};
  p->released_ = released;
  p->released_user_ = user;
  p->released_tag_ = tag;
  return p;
}

Payload* Payload::empty() {
  static Payload* const p = [] {
    Payload* made = alloc(0, SOCLE_MEDIA_NONE, {});
    made->immortal_ = true;
    made->payer_ = nullptr;
    made->call_ = {};
    g_alive.fetch_sub(1, std::memory_order_relaxed);
    return made;
  }();
  return p;
}

void Payload::seal(size_t size) {
  if (size >= text.size) return;
  std::memset(writable() + size, 0, slack);
  text.size = size;
}

void Payload::set_doc(std::string_view bytes) {
  if (doc.data != nullptr || bytes.empty() || immortal_) return;
  void* copy = nullptr;
  if (posix_memalign(&copy, 16, bytes.size()) != 0) std::abort();
  std::memcpy(copy, bytes.data(), bytes.size());
  doc = {static_cast<char*>(copy), bytes.size()};
  own_doc_ = true;
  charge(bytes.size());
}

void Payload::count_for(const sched::CallMemory& call) {
  if (immortal_ || shared_ || call_.counts()) return;
  call_ = call;
  call_.add(charged_);
}

void Payload::share() {
  if (shared_ || immortal_) return;
  shared_ = true;
  if (base_ != nullptr) base_->share();
}

void Payload::retain() {
  if (immortal_) return;
  if (shared_) {
    refs_.fetch_add(1, std::memory_order_relaxed);
  } else {
    refs_.store(refs_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}

void Payload::release() {
  if (immortal_) return;
  if (shared_) {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
    return;
  }
  const uint32_t left = refs_.load(std::memory_order_relaxed) - 1;
  refs_.store(left, std::memory_order_relaxed);
  if (left == 0) destroy();
}

void Payload::destroy() {
  if (own_doc_) std::free(const_cast<char*>(doc.data));
  Payload* base = base_;
  if (payer_ != nullptr) {
    call_.remove(charged_);
    if (sched::Lane* lane = sched::Lane::current(); lane != nullptr) {
      lane->release(*payer_, static_cast<int64_t>(charged_));
    } else {
      payer_->give_memory(static_cast<int64_t>(charged_));
    }
  }
  if (released_ != nullptr) released_(released_user_, released_tag_);
  this->~Payload();
  std::free(this);
  g_alive.fetch_sub(1, std::memory_order_relaxed);
  if (base != nullptr) base->release();
}

std::string_view Payload::find(std::string_view key) const {
  for (uint32_t i = 0; i < meta_count; ++i) {
    if (view(meta[i].key) == key) return view(meta[i].value);
  }
  return {};
}

}  // namespace socle::bus
