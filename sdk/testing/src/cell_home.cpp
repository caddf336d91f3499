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
  for (const auto& [held, size] : held_) h->memory_release(h, held, size);
  payloads_.clear();
  contexts_.clear();
  frames_.clear();
  spans_.clear();
  held_.clear();
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

}  // namespace socle::testing
