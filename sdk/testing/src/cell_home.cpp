// cell_home.cpp: the test's side of a plugin in a process of its own. It plays the plugin towards the FakeHost.
#include "cell_home.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <socle/testing/home.hpp>

#include "state.hpp"

namespace socle::testing {

using wire::Op;
using wire::Reader;
using wire::Writer;

Home home() {
  const char* wanted = std::getenv("SOCLE_TEST_HOME");
  const std::string_view text = wanted == nullptr ? "kernel" : wanted;
  if (text == "kernel") return Home::kernel;
  if (text == "cell") return Home::cell;
  std::fprintf(stderr, "socle::testing: SOCLE_TEST_HOME is kernel or cell, found '%s'\n", wanted);
  std::abort();
}

std::unique_ptr<CellHome> CellHome::start(FakeHost& host, const std::string& library, const socle_plugin* linked,
                                          Reply& why) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    // The test framework's and the sanitizers' handlers would turn a signal into a report of the test's.
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM}) ::signal(number, SIG_DFL);
    ::close(ends[0]);
    run_cell(ends[1], library, linked, host.state().options.grown);
  }
  ::close(ends[1]);
  std::unique_ptr<CellHome> made(new CellHome(host, ends[0], child));
  auto loaded = made->socket_.receive();
  if (!loaded) {
    why = Reply::error(Code::unavailable, "cell_died", "the cell died while it loaded " + library);
    return nullptr;
  }
  if (loaded->op == Op::refused) {
    const auto code = static_cast<Code>(loaded->u64());
    const std::string stable(detail::view(loaded->text()));
    why = Reply::error(code, stable, detail::view(loaded->text()));
    return nullptr;
  }
  made->describe(*loaded);
  return made;
}

void CellHome::describe(Reader& loaded) {
  name_ = detail::view(loaded.text());
  descriptor_.struct_size = sizeof descriptor_;
  descriptor_.abi_major = static_cast<std::uint16_t>(loaded.u64());
  descriptor_.abi_minor = static_cast<std::uint16_t>(loaded.u64());
  descriptor_.connection = loaded.u64() != 0 ? connection : nullptr;
  for (std::size_t n = loaded.u64(); n > 0; --n) {
    const std::string service(detail::view(loaded.text()));
    names_.emplace_back(service, detail::view(loaded.text()));
  }
  for (const auto& [service, method] : names_) methods_.push_back({detail::str(service), detail::str(method)});
  descriptor_.name = detail::str(name_);
  descriptor_.methods = methods_.data();
  descriptor_.method_count = methods_.size();
  descriptor_.create = create;
  descriptor_.destroy = destroy;
  descriptor_.handle = handle;
}

CellHome::~CellHome() {
  if (!dead_) socket_.send(Writer(Op::end));
  ::waitpid(pid_, nullptr, 0);
  for (const auto& [watch, fd] : watches_) ::close(fd);
  for (Callback* c : callbacks_) delete c;
}

// Which contexts are cancelled goes before everything, as the plugin polls that.
bool CellHome::send(const Writer& message) {
  Writer cancelled(Op::done);
  std::uint64_t n = 0;
  for (const socle_context* c : host_.state().contexts) n += c->cancelled != 0 ? 1 : 0;
  cancelled.u64(n);
  for (const socle_context* c : host_.state().contexts) {
    if (c->cancelled != 0) cancelled.address(c);
  }
  return socket_.send(cancelled) && socket_.send(message);
}

std::optional<Reader> CellHome::enter(Writer& message) {
  if (dead_) return std::nullopt;
  bool there = send(message);
  while (there) {
    auto in = socket_.receive();
    if (!in) break;
    if (in->op == Op::done) return in;
    answer(*in);
    there = !dead_;
  }
  died();
  return std::nullopt;
}

// What it held nobody else lets go of. Leaks of a plugin that ends well stay, for leaks() to tell.
void CellHome::died() {
  if (std::exchange(dead_, true)) return;
  const socle_host* h = host_.table();
  State& state = host_.state();
  for (const std::uint64_t token : std::exchange(calls_, {})) {
    const socle_reply end =
        Reply::error(Code::unavailable, "cell_died", "the cell died before it answered; ask again").release();
    h->complete(h, token, &end);
  }
  for (const auto& [watch, fd] : watches_) h->watch_close(h, watch);
  for (Callback* c : callbacks_) {
    if (c->timer != 0) state.timers.erase(c->timer);
  }
  for (const auto& [payload, count] : payloads_) {
    for (int i = 0; i < count; ++i) h->payload_release(h, payload);
  }
  for (const auto& [context, count] : contexts_) {
    for (int i = 0; i < count; ++i) h->context_release(h, context);
  }
  for (const auto& [frame, size] : frames_) h->frame_free(h, frame, size);
  for (const std::uint64_t span : spans_) h->span_end(h, span);
  payloads_.clear();
  contexts_.clear();
  frames_.clear();
  spans_.clear();
}

// ---- the plugin's entries

socle_status CellHome::create(const socle_host* host, socle_payload* config, void** instance, socle_reply* error) {
  // TestedPlugin hands its descriptor's owner over in *instance.
  auto* home = static_cast<CellHome*>(*instance);
  (void)host;
  Writer m(Op::create);
  home->put(m, config, false);
  auto out = home->enter(m);
  if (!out) {
    *error = Reply::error(Code::unavailable, "cell_died", "the cell died in create()").release();
    return error->status;
  }
  const auto status = static_cast<socle_status>(out->i64());
  error->status = static_cast<socle_status>(out->i64());
  error->payload = home->take(out->address<socle_payload>());
  return status;
}

void CellHome::destroy(void* instance) {
  Writer m(Op::destroy);
  static_cast<void>(static_cast<CellHome*>(instance)->enter(m));
}

socle_status CellHome::handle(void* instance, const socle_call* call, socle_reply* reply) {
  auto& home = *static_cast<CellHome*>(instance);
  Writer m(Op::handle);
  m.u64(call->method).u64(call->token);
  home.put(m, call->context, false);
  home.put(m, call->payload, false);
  home.calls_.insert(call->token);  // it may be completed before handle() returns
  auto out = home.enter(m);
  if (!out) {
    if (home.host_.state().inbound.contains(call->token)) {
      *reply = Reply::error(Code::unavailable, "cell_died", "the cell is gone").release();
      return reply->status;
    }
    return SOCLE_PENDING;  // died() has answered it
  }
  const auto status = static_cast<socle_status>(out->i64());
  if (status == SOCLE_PENDING) return status;
  home.calls_.erase(call->token);
  reply->status = static_cast<socle_status>(out->i64());
  reply->payload = home.take(out->address<socle_payload>());
  return status;
}

void CellHome::connection(void*, const socle_connection*) {
  std::fprintf(stderr,
               "socle::testing: connections do not leave the kernel's process: run this test with home() == "
               "Home::kernel only\n");
  std::abort();
}

// ---- what passes between the two

void CellHome::put(Writer& out, socle_payload* p, bool handed_over) {
  out.address(p);
  if (p == nullptr) return;
  out.u64(handed_over ? 1 : 0).u64(p->media).text(p->text).text(p->doc).pairs(p->meta, p->meta_count);
  if (handed_over) ++payloads_[p];
}

void CellHome::put(Writer& out, const socle_context* c, bool handed_over) {
  out.address(c);
  if (c == nullptr) return;
  out.u64(handed_over ? 1 : 0).text(c->tenant).text(c->principal).text(c->claims).text(c->idempotency_key);
  out.text(c->lane).pairs(c->keys, c->key_count).u64(c->work_class).i64(c->deadline).u64(c->trace_flags);
  out.u64(c->cancelled);
  out.bytes(c->trace_id, sizeof c->trace_id);
  out.bytes(c->span_id, sizeof c->span_id);
  if (handed_over) ++contexts_[c];
}

socle_payload* CellHome::take(socle_payload* p) {
  if (p != nullptr && --payloads_[p] == 0) payloads_.erase(p);
  return p;
}

CellHome::Callback* CellHome::callback(Reader& in) {
  const std::uint64_t done = in.u64();
  auto* made = new Callback{this, done, 0, in.u64()};
  callbacks_.insert(made);
  return made;
}

void CellHome::forget(Callback* c) {
  callbacks_.erase(c);
  delete c;
}

void CellHome::event(void* user, socle_status status) {
  auto* c = static_cast<Callback*>(user);
  CellHome& home = *c->home;
  Writer m(Op::event);
  m.u64(c->done).u64(c->user).i64(status);
  home.forget(c);
  static_cast<void>(home.enter(m));
}

void CellHome::replied(void* user, const socle_reply* reply) {
  auto* c = static_cast<Callback*>(user);
  CellHome& home = *c->home;
  if (home.dead_) {
    home.host_.table()->payload_release(home.host_.table(), reply->payload);
    return home.forget(c);
  }
  Writer m(Op::replied);
  m.u64(c->done).u64(c->user).i64(reply->status);
  home.put(m, reply->payload, true);
  home.forget(c);
  static_cast<void>(home.enter(m));
}

void CellHome::work(void* user) {
  auto* c = static_cast<Callback*>(user);
  Writer m(Op::work);
  m.u64(c->work).u64(c->user);
  static_cast<void>(c->home->enter(m));
}

// ---- what the plugin asks of its host

void CellHome::answer(Reader& in) {
  Writer out(Op::done);
  if (!answer_payload(in, out) && !answer_context(in, out) && !answer_work(in, out) && !answer_time(in, out))
    answer_rest(in, out);
  if (std::exchange(host_.state().cell_dies, false)) ::kill(pid_, SIGABRT);
  static_cast<void>(send(out));
}

bool CellHome::answer_payload(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  std::vector<socle_pair> meta;
  const auto read_meta = [&] {
    meta.resize(in.u64());
    for (socle_pair& pair : meta) {
      pair.key = in.text();
      pair.value = in.text();
    }
  };
  const auto made = [&](socle_payload* p) {
    if (p != nullptr) ++payloads_[p];
    out.address(p);
  };
  switch (in.op) {
    case Op::payload_new: {
      const socle_str text = in.text();
      const std::uint32_t media = in.u32();
      read_meta();
      made(h->payload_new(h, text, media, meta.data(), meta.size()));
      return true;
    }
    case Op::payload_alloc: {
      const std::size_t size = in.u64();
      const std::uint32_t media = in.u32();
      read_meta();
      char* ignored = nullptr;
      made(h->payload_alloc(h, size, media, meta.data(), meta.size(), &ignored));
      return true;
    }
    case Op::payload_seal: {
      auto* p = in.address<socle_payload>();
      const std::size_t size = in.u64();
      const socle_str text = in.text();
      h->payload_seal(h, p, size);
      if (p->text.size == size && size > 0) std::memcpy(const_cast<char*>(p->text.data), text.data, size);
      return true;
    }
    case Op::payload_slice: {
      auto* base = in.address<socle_payload>();
      const std::size_t offset = in.u64(), size = in.u64();
      const std::uint32_t media = in.u32();
      read_meta();
      made(h->payload_slice(h, base, offset, size, media, meta.data(), meta.size()));
      return true;
    }
    case Op::payload_set_doc: {
      auto* p = in.address<socle_payload>();
      h->payload_set_doc(h, p, in.text());
      return true;
    }
    case Op::payload_retain: {
      auto* p = in.address<socle_payload>();
      h->payload_retain(h, p);
      ++payloads_[p];
      return true;
    }
    case Op::payload_release: {
      auto* p = take(in.address<socle_payload>());
      h->payload_release(h, p);
      return true;
    }
    case Op::payload_share: h->payload_share(h, in.address<socle_payload>()); return true;
    case Op::catalog: {
      socle_payload* p = h->catalog(h, in.text());
      put(out, p, true);
      return true;
    }
    default: return false;
  }
}

bool CellHome::answer_context(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  switch (in.op) {
    case Op::context_open: {
      socle_root root{};
      root.struct_size = sizeof root;
      root.work_class = in.u32();
      for (socle_str* s : {&root.tenant, &root.principal, &root.claims, &root.idempotency_key, &root.lane})
        *s = in.text();
      root.deadline = in.i64();
      root.trace_id = reinterpret_cast<const std::uint8_t*>(in.text().data);
      root.span_id = reinterpret_cast<const std::uint8_t*>(in.text().data);
      root.trace_flags = static_cast<std::uint8_t>(in.u64());
      root.continues = in.u64();
      put(out, h->context_open(h, &root), true);
      return true;
    }
    case Op::context_act_as: {
      const socle_str tenant = in.text();
      const socle_str reason = in.text();
      put(out, h->context_act_as(h, tenant, reason, in.i64()), true);
      return true;
    }
    case Op::context_retain: {
      const auto* c = in.address<socle_context>();
      h->context_retain(h, c);
      ++contexts_[c];
      return true;
    }
    case Op::context_release: {
      const auto* c = in.address<socle_context>();
      if (--contexts_[c] == 0) contexts_.erase(c);
      h->context_release(h, c);
      return true;
    }
    case Op::context_cancel: h->context_cancel(h, in.address<socle_context>()); return true;
    case Op::limit: {
      const auto* c = in.address<socle_context>();
      out.number(h->limit(h, c, in.text()));
      return true;
    }
    case Op::meter:
    case Op::meter_level: {
      const auto* c = in.address<socle_context>();
      const socle_str name = in.text();
      (in.op == Op::meter ? h->meter : h->meter_level)(h, c, name, in.number());
      return true;
    }
    case Op::rate: {
      socle_rate rate{};
      out.i64(h->rate(h, in.address<socle_context>(), &rate));
      out.bytes(&rate, sizeof rate);
      return true;
    }
    case Op::pressure: out.u64(h->pressure(h, in.address<socle_context>())); return true;
    case Op::arena_alloc: {
      const auto* c = in.address<socle_context>();
      const std::size_t size = in.u64();
      out.u64(h->arena_alloc(h, c, size, in.u64()) != nullptr ? 1 : 0);
      return true;
    }
    default: return false;
  }
}

bool CellHome::answer_work(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  switch (in.op) {
    case Op::resolve: {
      const socle_str service = in.text();
      const socle_str method = in.text();
      std::uint32_t target = 0;
      out.i64(h->resolve(h, service, method, &target)).u64(target);
      return true;
    }
    case Op::call: {
      const auto* context = in.address<socle_context>();
      const std::uint32_t target = in.u32();
      auto* payload = in.address<socle_payload>();
      const bool has_options = in.u64() != 0;
      socle_call_options options{sizeof options, 0, in.i64(), {}};
      options.idempotency_key = in.text();
      Callback* c = callback(in);
      socle_reply reply{sizeof reply, SOCLE_OK, nullptr};
      const socle_status status =
          h->call(h, context, target, payload, has_options ? &options : nullptr, &reply, replied, c);
      out.i64(status);
      if (status == SOCLE_PENDING) return true;
      forget(c);
      out.i64(reply.status);
      put(out, reply.payload, true);
      return true;
    }
    case Op::complete: {
      const std::uint64_t token = in.u64();
      const auto status = static_cast<socle_status>(in.i64());
      const socle_reply reply{sizeof(socle_reply), status, take(in.address<socle_payload>())};
      calls_.erase(token);
      h->complete(h, token, &reply);
      return true;
    }
    case Op::publish: {
      const auto* context = in.address<socle_context>();
      const socle_str channel = in.text();
      auto* payload = in.address<socle_payload>();
      Callback* c = callback(in);
      const socle_status status = h->publish(h, context, channel, payload, event, c);
      if (status != SOCLE_PENDING) forget(c);
      out.i64(status);
      return true;
    }
    case Op::offload: {
      const std::uint64_t work_at = in.u64();
      Callback* c = callback(in);
      c->work = work_at;
      const socle_status status = h->offload(h, work, event, c);
      if (status != SOCLE_OK) forget(c);
      out.i64(status);
      return true;
    }
    case Op::defer: h->defer(h, event, callback(in)); return true;
    case Op::post: {
      const std::uint32_t worker = in.u32();
      h->post(h, worker, event, callback(in));
      return true;
    }
    case Op::post_for: {
      const std::uint64_t payer = in.u64();
      const std::uint32_t worker = in.u32();
      h->post_for(h, payer, worker, event, callback(in));
      return true;
    }
    default: return false;
  }
}

bool CellHome::answer_time(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  switch (in.op) {
    case Op::now: out.i64(h->now(h)); return true;
    case Op::now_utc: out.i64(h->now_utc(h)); return true;
    case Op::timer_start: {
      const std::int64_t delay = in.i64();
      Callback* c = callback(in);
      c->timer = h->timer_start(h, delay, event, c);
      out.u64(c->timer);
      return true;
    }
    case Op::timer_cancel: {
      const std::uint64_t id = in.u64();
      const int cancelled = h->timer_cancel(h, id);
      for (auto it = callbacks_.begin(); cancelled == 1 && it != callbacks_.end(); ++it) {
        if ((*it)->timer != id) continue;
        forget(*it);
        break;
      }
      out.i64(cancelled);
      return true;
    }
    case Op::watch_open: {
      const int fd = socket_.take_fd();
      const std::uint64_t id = h->watch_open(h, fd);
      watches_[id] = fd;
      out.u64(id);
      return true;
    }
    case Op::watch_wait: {
      const std::uint64_t id = in.u64();
      const std::uint32_t events = in.u32();
      h->watch_wait(h, id, events, event, callback(in));
      return true;
    }
    case Op::watch_close: {
      const std::uint64_t id = in.u64();
      h->watch_close(h, id);
      if (const auto it = watches_.find(id); it != watches_.end()) {
        ::close(it->second);
        watches_.erase(it);
      }
      return true;
    }
    case Op::frame_alloc: {
      const std::size_t size = in.u64();
      void* frame = h->frame_alloc(h, size);
      if (frame != nullptr) frames_[frame] = size;
      out.address(frame);
      return true;
    }
    case Op::frame_free: {
      void* frame = in.address<void>();
      frames_.erase(frame);
      h->frame_free(h, frame, in.u64());
      return true;
    }
    default: return false;
  }
}

void CellHome::answer_rest(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  switch (in.op) {
    case Op::worker: out.u64(h->worker(h)); break;
    case Op::worker_count: out.u64(h->worker_count(h)); break;
    case Op::catalog_version: out.u64(h->catalog_version(h)); break;
    case Op::slice_left_for: out.i64(h->slice_left_for(h)); break;
    case Op::payer: out.u64(h->payer(h)); break;
    case Op::log: {
      const int level = static_cast<int>(in.i64());
      const auto* context = in.address<socle_context>();
      const socle_str message = in.text();
      std::vector<socle_pair> fields(in.u64());
      for (socle_pair& f : fields) {
        f.key = in.text();
        f.value = in.text();
      }
      h->log(h, level, context, message, fields.data(), fields.size());
      break;
    }
    case Op::metric: {
      const socle_str name = in.text();
      const std::uint32_t kind = in.u32();
      out.u64(h->metric(h, name, kind, in.text()));
      break;
    }
    case Op::observe: {
      const std::uint32_t metric = in.u32();
      h->observe(h, metric, in.number());
      break;
    }
    case Op::span_begin: {
      const auto* context = in.address<socle_context>();
      const std::uint64_t span = h->span_begin(h, context, in.text());
      spans_.insert(span);
      out.u64(span);
      break;
    }
    case Op::span_end: {
      const std::uint64_t span = in.u64();
      spans_.erase(span);
      h->span_end(h, span);
      break;
    }
    case Op::fault_point: out.i64(h->fault_point(h, in.text())); break;
    case Op::judge: {  // resident handles stay in the cell; the fault a test asks for does not
      Code code{};
      const bool fails = host_.state().judge(detail::view(in.text()), code) == Verdict::fail;
      out.i64(fails ? detail::status(code) : SOCLE_OK);
      break;
    }
    default: std::abort();  // an operation of the other direction: this library contradicts itself
  }
}

}  // namespace socle::testing
