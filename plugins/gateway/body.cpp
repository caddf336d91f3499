// body.cpp: Connection's reading of a request's body, into the payload that the call will take: one of known length
// goes where it belongs as it arrives, one in chunks into a payload that grows. Both are memory of the tenant that the
// request is for from the first byte.
#include <algorithm>
#include <cstring>
#include <limits>

#include "connection.hpp"
#include "problem.hpp"

namespace socle::gateway {

namespace {

constexpr std::size_t first_room = 4096;  // of a body in chunks

}  // namespace

// The plan's payload.bytes. Asked in a context of its own: the request's begins, with its deadline, when its body is
// here.
std::size_t Connection::plan_body_limit() const {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  const Identity& identity = exchange_->identity;
  if (identity.tenant.empty()) return none;
  socle_root root{};
  root.struct_size = sizeof root;
  root.tenant = str(identity.tenant);
  root.principal = str(identity.principal);
  root.deadline = never;
  const Context context(host(), host()->context_open(host(), &root));
  if (!context) return none;
  const double bytes = host()->limit(host(), context.get(), str("payload.bytes"));
  return bytes < 1e15 ? static_cast<std::size_t>(bytes) : none;
}

Payload Connection::body_payload(std::size_t size, char*& bytes) {
  const Exchange& e = *exchange_;
  worker_.request_meta().build(e, *listener_, peer_);
  const auto& pairs = worker_.request_meta().pairs();
  const std::uint32_t media = media_of(e.head.value("content-type"), true);
  return {host(), host()->payload_alloc(host(), size, media, pairs.data(), pairs.size(), &bytes)};
}

std::size_t Connection::begin_body(std::string_view after) {
  Exchange& e = *exchange_;
  const Framing& framing = e.head.framing;
  transfer_since_ = 0;
  if (framing.chunked) {
    state_ = State::body;
    slow_transfer_deadline(0);
    if (framing.expect_continue && after.empty()) send_continue();
    return 0;  // process() goes on with decode_chunks()
  }
  const auto length = static_cast<std::size_t>(framing.length);
  char* bytes = nullptr;
  e.payload = body_payload(length, bytes);
  const std::size_t here = std::min(length, after.size());
  if (!e.payload) {
    unread_body_ = here < length;
    refuse_memory("body");
    return here;
  }
  std::memcpy(bytes, after.data(), here);
  if (here == length) {
    call();
    return length;
  }
  e.own_head();
  e.body_bytes = bytes;
  e.body_size = here;
  state_ = State::body;
  slow_transfer_deadline(here);
  if (framing.expect_continue && here == 0) send_continue();
  return here;
}

// The rest of a body with Content-Length, straight into the request's payload. False: wait, or it is over.
bool Connection::read_body() {
  Exchange& e = *exchange_;
  const auto length = static_cast<std::size_t>(e.head.framing.length);
  const auto moved = transport_.read(e.body_bytes + e.body_size, length - e.body_size);
  switch (moved.io) {
    case Transport::Io::want_read: wait_read(); return false;
    case Transport::Io::want_write: wait_write(); return false;
    case Transport::Io::closed:
    case Transport::Io::failed: close(); return false;
    case Transport::Io::ok: break;
  }
  e.body_size += moved.bytes;
  slow_transfer_deadline(moved.bytes);
  if (e.body_size < length) return true;
  e.body_bytes = nullptr;
  call();
  return state_ != State::gone;
}

std::size_t Connection::decode_chunks(std::string_view bytes) {
  Exchange& e = *exchange_;
  std::size_t used = 0;
  std::string& piece = worker_.piece();
  piece.clear();
  const auto outcome = e.chunks.feed(bytes, e.body_limit, piece, used);
  if (outcome == ChunkDecoder::Outcome::refused) {
    unread_body_ = true;
    refuse(e.chunks.refusal());
    return bytes.size();
  }
  if (!keep(piece)) {
    unread_body_ = outcome != ChunkDecoder::Outcome::complete;
    refuse_memory("body");
    return unread_body_ ? bytes.size() : used;
  }
  if (outcome == ChunkDecoder::Outcome::more) {
    slow_transfer_deadline(used);
    return used;
  }
  if (e.payload) {
    fit();
  } else {
    worker_.request_meta().build(e, *listener_, peer_);
    const auto& pairs = worker_.request_meta().pairs();
    e.payload =
        Payload(host(), host()->payload_new(host(), {nullptr, 0}, SOCLE_MEDIA_NONE, pairs.data(), pairs.size()));
  }
  call();
  return used;
}

// Adds a piece to a body in chunks; its payload doubles when it is full, if the tenant's memory allows that. False:
// there is not even room for the piece.
bool Connection::keep(std::string_view piece) {
  Exchange& e = *exchange_;
  if (piece.empty()) return true;
  const std::size_t size = e.body_size + piece.size();
  if (size > e.body_room) {
    char* bytes = nullptr;
    std::size_t room = std::max({first_room, size, std::min(2 * e.body_room, e.body_limit)});
    Payload larger = body_payload(room, bytes);
    if (!larger && room > size) larger = body_payload(room = size, bytes);
    if (!larger) return false;
    if (e.body_size > 0) std::memcpy(bytes, e.payload->text.data, e.body_size);
    e.payload = std::move(larger);
    e.body_room = room;
    e.chunk_bytes = bytes;
  }
  std::memcpy(e.chunk_bytes + e.body_size, piece.data(), piece.size());
  e.body_size = size;
  return true;
}

// A body in chunks is complete: what its call holds is charged for as long as that lasts, so not much more than it is.
void Connection::fit() {
  Exchange& e = *exchange_;
  if (e.body_room > e.body_size + e.body_size / 4) {
    char* bytes = nullptr;
    if (Payload exact = body_payload(e.body_size, bytes)) {
      std::memcpy(bytes, e.chunk_bytes, e.body_size);
      e.payload = std::move(exact);
      return;
    }
  }
  host()->payload_seal(host(), e.payload.get(), e.body_size);
}

// Nothing of an earlier answer is waiting to be written, as requests are served one by one, so that these few bytes fit
// into any socket buffer; a connection whose buffer cannot take them is broken.
void Connection::send_continue() {
  static constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  const struct iovec buffer { const_cast<char*>(text.data()), text.size() };
  const auto moved = transport_.write(&buffer, 1);
  if (moved.io != Transport::Io::ok || moved.bytes != text.size()) close();
}

}  // namespace socle::gateway
