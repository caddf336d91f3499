// answer.cpp: Connection's steps from a call's reply, or the gateway's own verdict, to the last byte written.
#include "conditional.hpp"
#include "connection.hpp"
#include "problem.hpp"
#include "rate_headers.hpp"

#include <socle/json.hpp>

namespace socle::gateway {

namespace {

bool bodyless(unsigned status) { return status == 204 || status == 304; }

std::string_view content_type_of(const socle_payload* payload, const ReplyMeta& meta) {
  if (!meta.content_type.empty()) return meta.content_type;
  if (!payload) return {};
  switch (payload->media) {
    case SOCLE_MEDIA_JSON: return "application/json";
    case SOCLE_MEDIA_TEXT: return "text/plain; charset=utf-8";
    case SOCLE_MEDIA_OTHER: return "application/octet-stream";
    default: return {};
  }
}

}  // namespace

void Connection::on_reply(void* user, const socle_reply* reply) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.call_pending_ = false;
  if (self.state_ == State::gone) {
    const Payload dropped(self.host(), reply->payload);
    return self.worker_.give_back(std::move(self.exchange_));
  }
  self.answer(*reply);
  if (self.state_ == State::replying && self.exchange_->stream.active) return self.run_stream();
  if (!self.busy()) self.advance();
}

void Connection::answer(const socle_reply& reply) {
  Exchange& e = *exchange_;
  e.reply = Payload(host(), reply.payload);
  const ReplyMeta meta = read_reply_meta(e.reply.get());
  if (meta.bad_header) {
    const std::string text = "plugin '" + e.match.route->plugin + "' answered " + e.match.route->service + "." +
                             e.match.route->call + " with a header or http.status that must not be sent";
    host()->log(host(), SOCLE_LOG_ERROR, e.context.get(), str(text), nullptr, 0);
    e.reply.reset();
    return refuse({500, "bad_reply", "The service answered with a header that cannot be sent."});
  }
  if (reply.status == SOCLE_OK) {
    answer_ok(meta);
  } else {
    answer_error(reply.status, meta);
  }
}

void Connection::answer_ok(const ReplyMeta& meta) {
  Exchange& e = *exchange_;
  const socle_payload* p = e.reply.get();
  std::string_view text = p ? view(p->text) : std::string_view();
  if (p && !text.data() && p->doc.data) {
    json::append_text(e.reply_text, json::open(view(p->doc)));
    text = e.reply_text;
  }
  const bool reads = e.method == Method::get || e.method == Method::head;
  AnswerHead head;
  head.status = meta.http_status ? meta.http_status : 200;
  if (reads && head.status == 200 &&
      not_modified(e.head.value("if-none-match"), e.head.value("if-modified-since"), meta.etag, meta.last_modified,
                   worker_.utc_seconds())) {
    head.status = 304;
  }
  head.content_type = content_type_of(p, meta);
  head.reply = p;
  head.meta = &meta;
  if (bodyless(head.status)) {
    head.has_length = false;
    head.content_type = {};
    return send(head, {}, false);
  }
  if (!meta.stream_next.empty()) return begin_stream(meta, head.content_type);
  if (text.empty()) head.content_type = {};
  head.length = text.size();
  send(head, e.method == Method::head ? std::string_view() : text, false);
}

void Connection::answer_error(socle_status status, const ReplyMeta& meta) {
  Exchange& e = *exchange_;
  AnswerHead head;
  head.status = meta.http_status >= 400 ? meta.http_status : http_status_of(status);
  head.reply = e.reply.get();
  head.meta = &meta;
  if (head.status == 403 && !e.identity_refused) e.denied_as = meta.code.empty() ? code_of(status) : meta.code;
  const std::string_view text = e.reply ? view(e.reply->text) : std::string_view();
  std::string_view body = text;
  if (meta.content_type.empty()) {
    Problem problem;
    problem.status = head.status;
    problem.code = meta.code.empty() ? code_of(status) : meta.code;
    problem.detail = meta.message.empty() ? reason_of(head.status) : meta.message;
    problem.trace_id = e.trace_hex;
    if (!text.empty() && text.front() == '[') problem.errors = text;
    if (text.starts_with(R"({"errors":[)") && text.back() == '}') problem.members = text;
    write_problem(problem, worker_.config().problem_base, e.reply_text);
    body = e.reply_text;
    head.content_type = "application/problem+json";
  } else {
    head.content_type = meta.content_type;  // an error page of the service's own
  }
  head.length = body.size();
  send(head, e.method == Method::head ? std::string_view() : body, false);
}

// The gateway's own verdict. What is left of a request that was not understood is not read as another one.
void Connection::refuse(const Refusal& why, std::string_view errors) {
  Exchange& e = *exchange_;
  if (unread_body_) e.keep_alive = false;
  if (e.trace_hex.empty()) {  // refused before the head could be read
    read_trace(e.head, worker_.random(), e.trace);
    append_hex(e.trace_hex, e.trace.id.data(), e.trace.id.size());
    e.request_id = e.trace_hex;
  }
  if (why.status == 403) e.denied_as = why.code;
  Problem problem;
  problem.status = why.status;
  problem.code = why.code;
  std::string detail(why.detail);
  if (why.found.data()) detail.append("; found '").append(why.found).append("'.");
  problem.detail = detail;
  problem.trace_id = e.trace_hex;
  problem.errors = errors;
  write_problem(problem, worker_.config().problem_base, e.reply_text);
  AnswerHead head;
  head.status = why.status;
  head.content_type = "application/problem+json";
  head.length = e.reply_text.size();
  std::string allow;
  if (why.status == 405) allow = listener_->ops ? "GET, HEAD, OPTIONS" : allow_text(e.match.allow);
  head.allow = allow;
  ReplyMeta meta;
  meta.retry_after = why.retry_after;
  if (why.retry_after.data()) head.meta = &meta;
  worker_.count(0, true);
  send(head, e.method == Method::head ? std::string_view() : std::string_view(e.reply_text), false);
}

// There was no memory for this `what`. Right behind the host's NULL: it says no more than why the last one was.
void Connection::refuse_memory(const std::string& what) {
  const std::int64_t cap = host()->memory_refused(host());
  if (cap <= 0)
    return refuse(refusal_of(SOCLE_EXHAUSTED, "There is no memory left for this " + what + " in the tenant's budget."));
  refuse(refusal_of(SOCLE_TOO_LARGE,
                    "This " + what + " needs more memory than a request may hold at a time (" + std::to_string(cap) +
                        " bytes). Send less at once; a larger `memory` of the plan allows more, up to 256 MiB."));
}

void Connection::answer_options() {
  Exchange& e = *exchange_;
  if (unread_body_) e.keep_alive = false;
  AnswerHead head;
  head.status = 204;
  head.has_length = false;
  const std::string allow = listener_->ops ? "GET, HEAD, OPTIONS" : allow_text(e.target.asterisk ? ~0u : e.match.allow);
  head.allow = allow;
  send(head, {}, false);
}

void Connection::answer_text(unsigned status, std::string_view content_type, std::string_view text) {
  Exchange& e = *exchange_;
  if (unread_body_) e.keep_alive = false;
  AnswerHead head;
  head.status = status;
  head.content_type = content_type;
  head.length = text.size();
  send(head, e.method == Method::head ? std::string_view() : text, false);
}

// For load balancers and Prometheus: the process lives; it can serve; what it counts.
void Connection::answer_ops() {
  Exchange& e = *exchange_;
  const std::string_view path = e.target.path;
  const bool known = path == "/healthz" || path == "/readyz" || path == "/metrics";
  if (e.method == Method::options) return answer_options();
  if (!known) return refuse({404, "no_route", "This listener serves /healthz, /readyz and /metrics."});
  if (e.method != Method::get && e.method != Method::head) {
    return refuse({405, "method_not_allowed", "This method is not served at this path; see Allow."});
  }
  if (path == "/healthz") return answer_text(200, "application/json", "{\"status\":\"alive\"}");
  const bool metrics = path == "/metrics";
  e.reply = Payload(host(), host()->catalog(host(), str(metrics ? "metrics" : "health")));
  if (!e.reply) return refuse({503, "unavailable", "The kernel does not tell; grant the gateway permission catalog."});
  const std::string_view text = view(e.reply->text);
  if (metrics) return answer_text(200, "text/plain; version=0.0.4; charset=utf-8", text);
  auto health = json::Document::parse(text);
  const bool ready = health && health->root().find("status").as_string() == "ok";
  answer_text(ready ? 200 : 503, "application/json", text);
}

void Connection::send(const AnswerHead& head, std::string_view body, bool more) {
  Exchange& e = *exchange_;
  e.status = head.status;
  worker_.count(head.status, false);
  socle_rate rate{};
  rate.struct_size = sizeof rate;
  if (e.context && host()->rate(host(), e.context.get(), &rate) == 1) append_rate_headers(e.rate_lines, rate);
  write_answer_head(head, worker_.date_line(), e);
  e.writer.begin(e.out_head, body, head.chunked && more, more);
  state_ = State::replying;
  transfer_since_ = 0;
  deadline_ = never;
  if (tell_denial()) return;
  if (!more) e.context.reset();  // the request is over: its place is free before its client can know that
  flush();
}

// Writes what there is. False: the socket is full or the connection is over. True: finish() has made room for the next
// request, or a stream waits for its next piece.
bool Connection::flush() {
  struct iovec buffers[ResponseWriter::max_buffers];
  for (;;) {
    const int count = exchange_->writer.gather(buffers);
    if (count == 0) break;
    const auto moved = transport_.write(buffers, count);
    if (moved.io == Transport::Io::ok) {
      exchange_->writer.consume(moved.bytes);
      if (transfer_since_ != 0) slow_transfer_deadline(moved.bytes);
      continue;
    }
    if (moved.io == Transport::Io::want_write) {
      slow_transfer_deadline(0);
      wait_write();
      return false;
    }
    if (moved.io == Transport::Io::want_read) {  // TLS: its answer must come first
      slow_transfer_deadline(0);
      write_wants_read_ = true;
      wait_read();
      return false;
    }
    close();
    return false;
  }
  transfer_since_ = 0;
  deadline_ = never;
  if (exchange_->writer.done()) finish();
  return state_ != State::gone;
}

void Connection::finish() {
  const bool keep = exchange_->keep_alive && !unread_body_;
  worker_.give_back(std::move(exchange_));
  if (keep) return become_idle();
  if (unread_body_ || !in_.empty()) return linger();
  close();
}

}  // namespace socle::gateway
