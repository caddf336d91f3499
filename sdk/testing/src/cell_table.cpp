// cell_table.cpp: the host table of a plugin in a process of its own: every slot is a question to the test's process.
// Longer than most files because the table is one list, to be read beside abi.h.
#include <cstdio>
#include <cstdlib>

#include "cell_guest.hpp"

namespace socle::testing {
namespace {

using wire::Op;
using wire::Reader;
using wire::Writer;

MirrorPayload* of(socle_payload* raw) { return reinterpret_cast<MirrorPayload*>(raw); }
MirrorContext* of(const socle_context* raw) {
  return reinterpret_cast<MirrorContext*>(const_cast<socle_context*>(raw));
}
std::uint64_t id(socle_payload* raw) { return raw != nullptr ? of(raw)->id : 0; }
std::uint64_t id(const socle_context* raw) { return raw != nullptr ? of(raw)->id : 0; }
std::uint64_t address(socle_event_fn fn) { return reinterpret_cast<std::uintptr_t>(fn); }

// ---- payloads

MirrorPayload* made(Reader answer, std::uint32_t media, const socle_pair* meta, std::size_t n) {
  const std::uint64_t made_there = answer.u64();
  if (made_there == 0) return nullptr;
  MirrorPayload* mirror = guest().make(made_there, media, meta, n);
  mirror->references = 1;
  return mirror;
}

socle_payload* payload_alloc(const socle_host*, std::size_t size, std::uint32_t media, const socle_pair* meta,
                             std::size_t n, char** bytes) {
  MirrorPayload* mirror =
      made(guest().ask(Writer(Op::payload_alloc).u64(size).u64(media).pairs(meta, n)), media, meta, n);
  if (mirror == nullptr) return nullptr;
  mirror->text = std::make_unique<char[]>(size + 64);
  mirror->raw.text = {mirror->text.get(), size};
  *bytes = mirror->text.get();
  return &mirror->raw;
}

socle_payload* payload_new(const socle_host*, socle_str text, std::uint32_t media, const socle_pair* meta,
                           std::size_t n) {
  MirrorPayload* mirror =
      made(guest().ask(Writer(Op::payload_new).text(text).u64(media).pairs(meta, n)), media, meta, n);
  if (mirror == nullptr) return nullptr;
  if (text.data != nullptr) {
    mirror->text = std::make_unique<char[]>(text.size + 64);
    std::memcpy(mirror->text.get(), text.data, text.size);
    mirror->raw.text = {mirror->text.get(), text.size};
  }
  return &mirror->raw;
}

void payload_seal(const socle_host*, socle_payload* p, std::size_t size) {
  guest().ask(Writer(Op::payload_seal).u64(id(p)).u64(size).bytes(p->text.data, std::min(size, p->text.size)));
  if (size <= p->text.size) p->text.size = size;
}

socle_payload* payload_slice(const socle_host*, socle_payload* base, std::size_t offset, std::size_t size,
                             std::uint32_t media, const socle_pair* meta, std::size_t n) {
  MirrorPayload* mirror =
      made(guest().ask(Writer(Op::payload_slice).u64(id(base)).u64(offset).u64(size).u64(media).pairs(meta, n)), media,
           meta, n);
  if (mirror == nullptr) return nullptr;
  mirror->base = of(base);
  ++mirror->base->borrowed;
  mirror->raw.text = {base->text.data == nullptr ? nullptr : base->text.data + offset, size};
  if (size == base->text.size) mirror->raw.doc = base->doc;
  return &mirror->raw;
}

void payload_set_doc(const socle_host*, socle_payload* p, socle_str doc) {
  guest().ask(Writer(Op::payload_set_doc).u64(id(p)).text(doc));
  if (p->doc.data != nullptr) return;
  of(p)->doc = std::make_unique<char[]>(doc.size);
  std::memcpy(of(p)->doc.get(), doc.data, doc.size);
  p->doc = {of(p)->doc.get(), doc.size};
}

void payload_retain(const socle_host*, socle_payload* p) {
  guest().ask(Writer(Op::payload_retain).u64(id(p)));
  ++of(p)->references;
}

void payload_release(const socle_host*, socle_payload* p) {
  guest().ask(Writer(Op::payload_release).u64(id(p)));
  if (p == nullptr) return;
  --of(p)->references;
  guest().drop(of(p));
}

void payload_share(const socle_host*, socle_payload* p) { guest().ask(Writer(Op::payload_share).u64(id(p))); }

socle_payload* catalog(const socle_host*, socle_str name) {
  Reader answer = guest().ask(Writer(Op::catalog).text(name));
  MirrorPayload* mirror = guest().payload(answer);
  return mirror != nullptr ? &mirror->raw : nullptr;
}

// ---- calls

socle_status resolve(const socle_host*, socle_str service, socle_str method, std::uint32_t* target) {
  Reader answer = guest().ask(Writer(Op::resolve).text(service).text(method));
  const auto status = static_cast<socle_status>(answer.i64());
  if (status == SOCLE_OK) *target = answer.u32();
  return status;
}

socle_status call(const socle_host*, const socle_context* context, std::uint32_t target, socle_payload* payload,
                  const socle_call_options* options, socle_reply* reply, socle_reply_fn done, void* user) {
  Writer m(Op::call);
  m.u64(id(context)).u64(target).u64(id(payload)).u64(options != nullptr ? 1 : 0);
  m.i64(options != nullptr ? options->timeout_for : 0);
  m.text(options != nullptr ? options->idempotency_key : socle_str{nullptr, 0});
  m.u64(reinterpret_cast<std::uintptr_t>(done)).address(user);
  Reader answer = guest().ask(m);
  const auto status = static_cast<socle_status>(answer.i64());
  if (status == SOCLE_PENDING) return status;
  *reply = {sizeof *reply, static_cast<socle_status>(answer.i64()), nullptr};
  if (MirrorPayload* body = guest().payload(answer); body != nullptr) reply->payload = &body->raw;
  return status;
}

void complete(const socle_host*, std::uint64_t token, const socle_reply* reply) {
  Writer m(Op::complete);
  const std::uint64_t payload = guest().hand_over(reply->payload);
  guest().ask(m.u64(token).i64(reply->status).u64(payload));
  guest().answered(token);
}

socle_status publish(const socle_host*, const socle_context* context, socle_str channel, socle_payload* payload,
                     socle_event_fn done, void* user) {
  Writer m(Op::publish);
  m.u64(id(context)).text(channel).u64(id(payload)).u64(address(done)).address(user);
  return static_cast<socle_status>(guest().ask(m).i64());
}

// ---- contexts

const socle_context* opened(Reader answer) {
  MirrorContext* mirror = guest().context(answer);
  return mirror != nullptr ? &mirror->raw : nullptr;
}

const socle_context* context_open(const socle_host*, const socle_root* root) {
  Writer m(Op::context_open);
  m.u64(root->work_class).text(root->tenant).text(root->principal).text(root->claims).text(root->idempotency_key);
  m.text(root->lane).i64(root->deadline);
  m.bytes(root->trace_id, root->trace_id != nullptr ? 16 : 0);
  m.bytes(root->span_id, root->span_id != nullptr ? 8 : 0);
  return opened(guest().ask(m.u64(root->trace_flags).u64(root->continues)));
}

const socle_context* context_act_as(const socle_host*, socle_str tenant, socle_str reason, std::int64_t deadline) {
  return opened(guest().ask(Writer(Op::context_act_as).text(tenant).text(reason).i64(deadline)));
}

void context_retain(const socle_host*, const socle_context* c) {
  guest().ask(Writer(Op::context_retain).u64(id(c)));
  ++of(c)->references;
}

void context_release(const socle_host*, const socle_context* c) {
  guest().ask(Writer(Op::context_release).u64(id(c)));
  --of(c)->references;
  guest().drop(of(c));
}

void context_cancel(const socle_host*, const socle_context* c) { guest().ask(Writer(Op::context_cancel).u64(id(c))); }

// ---- time, readiness, threads

std::int64_t now(const socle_host*) { return guest().ask(Writer(Op::now)).i64(); }
std::int64_t now_utc(const socle_host*) { return guest().ask(Writer(Op::now_utc)).i64(); }

std::uint64_t timer_start(const socle_host*, std::int64_t delay, socle_event_fn done, void* user) {
  return guest().ask(Writer(Op::timer_start).i64(delay).u64(address(done)).address(user)).u64();
}

int timer_cancel(const socle_host*, std::uint64_t timer) {
  return static_cast<int>(guest().ask(Writer(Op::timer_cancel).u64(timer)).i64());
}

std::uint64_t watch_open(const socle_host*, std::int32_t fd) { return guest().ask(Writer(Op::watch_open), fd).u64(); }

void watch_wait(const socle_host*, std::uint64_t watch, std::uint32_t events, socle_event_fn done, void* user) {
  guest().ask(Writer(Op::watch_wait).u64(watch).u64(events).u64(address(done)).address(user));
}

void watch_close(const socle_host*, std::uint64_t watch) { guest().ask(Writer(Op::watch_close).u64(watch)); }

socle_status offload(const socle_host*, socle_work_fn work, socle_event_fn done, void* user) {
  Writer m(Op::offload);
  m.u64(reinterpret_cast<std::uintptr_t>(work)).u64(address(done)).address(user);
  return static_cast<socle_status>(guest().ask(m).i64());
}

void defer(const socle_host*, socle_event_fn done, void* user) {
  guest().ask(Writer(Op::defer).u64(address(done)).address(user));
}

void post(const socle_host*, std::uint32_t worker, socle_event_fn done, void* user) {
  guest().ask(Writer(Op::post).u64(worker).u64(address(done)).address(user));
}

void post_for(const socle_host*, std::uint64_t payer, std::uint32_t worker, socle_event_fn done, void* user) {
  guest().ask(Writer(Op::post_for).u64(payer).u64(worker).u64(address(done)).address(user));
}

std::uint32_t worker(const socle_host*) { return guest().ask(Writer(Op::worker)).u32(); }
std::uint32_t worker_count(const socle_host*) { return guest().ask(Writer(Op::worker_count)).u32(); }

void* frame_alloc(const socle_host*, std::size_t size) {
  const std::uint64_t there = guest().ask(Writer(Op::frame_alloc).u64(size)).u64();
  if (there == 0) return nullptr;
  void* frame = ::operator new(size);
  guest().frames[frame] = there;
  return frame;
}

void frame_free(const socle_host*, void* frame, std::size_t size) {
  const auto known = guest().frames.find(frame);
  guest().ask(Writer(Op::frame_free).u64(known != guest().frames.end() ? known->second : 0).u64(size));
  if (known == guest().frames.end()) return;
  guest().frames.erase(known);
  ::operator delete(frame);
}

// ---- resident handles: they live and end with this process

socle_status judged(std::string_view slot) {
  return static_cast<socle_status>(guest().ask(Writer(Op::judge).text(slot)).i64());
}

socle_status resident_put(const socle_host*, socle_str name, std::uint32_t version, void* handle,
                          void (*destroy)(void*)) {
  if (const socle_status failed = judged("resident_put"); failed != SOCLE_OK) return failed;
  const Guest::Resident resident{version, handle, destroy};
  return guest().residents.try_emplace(std::string(detail::view(name)), resident).second ? SOCLE_OK : SOCLE_CONFLICT;
}

void* resident_take(const socle_host*, socle_str name, std::uint32_t version) {
  if (judged("resident_take") != SOCLE_OK) return nullptr;
  const auto found = guest().residents.find(detail::view(name));
  if (found == guest().residents.end() || found->second.version != version) return nullptr;
  void* handle = found->second.handle;
  guest().residents.erase(found);
  return handle;
}

// ---- what operators see

void log(const socle_host*, int level, const socle_context* context, socle_str message, const socle_pair* fields,
         std::size_t n) {
  guest().ask(Writer(Op::log).i64(level).u64(id(context)).text(message).pairs(fields, n));
}

std::uint32_t metric(const socle_host*, socle_str name, std::uint32_t kind, socle_str help) {
  return guest().ask(Writer(Op::metric).text(name).u64(kind).text(help)).u32();
}

void observe(const socle_host*, std::uint32_t number, double value) {
  guest().ask(Writer(Op::observe).u64(number).number(value));
}

double limit(const socle_host*, const socle_context* context, socle_str name) {
  return guest().ask(Writer(Op::limit).u64(id(context)).text(name)).number();
}

void meter(const socle_host*, const socle_context* context, socle_str name, double amount) {
  guest().ask(Writer(Op::meter).u64(id(context)).text(name).number(amount));
}

void meter_level(const socle_host*, const socle_context* context, socle_str name, double level) {
  guest().ask(Writer(Op::meter_level).u64(id(context)).text(name).number(level));
}

std::uint64_t span_begin(const socle_host*, const socle_context* context, socle_str name) {
  return guest().ask(Writer(Op::span_begin).u64(id(context)).text(name)).u64();
}

void span_end(const socle_host*, std::uint64_t span) { guest().ask(Writer(Op::span_end).u64(span)); }

socle_status fault_point(const socle_host*, socle_str name) {
  return static_cast<socle_status>(guest().ask(Writer(Op::fault_point).text(name)).i64());
}

std::uint64_t catalog_version(const socle_host*) { return guest().ask(Writer(Op::catalog_version)).u64(); }

// ---- scheduling

int rate(const socle_host*, const socle_context* context, socle_rate* out) {
  Reader answer = guest().ask(Writer(Op::rate).u64(id(context)));
  const auto known = static_cast<int>(answer.i64());
  if (known == 1) std::memcpy(out, answer.text().data, sizeof *out);
  return known;
}

std::int64_t slice_left_for(const socle_host*) { return guest().ask(Writer(Op::slice_left_for)).i64(); }

std::uint32_t pressure(const socle_host*, const socle_context* context) {
  return guest().ask(Writer(Op::pressure).u64(id(context))).u32();
}

void* arena_alloc(const socle_host*, const socle_context* context, std::size_t size, std::size_t alignment) {
  if (guest().ask(Writer(Op::arena_alloc).u64(id(context)).u64(size).u64(alignment)).u64() == 0) return nullptr;
  std::size_t room = size + alignment;
  void* at = of(context)->arena.emplace_back(new char[room]).get();
  return std::align(alignment, size, at, room);
}

void* memory_hold(const socle_host*, const socle_context* context, std::size_t size) {
  return guest().ask(Writer(Op::memory_hold).u64(id(context)).u64(size)).address<void>();  // is only given back
}

void memory_release(const socle_host*, void* held, std::size_t size) {
  guest().ask(Writer(Op::memory_release).address(held).u64(size));
}

void charge(const socle_host*, const socle_context* context, std::int64_t cpu) {
  guest().ask(Writer(Op::charge).u64(id(context)).i64(cpu));
}

std::int64_t memory_refused(const socle_host*) { return guest().ask(Writer(Op::memory_refused)).i64(); }

std::uint64_t payer(const socle_host*) { return guest().ask(Writer(Op::payer)).u64(); }

// ---- connections do not come here

[[noreturn]] void no_connections() {
  std::fprintf(stderr, "socle::testing: a plugin in a cell has no connections\n");
  std::abort();
}

}  // namespace

socle_host make_cell_table() {
  socle_host h{};
  h.struct_size = sizeof h;
  h.abi_major = SOCLE_ABI_MAJOR;
  h.abi_minor = SOCLE_ABI_MINOR;
  h.payload_new = payload_new;
  h.payload_alloc = payload_alloc;
  h.payload_seal = payload_seal;
  h.payload_slice = payload_slice;
  h.payload_set_doc = payload_set_doc;
  h.payload_retain = payload_retain;
  h.payload_release = payload_release;
  h.payload_share = payload_share;
  h.resolve = resolve;
  h.call = call;
  h.complete = complete;
  h.publish = publish;
  h.context_open = context_open;
  h.context_act_as = context_act_as;
  h.context_retain = context_retain;
  h.context_release = context_release;
  h.context_cancel = context_cancel;
  h.now = now;
  h.now_utc = now_utc;
  h.timer_start = timer_start;
  h.timer_cancel = timer_cancel;
  h.watch_open = watch_open;
  h.watch_wait = watch_wait;
  h.watch_close = watch_close;
  h.offload = offload;
  h.defer = defer;
  h.post = post;
  h.worker = worker;
  h.worker_count = worker_count;
  h.frame_alloc = frame_alloc;
  h.frame_free = frame_free;
  h.catalog_version = catalog_version;
  h.catalog = catalog;
  h.connection_closed = [](const socle_host*, std::uint64_t) { no_connections(); };
  h.connection_return = [](const socle_host*, const socle_connection*) { no_connections(); };
  h.resident_put = resident_put;
  h.resident_take = resident_take;
  h.log = log;
  h.metric = metric;
  h.observe = observe;
  h.limit = limit;
  h.meter = meter;
  h.span_begin = span_begin;
  h.span_end = span_end;
  h.fault_point = fault_point;
  h.admit = [](const socle_host*, std::uint64_t, socle_event_fn, void*) -> socle_status { no_connections(); };
  h.connection_charge = [](const socle_host*, std::uint64_t, socle_str) { no_connections(); };
  h.rate = rate;
  h.slice_left_for = slice_left_for;
  h.pressure = pressure;
  h.arena_alloc = arena_alloc;
  h.payer = payer;
  h.post_for = post_for;
  h.meter_level = meter_level;
  h.memory_hold = memory_hold;
  h.memory_release = memory_release;
  h.charge = charge;
  h.memory_refused = memory_refused;
  return h;
}

}  // namespace socle::testing
