// payloads.cpp: the payload slots of the fake table. Every body is its own allocation, so that AddressSanitizer sees a
// use after the last release.
#include <cstring>

#include "state.hpp"

namespace socle::testing {
namespace {

using detail::str;
using detail::view;

FakePayload* of(socle_payload* raw) { return reinterpret_cast<FakePayload*>(raw); }

FakePayload* make(State& state, std::uint32_t media, const socle_pair* meta, std::size_t n) {
  auto* out = new FakePayload;
  for (std::size_t i = 0; i < n; ++i) out->meta.emplace_back(view(meta[i].key), view(meta[i].value));
  for (const auto& [key, value] : out->meta) out->pairs.push_back({str(key), str(value)});
  out->raw.meta = out->pairs.data();
  out->raw.meta_count = static_cast<std::uint32_t>(n);
  out->raw.media = media;
  state.payloads.insert(&out->raw);
  return out;
}

std::unique_ptr<char[]> copy(std::string_view text) {
  auto out = std::make_unique<char[]>(text.size() + 1);
  std::memcpy(out.get(), text.data(), text.size());
  return out;
}

socle_payload* payload_new(const socle_host* host, socle_str text, std::uint32_t media, const socle_pair* meta,
                           std::size_t n) {
  State& state = state_of(host);
  if (state.refuses("payload_new")) return nullptr;
  return state.new_payload(view(text), media, meta, n);
}

socle_payload* payload_alloc(const socle_host* host, std::size_t size, std::uint32_t media, const socle_pair* meta,
                             std::size_t n, char** bytes) {
  State& state = state_of(host);
  if (state.refuses("payload_alloc")) return nullptr;
  FakePayload* out = make(state, media, meta, n);
  out->text = std::make_unique<char[]>(size + 1);
  out->raw.text = {out->text.get(), size};
  out->sealed = false;
  *bytes = out->text.get();
  return &out->raw;
}

void payload_seal(const socle_host* host, socle_payload* payload, std::size_t size) {
  State& state = state_of(host);
  (void)state.judge("payload_seal");
  if (size > payload->text.size) return state.misuse("payload_seal: more than was allocated");
  of(payload)->sealed = true;
  payload->text.size = size;
}

socle_payload* payload_slice(const socle_host* host, socle_payload* base, std::size_t offset, std::size_t size,
                             std::uint32_t media, const socle_pair* meta, std::size_t n) {
  State& state = state_of(host);
  if (state.judge("payload_slice") == Verdict::fail) return nullptr;
  if (offset > base->text.size || size > base->text.size - offset) {
    state.misuse("payload_slice: outside of the text");
    return nullptr;
  }
  FakePayload* out = make(state, media, meta, n);
  out->base = of(base);
  ++out->base->count;
  out->raw.text = {base->text.data == nullptr ? nullptr : base->text.data + offset, size};
  if (size == base->text.size) out->raw.doc = base->doc;
  return &out->raw;
}

void payload_set_doc(const socle_host* host, socle_payload* payload, socle_str doc) {
  if (state_of(host).judge("payload_set_doc") == Verdict::fail) return;
  if (payload->doc.data != nullptr) return;
  of(payload)->doc = copy(view(doc));
  payload->doc = {of(payload)->doc.get(), doc.size};
}

void payload_retain(const socle_host* host, socle_payload* payload) {
  State& state = state_of(host);
  (void)state.judge("payload_retain");
  if (!state.payloads.contains(payload)) return state.misuse("payload_retain: not a live payload");
  ++of(payload)->count;
}

void payload_release(const socle_host* host, socle_payload* payload) {
  (void)state_of(host).judge("payload_release");
  state_of(host).release_payload(payload);
}

void payload_share(const socle_host* host, socle_payload*) { (void)state_of(host).judge("payload_share"); }

}  // namespace

socle_payload* State::new_payload(std::string_view text, std::uint32_t media, const socle_pair* meta, std::size_t n) {
  FakePayload* out = make(*this, media, meta, n);
  if (text.data() != nullptr) {
    out->text = copy(text);
    out->raw.text = {out->text.get(), text.size()};
  }
  return &out->raw;
}

void State::release_payload(socle_payload* payload) {
  if (payload == nullptr) return;
  if (!payloads.contains(payload)) return misuse("payload_release: not a live payload");
  FakePayload* own = of(payload);
  if (--own->count > 0) return;
  payloads.erase(payload);
  if (own->base != nullptr) release_payload(&own->base->raw);
  delete own;
}

void fill_payloads(socle_host& host) {
  host.payload_new = payload_new;
  host.payload_alloc = payload_alloc;
  host.payload_seal = payload_seal;
  host.payload_slice = payload_slice;
  host.payload_set_doc = payload_set_doc;
  host.payload_retain = payload_retain;
  host.payload_release = payload_release;
  host.payload_share = payload_share;
}

}  // namespace socle::testing
