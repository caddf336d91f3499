// connection.hpp: one accepted connection: a state machine over readiness events, from the TLS handshake to the last
// byte, serving one request at a time in the order of arrival. Its parts: connection.cpp moves bytes, request.cpp takes
// a request from head to call, body.cpp reads what follows the head, answer.cpp brings the answer out, stream.cpp
// serves replies that come in pieces and hands the connection to the next generation.
//
//   handshake ─▶ idle ─▶ head ─▶ body ─▶ calling ─▶ replying ─▶ idle …        lingering ─▶ gone
//                 ▲───────────── keep-alive ──────────────┘   └─ refused ────────▲
//
// Between head and body it is `calling` as well while auth/1 says for whom it is, and while its tenant waits for a
// turn. Everything runs on the connection's worker. The object deletes itself: once `gone` and when no host callback
// can reach it any more (holds_ == 0). A request that is answered at once costs one read and one gather write; no timer
// is armed, as the worker's sweep compares deadline_.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "exchange.hpp"
#include "head_scan.hpp"
#include "transport.hpp"
#include "worker.hpp"

namespace socle::gateway {

class Connection {
 public:
  static void adopt(Worker& worker, const socle_connection& connection);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void drain();                  // the worker drains: go to the next generation as soon as nothing is half done
  void sweep(std::int64_t now);  // cut what has passed its deadline
  void set_slot(std::size_t slot) { slot_ = slot; }
  [[nodiscard]] std::size_t slot() const { return slot_; }

 private:
  enum class State : std::uint8_t { handshake, idle, head, body, calling, replying, lingering, gone };
  static constexpr std::size_t max_ahead = 64 * 1024;   // bytes of later requests kept while one is served
  static constexpr std::size_t max_waiting = 4 * 1024;  // and while one waits for its tenant's turn
  static constexpr int max_inline = 32;                 // pieces of a stream sent before others get their turn
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  // Keeps the object alive while its own code runs, and deletes it afterwards when it is over.
  class Guard;

  Connection(Worker& worker, const socle_connection& connection, std::shared_ptr<const Listener> listener, ssl_st* ssl);
  [[nodiscard]] const socle_host* host() const { return worker_.host(); }
  [[nodiscard]] bool busy() const { return state_ == State::calling || state_ == State::replying; }
  [[nodiscard]] const Limits& limits() const { return listener_->limits; }

  // -- connection.cpp: bytes
  static void on_read_ready(void* user, socle_status status);
  static void on_write_ready(void* user, socle_status status);
  static void on_turn(void* user, socle_status status);
  static void on_handshake(void* user, socle_status status);
  void start(std::string_view buffered);
  void wait_read();
  void wait_write();
  [[nodiscard]] bool handshake();
  [[nodiscard]] bool handshake_went(Transport::Io how);
  void yield_turn();
  [[nodiscard]] bool admitted();
  void read_on();
  void write_on();
  void take(std::string_view bytes);
  [[nodiscard]] std::optional<std::size_t> empty_line(std::string_view rest);
  [[nodiscard]] std::size_t process(std::string_view bytes);
  void serve_buffered();
  void advance();

  // -- ending.cpp: deadlines and ends
  void peer_closed();
  void become_idle();
  void slow_transfer_deadline(std::size_t moved);
  void linger();
  void close();

  // -- request.cpp: from head to call
  [[nodiscard]] std::size_t begin(std::string_view head, std::string_view after);
  [[nodiscard]] Refusal prepare();
  [[nodiscard]] Refusal find_route();
  void charge(std::string_view tenant);
  [[nodiscard]] bool its_turn(bool running);
  void turn_came();
  [[nodiscard]] std::int64_t time_for() const;
  [[nodiscard]] std::size_t skip_body(std::string_view after);
  void go_on(std::string bytes, std::size_t used);
  [[nodiscard]] std::size_t proceed(std::string_view after);
  [[nodiscard]] Refusal check_request();
  [[nodiscard]] Refusal check_content();
  void call();
  bool open_context(const Identity& identity, std::int64_t deadline, bool continues);
  [[nodiscard]] std::string lane(std::string_view tenant, std::string_view principal) const;

  // -- body.cpp: a request's body
  [[nodiscard]] std::size_t plan_body_limit() const;
  [[nodiscard]] Payload body_payload(std::size_t size, char*& bytes);
  [[nodiscard]] std::size_t begin_body(std::string_view after);
  bool read_body();
  [[nodiscard]] std::size_t decode_chunks(std::string_view bytes);
  [[nodiscard]] bool keep(std::string_view piece);
  void fit();
  void send_continue();

  // -- identify.cpp: for whom
  enum class Identified : std::uint8_t { yes, refused, waits };
  [[nodiscard]] Identified identify();
  [[nodiscard]] socle_status ask_auth(std::uint32_t target, const std::vector<socle_pair>& shown, socle_reply& reply,
                                      socle_reply_fn done);
  [[nodiscard]] bool take_identity(const socle_reply& reply);
  [[nodiscard]] Refusal judge_identity() const;
  void refuse_identity(socle_status status);
  [[nodiscard]] Proof proof() const;
  [[nodiscard]] std::string edge_tenant() const { return "~peer/" + peer_; }
  static void on_identity(void* user, const socle_reply* reply);

  // -- answer.cpp: from reply to wire
  static void on_reply(void* user, const socle_reply* reply);
  void answer(const socle_reply& reply);
  void answer_ok(const ReplyMeta& meta);
  void answer_error(socle_status status, const ReplyMeta& meta);
  void answer_options();
  void answer_ops();
  void answer_text(unsigned status, std::string_view content_type, std::string_view text);
  // False: this is not for a person who reads pages; nothing is answered yet.
  bool send_to_sign_in(std::string_view code);
  void refuse(const Refusal& why, std::string_view errors = {});
  void refuse_memory(const std::string& what);
  void send(const AnswerHead& head, std::string_view body, bool more);
  bool flush();
  void finish();

  // -- denial.cpp: what is denied is told to the audit trail first
  [[nodiscard]] bool tell_denial();
  void recorded(const socle_reply& reply);
  static void on_recorded(void* user, const socle_reply* reply);

  // -- stream.cpp: replies in pieces, hand-over
  static void on_piece(void* user, const socle_reply* reply);
  void begin_stream(const ReplyMeta& meta, std::string_view content_type);
  void run_stream();
  bool pull();
  [[nodiscard]] bool ask_piece();
  [[nodiscard]] bool take_proof(const socle_reply& reply);
  static void on_proof(void* user, const socle_reply* reply);
  bool take_piece(const socle_reply& reply);
  void abort_stream();
  bool follow(std::string_view next, std::string_view cursor);
  void resume_stream(std::string_view buffered);
  void hand_over();

  Worker& worker_;
  std::shared_ptr<const Listener> listener_;
  Transport transport_;
  std::uint64_t id_;
  std::uint64_t watch_ = 0;
  std::string peer_;
  std::string charged_;  // the tenant that pays for this connection's work; empty: its peer's edge tenant
  std::string in_;       // bytes read and not used yet
  HeadScanner scanner_;
  std::unique_ptr<Exchange> exchange_;
  std::int64_t deadline_ = never;
  std::int64_t transfer_since_ = 0;  // a body or a stalled reply is moving since then; 0: none
  std::size_t transferred_ = 0;
  std::size_t slot_ = 0;
  std::uint32_t holds_ = 0;
  State state_ = State::idle;
  Transport::Io handshake_step_ = Transport::Io::ok;  // how the offloaded one went
  bool handshake_away_ = false;                       // a step runs on the offload pool: the transport is its own
  bool read_wait_ = false;
  bool held_back_ = false;  // the socket may hold more than was read
  bool write_wait_ = false;
  bool turn_wait_ = false;
  bool call_pending_ = false;
  bool write_wants_read_ = false;  // TLS
  bool peer_ended_ = false;        // it sends no more, and may still read
  bool line_ignored_ = false;      // an empty one, before the next request
  bool unread_body_ = false;       // the client may still be sending what nobody will read
};

class Connection::Guard {
 public:
  explicit Guard(Connection& c) : c_(c) { ++c_.holds_; }
  ~Guard() {
    // The analyzer takes a nested guard for the last one. NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete)
    if (--c_.holds_ == 0 && c_.state_ == State::gone) delete &c_;
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Connection& c_;
};

}  // namespace socle::gateway
