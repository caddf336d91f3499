// request.hpp: Request, a view of one call: what it carries and for whom. Cheap to copy; good until the call is
// answered, which is after the handler's coroutine frame is gone, so a handler may keep it in its frame but nowhere
// else.
//
// HTTP shape (the gateway's mapping): text() is the body; declared path and query parameters come under their own name;
// "http.method", "http.path" and "http.header.NAME" (lower case) as the route declares.
#pragma once

#include <socle/detail/context.hpp>
#include <socle/detail/payload.hpp>
#include <socle/detail/share.hpp>

#include <optional>
#include <string>

namespace socle {

class Request {
 public:
  Request(const socle_context* context, socle_payload* payload) : context_(context), payload_(payload) {}

  [[nodiscard]] Context context() const { return Context(context_); }
  operator Context() const { return Context(context_); }
  [[nodiscard]] std::string_view tenant() const { return context().tenant(); }
  [[nodiscard]] std::string_view principal() const { return context().principal(); }

  [[nodiscard]] std::string_view text() const { return detail::view(payload_->text); }
  [[nodiscard]] std::string_view doc() const { return detail::view(payload_->doc); }
  [[nodiscard]] Media media() const { return static_cast<Media>(payload_->media); }
  [[nodiscard]] std::string_view meta(std::string_view key) const {
    return detail::find(payload_->meta, payload_->meta_count, key);
  }
  // Puts a copy of the flat document of text() beside it, for everybody who reads this body after us.
  void set_doc(std::string_view doc) const {
    detail::host_table->payload_set_doc(detail::host_table, payload_, detail::str(doc));
  }

  // A declared path or query parameter; empty when absent.
  [[nodiscard]] std::string_view param(std::string_view name) const { return meta(name); }
  [[nodiscard]] bool has_param(std::string_view name) const { return meta(name).data() != nullptr; }
  [[nodiscard]] std::string_view http_method() const { return meta("http.method"); }
  [[nodiscard]] std::string_view http_path() const { return meta("http.path"); }
  // `name` in lower case.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    std::string key("http.header.");
    return meta(key.append(name));
  }
  // Where to go on in a streamed answer (see Reply::with_stream); empty on the first call.
  [[nodiscard]] std::string_view stream_cursor() const { return meta("stream.cursor"); }

  // Memory for the time until this call is answered; see Arena.
  [[nodiscard]] Arena arena() const { return Arena(context()); }

  // A reference of its own to the body: may be passed on in a call or kept beyond the answer.
  [[nodiscard]] Payload payload() const { return Payload::keep(payload_); }

 private:
  const socle_context* context_;
  socle_payload* payload_;
};

}  // namespace socle
