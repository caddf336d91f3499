// reply.hpp: Reply, the answer of a call: one a handler gives, and one a call() brings back; the same type, so that a
// handler can pass an answer on as it is.
//
// HTTP shape (the gateway's mapping): meta "http.status", "etag", "location", "content-type", "cache-control",
// "retry-after", "http.header.NAME"; errors carry meta "code" (stable) and "message" and may carry, as text, a JSON
// array of {pointer, code, message, params}. The with_…() makers set these by name.
#pragma once

#include <socle/detail/payload.hpp>

#include <charconv>
#include <chrono>
#include <string>

namespace socle {

class Reply {
 public:
  Reply() = default;  // OK without a body
  Reply(Error error) : Reply(Reply::error(error.code, to_string(error.code), error.message)) {}
  Reply(Payload payload) : payload_(std::move(payload)) {}

  [[nodiscard]] static Reply json(std::string_view text) { return made(Payload::json(text)); }
  [[nodiscard]] static Reply text(std::string_view text) { return made(Payload::text(text)); }
  [[nodiscard]] static Reply other(std::string_view content_type, std::string_view bytes) {
    return made(Payload::make(bytes, Media::other, {{"content-type", content_type}}));
  }
  // `fields`: "" or a JSON array of {pointer, code, message, params}, one per wrong field.
  [[nodiscard]] static Reply error(Code code, std::string_view stable_code, std::string_view message,
                                   std::string_view fields = {}) {
    Reply out;
    out.status_ = detail::status(code);
    out.payload_ = Payload::make(fields, fields.empty() ? Media::none : Media::json,
                                 {{"code", stable_code}, {"message", message}});
    return out;
  }
  // Exported state of a plugin (Plugin::export_state).
  [[nodiscard]] static Reply state(std::uint32_t version, std::string_view bytes) {
    return made(Payload::make(bytes, Media::other, {{"state-version", std::to_string(version)}}));
  }
  // Takes over reply.payload.
  [[nodiscard]] static Reply adopt(const socle_reply& reply) {
    Reply out;
    out.status_ = reply.status;
    out.payload_ = Payload::adopt(reply.payload);
    return out;
  }

  // -- making one: each replaces what was set before -----------------------------------------------------------------
  Reply& with(std::string_view key, std::string_view value) & {
    extra_.set(key, value);
    return *this;
  }
  Reply&& with(std::string_view key, std::string_view value) && { return std::move(with(key, value)); }
  Reply&& with_status(int http_status) && { return std::move(with("http.status", std::to_string(http_status))); }
  Reply&& with_etag(std::string_view etag) && { return std::move(with("etag", etag)); }
  Reply&& with_location(std::string_view location) && { return std::move(with("location", location)); }
  Reply&& with_content_type(std::string_view type) && { return std::move(with("content-type", type)); }
  Reply&& with_cache_control(std::string_view value) && { return std::move(with("cache-control", value)); }
  Reply&& with_retry_after(std::chrono::seconds wait) && {
    return std::move(with("retry-after", std::to_string(wait.count())));
  }
  Reply&& with_header(std::string_view lower_case_name, std::string_view value) && {
    return std::move(with(std::string("http.header.").append(lower_case_name), value));
  }
  // This body is one chunk; the reader calls `next` ("service/N.method") again with `cursor` for the one after it. The
  // last chunk has no next. Nothing is held between chunks, so a swap in between loses nothing.
  Reply&& with_stream(std::string_view next, std::string_view cursor) && {
    with("stream.next", next);
    return std::move(with("stream.cursor", cursor));
  }

  // -- reading one ---------------------------------------------------------------------------------------------------
  [[nodiscard]] bool ok() const { return status_ == SOCLE_OK; }
  explicit operator bool() const { return ok(); }
  // REQUIRES: !ok()
  [[nodiscard]] Code code() const { return detail::code(status_); }
  [[nodiscard]] std::string_view text() const { return payload_.text(); }
  [[nodiscard]] std::string_view doc() const { return payload_.doc(); }
  [[nodiscard]] std::string_view meta(std::string_view key) const {
    const std::string_view own = extra_.get(key);
    return own.data() != nullptr ? own : payload_.meta(key);
  }
  // REQUIRES: !ok(). The stable code, e.g. "unique_conflict".
  [[nodiscard]] std::string_view error_code() const {
    const std::string_view stable = meta("code");
    return stable.empty() ? to_string(code()) : stable;
  }
  [[nodiscard]] std::string_view message() const { return meta("message"); }
  [[nodiscard]] Error error() const { return {code(), std::string(message())}; }
  // 0 when none was set, or no number.
  [[nodiscard]] int http_status() const {
    const std::string_view text = meta("http.status");
    int out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? out : 0;
  }
  [[nodiscard]] std::string_view stream_next() const { return meta("stream.next"); }
  [[nodiscard]] std::string_view stream_cursor() const { return meta("stream.cursor"); }
  [[nodiscard]] const Payload& payload() const { return payload_; }

  // What crosses the ABI; the caller owns *.payload.
  [[nodiscard]] socle_reply release() && {
    if (!extra_.empty()) merge();
    return {sizeof(socle_reply), status_, payload_.release()};
  }

 private:
  // A budget that refuses the body must not turn into an empty success.
  [[nodiscard]] static Reply made(Payload payload) {
    if (payload.empty()) return payload.refusal();
    return Reply(std::move(payload));
  }
  // The same text under the body's meta and ours.
  void merge() {
    Meta all;
    for (std::size_t i = 0; i < payload_.meta_count(); ++i)
      all.set(payload_.meta_at(i).first, payload_.meta_at(i).second);
    for (const socle_pair& pair : extra_.pairs()) all.set(detail::view(pair.key), detail::view(pair.value));
    payload_ = payload_.empty() ? Payload::make({}, Media::none, all)
                                : payload_.slice(0, payload_.text().size(), payload_.media(), all);
    if (payload_.refused() && status_ == SOCLE_OK) *this = payload_.refusal();
  }

  socle_status status_ = SOCLE_OK;
  Payload payload_;
  Meta extra_;
};

}  // namespace socle
