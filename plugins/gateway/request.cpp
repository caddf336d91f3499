// request.cpp: Connection's steps from a complete head to the call: two parsers must agree on the head, the target
// finds its route, somebody is found to act for (identify.cpp), who pays from here on; parameters and content are
// checked, the body is read (body.cpp), the call is made.
#include <algorithm>
#include <utility>

#include "connection.hpp"
#include "problem.hpp"

namespace socle::gateway {

namespace {

constexpr std::string_view anonymous = "anonymous";
constexpr Refusal late{503,
                       "deadline_unreachable",
                       "The time for this request was over before its tenant's turn came; retry later.",
                       {},
                       "1"};

std::string faults_json(const std::vector<ParamFault>& faults) {
  std::string out = "[";
  for (const ParamFault& f : faults) {
    out.append(out.size() > 1 ? ",{\"pointer\":" : "{\"pointer\":");
    append_json_string(out, f.pointer);
    out.append(",\"code\":");
    append_json_string(out, f.code);
    out.append(",\"message\":");
    append_json_string(out, f.message);
    out.push_back('}');
  }
  return out + "]";
}

}  // namespace

// Takes a head and as much of its body as `after` holds; says how many bytes of both were used.
std::size_t Connection::begin(std::string_view head, std::string_view after) {
  exchange_ = worker_.lend();
  Exchange& e = *exchange_;
  const Framing framing = scanner_.framing();
  scanner_.reset();
  line_ignored_ = false;
  state_ = State::calling;
  deadline_ = never;
  // A chunked body is turned into a payload at its end, so its head must outlive the read buffer.
  std::string_view bytes = head;
  if (framing.chunked) {
    e.head_copy.assign(head);
    bytes = e.head_copy;
  }
  const bool agreed = parse_head(bytes, framing, e.head);
  e.keep_alive = agreed && framing.keep_alive;
  const std::size_t early = head.size() + skip_body(after);
  if (!agreed) {
    unread_body_ = true;
    refuse(bad_request("bad_head", "The head is malformed."));
    return head.size();
  }
  if (const Refusal why = prepare()) {
    refuse(why);
    return early;
  }
  if (state_ != State::calling || e.status != 0) return early;  // answered by the gateway itself
  switch (identify()) {
    case Identified::refused: return early;
    case Identified::waits: return head.size();  // what follows waits in in_ for on_identity()
    case Identified::yes: break;
  }
  if (!its_turn(charged_ == e.identity.tenant)) return head.size();  // and here for on_turn()
  return head.size() + proceed(after);
}

// The host is told each time: under the same name there may be another tenant by now.
void Connection::charge(std::string_view tenant) {
  if (charged_ != tenant) charged_.assign(tenant);
  host()->connection_charge(host(), id_, str(charged_));
}

// From here on the request is work of the tenant it acts for, in that tenant's turn and out of its memory: also the
// first one of a connection, whose head was read at the cost of its address. `running`: the turn is that tenant's
// already. False: others have it; the head's bytes are the exchange's own now, what follows it waits in in_ and in the
// socket.
bool Connection::its_turn(bool running) {
  Exchange& e = *exchange_;
  charge(e.identity.tenant);
  if (running) return true;
  if (admitted()) return true;
  e.own_head();
  e.waits_since = worker_.now();
  return false;
}

std::int64_t Connection::time_for() const {
  const Route& route = *exchange_->match.route;
  return route.timeout_for > 0 ? route.timeout_for : limits().deadline;
}

// The turn has come that its_turn() found others had. What came too late for it is not begun.
void Connection::turn_came() {
  Exchange& e = *exchange_;
  e.waited = worker_.now() - std::exchange(e.waits_since, 0);
  std::string bytes = std::exchange(in_, {});
  std::size_t used = 0;
  if (e.waited < time_for()) {
    used = proceed(bytes);
  } else {
    used = skip_body(bytes);
    refuse(late);  // may end the exchange
  }
  go_on(std::move(bytes), used);
}

// Before an answer that comes instead of reading the body: how many bytes of `after` are the body's, if it is here in
// full; else it stays unread.
std::size_t Connection::skip_body(std::string_view after) {
  const Framing& framing = exchange_->head.framing;
  const bool whole = !framing.chunked && framing.length <= after.size();
  unread_body_ = framing.has_body() && !whole;
  return whole ? static_cast<std::size_t>(framing.length) : 0;
}

// Behind a request that had to wait before its body was looked at: `used` of the bytes that followed its head were its
// own. They are not in in_ meanwhile, where an answer that ends the connection would take them for unread.
void Connection::go_on(std::string bytes, std::size_t used) {
  if (state_ == State::gone || state_ == State::lingering) return;
  bytes.erase(0, std::min(used, bytes.size()));
  in_ = std::move(bytes);
  if (state_ == State::replying && exchange_->stream.active) return run_stream();
  if (!busy()) advance();
}

// Everything behind the head, in the turn of the one it is for: the body as far as `after` holds it, or the call. Says
// how many bytes of `after` were used.
std::size_t Connection::proceed(std::string_view after) {
  Exchange& e = *exchange_;
  if (const Refusal why = check_request()) {
    const std::size_t skipped = skip_body(after);
    refuse(why, e.params.faults().empty() ? std::string() : faults_json(e.params.faults()));  // may end the exchange
    return skipped;
  }
  unread_body_ = false;
  if (e.head.framing.has_body()) return begin_body(after);
  call();
  return 0;
}

// Everything that can be known before it is known for whom. Answers OPTIONS and the ops listener itself.
Refusal Connection::prepare() {
  Exchange& e = *exchange_;
  read_trace(e.head, worker_.random(), e.trace);
  append_hex(e.trace_hex, e.trace.id.data(), e.trace.id.size());
  const std::string_view id = e.head.value("x-request-id");
  e.request_id = valid_request_id(id) ? std::string_view(id) : std::string_view(e.trace_hex);
  e.catalog = worker_.catalog();

  if (const Refusal why = find_route()) return why;
  if (listener_->ops) {
    answer_ops();
    return {};
  }
  if (e.target.asterisk) {
    answer_options();
    return {};
  }
  if (!e.match.known_path) return {404, "no_route", "Nothing is served at this path."};
  if (e.method == Method::options) {
    answer_options();
    return {};
  }
  if (!e.match.route) return {405, "method_not_allowed", "This method is not served at this path; see Allow."};
  return {};
}

// The parts of the exchange that are views into the head's bytes: made again when these have moved.
Refusal Connection::find_route() {
  Exchange& e = *exchange_;
  e.method = method_of(e.head.method_text());
  if (e.method == Method::other) return {501, "unknown_method", "This method is not served here."};
  e.target = Target();
  if (const Refusal why = parse_target(e.method, e.head.target_text(), e.target)) return why;
  if (!listener_->ops && !e.target.asterisk) e.match = e.catalog->routes.find(e.method, e.target.path);
  return {};
}

Refusal Connection::check_request() {
  Exchange& e = *exchange_;
  if (e.match.route->resolved != SOCLE_OK) {
    return refusal_of(SOCLE_UNAVAILABLE, "The service behind this route cannot be called by the gateway.");
  }
  if (const Refusal why = check_content()) return why;
  e.params.read(e.match, e.target.query);
  if (!e.params.faults().empty()) {
    return {e.params.status(), "invalid_parameter", "Some parameters are not as this route declares them; see errors."};
  }
  return {};
}

Refusal Connection::check_content() {
  Exchange& e = *exchange_;
  const Route& route = *e.match.route;
  e.body_limit = route.body_limit.value_or(limits().body);
  e.idempotency_key = e.head.value("idempotency-key");
  if (e.idempotency_key.data() &&
      (e.idempotency_key.empty() || e.idempotency_key.size() > 255 || !ascii::all(e.idempotency_key, ascii::visible))) {
    return bad_request("bad_idempotency_key", "Idempotency-Key must be 1 to 255 visible ASCII characters.");
  }
  const Framing& framing = e.head.framing;
  if (framing.has_body()) e.body_limit = std::min(e.body_limit, plan_body_limit());
  if (framing.length > e.body_limit)
    return {413, "body_too_large", "The body is larger than this route or the tenant's plan accepts."};
  if (!framing.has_body()) return {};
  if (const Refusal why = unsuited(route, e.head.value("content-type"))) return why;
  if (const std::string_view coding = e.head.value("content-encoding");
      !coding.empty() && !ascii::same(coding, "identity")) {
    return {415, "unsupported_content_encoding", "Bodies must not be compressed; send them without Content-Encoding."};
  }
  return {};
}

// Canary lane: the caller if known, else its address; see Config::lane_by_connection.
std::string Connection::lane(std::string_view tenant, std::string_view principal) const {
  if (worker_.config().lane_by_connection) return peer_ + "#" + std::to_string(id_);
  const bool stands_for_many =
      principal == anonymous || (!exchange_->identity_reply && exchange_->stream.proof.empty());
  if (stands_for_many) return std::string(tenant).append("/").append(peer_);
  return std::string(tenant).append("/").append(principal);
}

// Without identity a request is charged to an edge tenant of its own address.
bool Connection::open_context(const Identity& identity, std::int64_t deadline, bool continues) {
  Exchange& e = *exchange_;
  const std::string edge = identity.tenant.empty() ? edge_tenant() : std::string();
  const std::string_view tenant = edge.empty() ? identity.tenant : std::string_view(edge);
  const std::string_view principal = edge.empty() ? identity.principal : anonymous;
  const std::string lane_key = lane(tenant, principal);
  socle_root root{};
  root.struct_size = sizeof root;
  root.work_class = SOCLE_CLASS_INTERACTIVE;
  root.tenant = str(tenant);
  root.principal = str(principal);
  root.claims = str(identity.claims);
  root.idempotency_key = str(e.idempotency_key);
  root.lane = str(lane_key);
  root.deadline = deadline;
  root.trace_id = e.trace.id.data();
  const bool remote = std::any_of(e.trace.parent.begin(), e.trace.parent.end(), [](std::uint8_t b) { return b != 0; });
  root.span_id = remote ? e.trace.parent.data() : nullptr;
  root.trace_flags = e.trace.flags;
  root.continues = continues ? 1 : 0;
  e.context = Context(host(), host()->context_open(host(), &root));
  return static_cast<bool>(e.context);
}

void Connection::call() {
  Exchange& e = *exchange_;
  state_ = State::calling;
  deadline_ = never;
  if (!e.payload && !e.head.framing.has_body()) {
    worker_.request_meta().build(e, *listener_, peer_);
    const auto& pairs = worker_.request_meta().pairs();
    e.payload =
        Payload(host(), host()->payload_new(host(), {nullptr, 0}, SOCLE_MEDIA_NONE, pairs.data(), pairs.size()));
  }
  if (!e.payload) return refuse_memory("request");
  const std::int64_t timeout = time_for() - e.waited;
  if (!open_context(e.identity, worker_.now() + timeout, false)) {
    return refuse(refusal_of(SOCLE_INTERNAL, "The kernel opened no context: the gateway needs permission ingress."));
  }
  socle_call_options options{};
  options.struct_size = sizeof options;
  options.timeout_for = timeout;
  socle_reply reply{};
  reply.struct_size = sizeof reply;
  call_pending_ = true;
  ++holds_;
  const socle_status status = host()->call(host(), e.context.get(), e.match.route->target, e.payload.get(), &options,
                                           &reply, &Connection::on_reply, this);
  if (status == SOCLE_PENDING) {
    e.own_head();
    return;
  }
  --holds_;
  call_pending_ = false;
  reply.status = status;
  answer(reply);
}

}  // namespace socle::gateway
