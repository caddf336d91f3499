// payload.hpp: Payload, one counted reference to a host-allocated message body: text, flat document and meta.
//
// A body is immutable once handed on. Counts are plain until share(), which must be called before a body leaves the
// worker it was made on (offload work, post to another worker). Making one can fail only by a memory budget: the
// Payload is then empty() and refused(), and Reply's makers, Host::call and Host::publish answer with its refusal().
#pragma once

#include <socle/detail/meta.hpp>
#include <socle/detail/refusal.hpp>

#include <cstring>
#include <utility>

namespace socle {

enum class Media : std::uint32_t {
  none = SOCLE_MEDIA_NONE,
  json = SOCLE_MEDIA_JSON,
  text = SOCLE_MEDIA_TEXT,
  other = SOCLE_MEDIA_OTHER,  // meta "content-type" names it
};

class Payload {
 public:
  Payload() = default;
  Payload(const Payload& other) : raw_(other.raw_), refused_(other.refused_) {
    if (raw_ != nullptr) detail::host_table->payload_retain(detail::host_table, raw_);
  }
  Payload(Payload&& other) noexcept
      : raw_(std::exchange(other.raw_, nullptr)), refused_(std::exchange(other.refused_, granted)) {}
  Payload& operator=(Payload other) noexcept {
    std::swap(raw_, other.raw_);
    std::swap(refused_, other.refused_);
    return *this;
  }
  ~Payload() {
    if (raw_ != nullptr) detail::host_table->payload_release(detail::host_table, raw_);
  }

  // Takes over one reference.
  [[nodiscard]] static Payload adopt(socle_payload* raw) {
    Payload out;
    out.raw_ = raw;
    return out;
  }
  // As adopt(), of what was asked to be made: nullptr is a refusal.
  [[nodiscard]] static Payload adopt_made(socle_payload* raw) {
    Payload out = adopt(raw);
    if (raw == nullptr) out.refused_ = detail::why_refused();
    return out;
  }
  // Adds a reference to a borrowed one.
  [[nodiscard]] static Payload keep(socle_payload* raw) {
    if (raw != nullptr) detail::host_table->payload_retain(detail::host_table, raw);
    return adopt(raw);
  }

  [[nodiscard]] static Payload json(std::string_view text, const Meta& meta = {}) {
    return make(text, Media::json, meta);
  }
  [[nodiscard]] static Payload text(std::string_view text, const Meta& meta = {}) {
    return make(text, Media::text, meta);
  }
  [[nodiscard]] static Payload make(std::string_view text, Media media, const Meta& meta = {}) {
    const auto pairs = meta.pairs();
    return adopt_made(detail::host_table->payload_new(detail::host_table, detail::str(text),
                                                      static_cast<std::uint32_t>(media), pairs.data(), pairs.size()));
  }
  // Bytes [offset, offset + size) of this body's text under other meta; this body is kept alive, nothing is copied.
  // REQUIRES: the range lies in text().
  [[nodiscard]] Payload slice(std::size_t offset, std::size_t size, Media media, const Meta& meta = {}) const {
    const auto pairs = meta.pairs();
    return adopt_made(detail::host_table->payload_slice(detail::host_table, raw_, offset, size,
                                                        static_cast<std::uint32_t>(media), pairs.data(), pairs.size()));
  }

  [[nodiscard]] bool empty() const { return raw_ == nullptr; }
  // empty() because a memory budget had no room for it: to go on without it would say something else.
  [[nodiscard]] bool refused() const { return refused_ != granted; }
  // REQUIRES: refused(). Code::too_large: one request may not hold so much at a time; Code::exhausted: its tenant's
  // memory is used up.
  [[nodiscard]] Error refusal() const { return memory_error(refused_); }
  [[nodiscard]] std::string_view text() const {
    return raw_ == nullptr ? std::string_view{} : detail::view(raw_->text);
  }
  // The flat document's bytes (socle/json reads them), or nothing when nobody has parsed the text yet.
  [[nodiscard]] std::string_view doc() const { return raw_ == nullptr ? std::string_view{} : detail::view(raw_->doc); }
  [[nodiscard]] Media media() const { return raw_ == nullptr ? Media::none : static_cast<Media>(raw_->media); }
  // The value, or an empty view whose data() is nullptr when the key is absent.
  [[nodiscard]] std::string_view meta(std::string_view key) const {
    return raw_ == nullptr ? std::string_view{} : detail::find(raw_->meta, raw_->meta_count, key);
  }
  [[nodiscard]] std::size_t meta_count() const { return raw_ == nullptr ? 0 : raw_->meta_count; }
  [[nodiscard]] std::pair<std::string_view, std::string_view> meta_at(std::size_t i) const {
    return {detail::view(raw_->meta[i].key), detail::view(raw_->meta[i].value)};
  }

  // Puts a copy of a flat document of the same text beside it, so that nobody parses it again.
  void set_doc(std::string_view doc) const {
    detail::host_table->payload_set_doc(detail::host_table, raw_, detail::str(doc));
  }
  void share() const {
    if (raw_ != nullptr) detail::host_table->payload_share(detail::host_table, raw_);
  }

  [[nodiscard]] socle_payload* raw() const { return raw_; }
  [[nodiscard]] socle_payload* release() { return std::exchange(raw_, nullptr); }

 private:
  static constexpr std::int64_t granted = -1;
  socle_payload* raw_ = nullptr;
  std::int64_t refused_ = granted;  // else as memory_error() has it
};

// A body that is written in place: no second copy. Hand it on with seal(), which cuts it to what was used.
class PayloadWriter {
 public:
  PayloadWriter(std::size_t capacity, Media media, const Meta& meta = {}) : capacity_(capacity) {
    const auto pairs = meta.pairs();
    payload_ = Payload::adopt_made(detail::host_table->payload_alloc(
        detail::host_table, capacity, static_cast<std::uint32_t>(media), pairs.data(), pairs.size(), &bytes_));
  }
  // False when a memory budget refused it; then nothing but refusal() may be called.
  explicit operator bool() const { return !payload_.empty(); }
  [[nodiscard]] Error refusal() const { return payload_.refusal(); }  // REQUIRES: refused
  [[nodiscard]] char* data() const { return bytes_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  // REQUIRES: size <= capacity()
  [[nodiscard]] Payload seal(std::size_t size) && {
    detail::host_table->payload_seal(detail::host_table, payload_.raw(), size);
    return std::move(payload_);
  }

 private:
  Payload payload_;
  std::size_t capacity_;
  char* bytes_ = nullptr;
};

}  // namespace socle
