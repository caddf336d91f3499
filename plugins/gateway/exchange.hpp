// exchange.hpp: one request and its answer, from the head's first line to the last byte written. Pooled per worker and
// lent to a connection while it serves a request, so that an idle connection costs only its own few fields. The head's
// bytes lie in the read buffer until own_head(), which must come before that buffer is touched again, and takes along
// every view into them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "catalog.hpp"
#include "chunk_decoder.hpp"
#include "head.hpp"
#include "host.hpp"
#include "params.hpp"
#include "response_writer.hpp"
#include "target.hpp"
#include "trace.hpp"

namespace socle::gateway {

inline constexpr std::string_view heartbeat_line = ":\n\n";  // an event stream's comment

// For whom a request acts. Views: into the listener, or into the answer of auth/1 that the exchange keeps.
struct Identity {
  std::string_view tenant;  // empty: nobody has said who they are
  std::string_view principal;
  std::string_view claims;
};

// What the sender of a stream has shown, to be judged again before each piece.
struct Proof {
  std::string authorization, cookie, access;
  [[nodiscard]] bool empty() const { return authorization.empty() && cookie.empty(); }
};

// A reply that comes in pieces: whom to ask for the next one, and where it left off.
struct Stream {
  bool active = false;
  bool events = false;  // text/event-stream
  bool pulling = false;
  bool chunked = false;
  std::uint32_t target = 0;
  std::uint32_t failures = 0;  // pulls in a row that must be repeated
  std::string service;
  std::string call;
  std::string cursor;
  std::string tenant;
  std::string principal;
  std::string claims;
  Proof proof;
};

struct Exchange {
  Head head;
  std::string head_copy;
  Method method = Method::other;
  Target target;
  Match match;
  Params params;
  Trace trace;
  std::string trace_hex;
  std::string request_id;
  std::string_view idempotency_key;
  std::shared_ptr<const Catalog> catalog;  // keeps the route alive

  Payload identity_reply;  // of auth/1
  Identity identity;
  bool identity_refused = false;  // by auth/1
  Context context;
  Payload payload;             // the request's
  char* body_bytes = nullptr;  // where the rest of a body with Content-Length goes
  std::size_t body_size = 0;   // bytes of the body so far
  std::size_t body_limit = 0;
  ChunkDecoder chunks;
  char* chunk_bytes = nullptr;  // where a body in chunks is gathered, and how much fits
  std::size_t body_room = 0;
  std::int64_t waits_since = 0;  // known for whom, and waiting for that tenant's turn; 0: not
  std::int64_t waited = 0;       // for it, ns

  Payload reply;
  std::string reply_text;  // a body of the gateway's own: problem, health, doc turned into text
  std::string out_head;
  std::string rate_lines;  // header lines of a tenant with a request rate
  ResponseWriter writer;
  Stream stream;
  bool keep_alive = true;
  unsigned status = 0;
  std::string denied_as;  // the code of a 403 that the audit trail has not been told of

  void own_head();
  void clear();
};

// Media type of the request's body as abi.h counts them.
[[nodiscard]] std::uint32_t media_of(std::string_view content_type, bool has_body);

// The meta of a request's payload. Pairs and the text made for them live until the next build() of this object; one a
// worker.
class RequestMeta {
 public:
  // `listener`: whose connection it came on, `peer`: from where.
  void build(const Exchange& exchange, const Listener& listener, std::string_view peer);
  [[nodiscard]] const std::vector<socle_pair>& pairs() const { return pairs_; }

 private:
  void header(const Head& head, std::uint32_t index, std::string_view key);
  [[nodiscard]] std::string& store();
  void add(std::string_view key, std::string_view value) { pairs_.push_back({str(key), str(value)}); }

  std::vector<socle_pair> pairs_;
  std::deque<std::string> stored_;
  std::size_t used_ = 0;
};

// What a reply's meta asks of the gateway. Views live as long as the payload.
struct ReplyMeta {
  unsigned http_status = 0;
  std::string_view content_type, etag, location, cache_control, retry_after, last_modified;
  std::string_view code, message, stream_next, stream_cursor;
  bool bad_header = false;  // a name or value that must not reach the wire
};
[[nodiscard]] ReplyMeta read_reply_meta(const socle_payload* payload);

// The head of an answer, as text. `date` is "Date: …" with its line end.
struct AnswerHead {
  unsigned status = 200;
  std::string_view content_type;
  std::string_view allow;
  bool chunked = false;
  bool has_length = true;  // false: no body may follow, or it ends with the connection
  std::size_t length = 0;
  const socle_payload* reply = nullptr;  // whose headers go along
  const ReplyMeta* meta = nullptr;
};
void write_answer_head(const AnswerHead& answer, std::string_view date, Exchange& exchange);

}  // namespace socle::gateway
