#include "cell/ring/message.hpp"

#include <cstring>

#include "bus/payload.hpp"
#include "cell/ring/layout.hpp"

namespace socle::cell {
namespace {

constexpr std::uint32_t most_pairs = 1024;
constexpr std::size_t alignment = 16;
constexpr auto text_field = static_cast<std::size_t>(Field::text);
constexpr auto doc_field = static_cast<std::size_t>(Field::doc);

// Where the parts begin, counted from the message's first byte.
struct Parts {
  std::size_t pair_sizes, short_texts, text, doc, end;

  explicit Parts(const Head& head) {
    pair_sizes = sizeof(Head);
    short_texts = pair_sizes + (std::size_t{head.meta_count} + head.key_count) * 2 * sizeof(std::uint32_t);
    std::size_t at = short_texts + head.pair_bytes;
    for (std::size_t i = 0; i < short_fields; ++i) at += head.sizes[i];
    text = rounded(at, alignment);
    doc = rounded(text + head.sizes[text_field] + bus::Payload::slack, alignment);
    end =
        head.sizes[doc_field] == 0 ? text + head.sizes[text_field] + bus::Payload::slack : doc + head.sizes[doc_field];
  }
};

std::byte* put(std::byte* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// What is copied is looked at only in the copy: without this the compiler may read the source a second time.
void copied() { asm volatile("" ::: "memory"); }

Error misfit(const char* what) { return {Code::invalid, std::string("a message of a cell: ") + what}; }

}  // namespace

void Outgoing::body(const socle_payload* payload) {
  if (payload == nullptr) return;
  head.media = payload->media;
  meta = {payload->meta, payload->meta_count};
  (*this)[Field::text] = bus::view(payload->text);
  (*this)[Field::doc] = bus::view(payload->doc);
}

std::size_t Outgoing::measure() {
  for (std::size_t i = 0; i < field_count; ++i) head.sizes[i] = static_cast<std::uint32_t>(fields[i].size());
  head.meta_count = static_cast<std::uint32_t>(meta.size());
  head.key_count = static_cast<std::uint32_t>(keys.size());
  std::size_t bytes = 0;
  for (const auto& pairs : {meta, keys}) {
    for (const socle_pair& pair : pairs) bytes += pair.key.size + pair.value.size;
  }
  head.pair_bytes = static_cast<std::uint32_t>(bytes);
  return Parts(head).end;
}

void Outgoing::write(std::byte* to) const {
  const Parts parts(head);
  std::memcpy(to, &head, sizeof head);
  std::byte* sizes = to + parts.pair_sizes;
  std::byte* at = to + parts.short_texts;
  for (std::size_t i = 0; i < short_fields; ++i) at = put(at, fields[i]);
  for (const auto& pairs : {meta, keys}) {
    for (const socle_pair& pair : pairs) {
      const std::array<std::uint32_t, 2> both{static_cast<std::uint32_t>(pair.key.size),
                                              static_cast<std::uint32_t>(pair.value.size)};
      std::memcpy(sizes, both.data(), sizeof both);
      sizes += sizeof both;
      at = put(put(at, bus::view(pair.key)), bus::view(pair.value));
    }
  }
  at = put(to + parts.text, fields[text_field]);
  std::memset(at, 0, bus::Payload::slack);
  put(to + parts.doc, fields[doc_field]);
}

Result<Incoming> read_message(const std::byte* at, std::size_t size, Scratch& scratch, bool copy) {
  Incoming in;
  if (size < sizeof(Head)) return misfit("shorter than its head");
  std::memcpy(&in.head, at, sizeof(Head));
  copied();
  const Head& head = in.head;
  if (head.meta_count > most_pairs || head.key_count > most_pairs) return misfit("more than 1024 pairs");
  const Parts parts(head);  // sums of 32-bit numbers: they cannot wrap
  if (parts.end > size) return misfit("its parts are longer than its block says");
  const std::byte* front = at + parts.pair_sizes;
  if (copy) {
    scratch.bytes.assign(front, at + parts.text);
    copied();
    front = scratch.bytes.data();
  }
  const std::byte* sizes = front;
  const auto* text = reinterpret_cast<const char*>(front + (parts.short_texts - parts.pair_sizes));
  for (std::size_t i = 0; i < short_fields; ++i) {
    if (head.sizes[i] != 0) in.fields[i] = {text, head.sizes[i]};  // else absent
    text += head.sizes[i];
  }
  scratch.pairs.clear();
  std::size_t left = head.pair_bytes;
  for (std::uint32_t i = 0; i < head.meta_count + head.key_count; ++i) {
    std::array<std::uint32_t, 2> both{};
    std::memcpy(both.data(), sizes, sizeof both);
    sizes += sizeof both;
    if (std::size_t{both[0]} + both[1] > left) return misfit("its pairs are longer than it says");
    left -= both[0] + both[1];
    scratch.pairs.push_back({{text, both[0]}, {text + both[0], both[1]}});
    text += both[0] + both[1];
  }
  in.meta = {scratch.pairs.data(), head.meta_count};
  in.keys = {scratch.pairs.data() + head.meta_count, head.key_count};
  in.fields[text_field] = {reinterpret_cast<const char*>(at + parts.text), head.sizes[text_field]};
  if (head.sizes[doc_field] != 0)
    in.fields[doc_field] = {reinterpret_cast<const char*>(at + parts.doc), head.sizes[doc_field]};
  return in;
}

}  // namespace socle::cell
