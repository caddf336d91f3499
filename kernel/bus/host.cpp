// host.cpp: the host table of abi.h, slot by slot, over the bus. Each function finds its generation behind the table's
// address and its worker in the thread; called from a thread that is neither, those not marked "any thread" do nothing
// and answer UNAVAILABLE, NULL or 0. Longer than most files because the table is one list, to be read beside abi.h.
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "bus/bus.hpp"
#include "crash/handler.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::bus {
namespace {

Generation& self(const socle_host* host) { return *Generation::of(host); }
Worker* here() { return Worker::current(); }

// ---- payloads
// The tenant's budget says no before malloc does, and so does that of the request it is for. What the kernel itself
// must say is not asked.
bool affordable(const socle_host* host, size_t bytes) {
  const auto size = static_cast<int64_t>(bytes);
  sched::Lane* lane = sched::Lane::current();
  sched::Account* payer =
      lane != nullptr ? lane->payer().account.load(std::memory_order_relaxed) : sched::PaidAside::current();
  if (payer == nullptr) return true;
  const uint64_t cap = payer->call_memory_cap();
  if (!(lane != nullptr ? lane->call : sched::PaidAside::call()).fits(bytes, cap)) {
    self(host).bus.memory_refused(cap);
    return false;
  }
  if (lane != nullptr ? lane->fits(lane->payer(), size) : payer->take_memory(size)) {
    if (lane == nullptr) payer->give_memory(size);  // the payload itself takes it
    return true;
  }
  self(host).bus.memory_refused(0);
  return false;
}
// nullptr: more than any payload can be.
socle_payload* made(const socle_host* host, Payload* p) {
  if (p == nullptr) self(host).bus.memory_refused(Payload::most);
  return p;
}
socle_payload* payload_new(const socle_host* host, socle_str text, uint32_t media, const socle_pair* meta, size_t n) {
  if (!affordable(host, text.size)) return nullptr;
  return made(host, Payload::make(view(text), media, {meta, n}));
}
socle_payload* payload_alloc(const socle_host* host, size_t size, uint32_t media, const socle_pair* meta, size_t n,
                             char** bytes) {
  *bytes = nullptr;
  if (!affordable(host, size)) return nullptr;
  Payload* p = Payload::alloc(size, media, {meta, n});
  if (p != nullptr) *bytes = p->writable();
  return made(host, p);
}
void payload_seal(const socle_host*, socle_payload* p, size_t size) { Payload::of(p)->seal(size); }
socle_payload* payload_slice(const socle_host* host, socle_payload* base, size_t offset, size_t size, uint32_t media,
                             const socle_pair* meta, size_t n) {
  return made(host, Payload::slice(*Payload::of(base), offset, size, media, {meta, n}));
}
void payload_set_doc(const socle_host*, socle_payload* p, socle_str doc) {
  if (p != nullptr) Payload::of(p)->set_doc(view(doc));
}
void payload_retain(const socle_host*, socle_payload* p) { Payload::of(p)->retain(); }
void payload_release(const socle_host*, socle_payload* p) {
  if (p != nullptr) Payload::of(p)->release();
}
void payload_share(const socle_host*, socle_payload* p) { Payload::of(p)->share(); }

// ---- calls
socle_status resolve(const socle_host* host, socle_str service, socle_str method, uint32_t* target) {
  Generation& g = self(host);
  std::string name(view(service));
  if (!g.grants.ingress && !g.grants.services.contains(name)) {
    if (!g.grants.withheld.contains(name)) return SOCLE_DENIED;
    name += " (not granted)";
  }
  const auto number = g.bus.target(name, view(method));
  if (!number) return SOCLE_EXHAUSTED;
  const Worker* w = here();
  const SnapshotPtr snapshot = w != nullptr ? w->snapshot : g.bus.snapshot();
  // A provider that is there and lacks the method will not grow it under this name: say so now.
  if (*number >= snapshot->routes.size() || snapshot->routes[*number].primary.generation == nullptr) {
    const std::string prefix = name + ".";
    for (uint32_t i = 0; i < snapshot->routes.size(); ++i) {
      if (snapshot->routes[i].primary.generation != nullptr && g.bus.target_name(i).starts_with(prefix))
        return SOCLE_UNSUPPORTED;
    }
  }
  g.allow(*number);
  *target = *number;
  return SOCLE_OK;
}
socle_status call(const socle_host* host, const socle_context* context, uint32_t target, socle_payload* payload,
                  const socle_call_options* options, socle_reply* reply, socle_reply_fn done, void* user) {
  Generation& g = self(host);
  Worker* w = here();
  if (w == nullptr || context == nullptr) {
    *reply = Bus::error(SOCLE_UNAVAILABLE, "not_a_worker", "calls are made on worker threads, with a context");
    return reply->status;
  }
  return g.bus.call(*w, &g, *Context::of(context), target, payload != nullptr ? Payload::of(payload) : nullptr, options,
                    reply, done, user);
}
void complete(const socle_host* host, uint64_t token, const socle_reply* reply) {
  Generation& g = self(host);
  const uint32_t owner = FrameSlab::worker_of(token);
  Worker* w = here();
  if (w != nullptr && w->index() == owner) {
    g.bus.complete(*w, g, token, *reply);
    return;
  }
  if (owner > g.bus.worker_count()) return;
  OffloadPool::handed_on();
  if (reply->payload != nullptr) Payload::of(reply->payload)->share();
  g.bus.post(owner, [&g, token, answer = *reply](Worker& right) { g.bus.complete(right, g, token, answer); });
}
socle_status publish(const socle_host* host, const socle_context* context, socle_str channel, socle_payload* payload,
                     socle_event_fn done, void* user) {
  Generation& g = self(host);
  Worker* w = here();
  if (w == nullptr || context == nullptr || payload == nullptr) return SOCLE_INVALID;
  if (!g.grants.publishes.contains(view(channel))) return SOCLE_DENIED;
  const auto route = w->snapshot->channels.find(view(channel));
  if (route == w->snapshot->channels.end()) return SOCLE_UNAVAILABLE;
  return g.bus.channels().publish(*w, g, *Context::of(context), route->second, Payload::of(payload), done, user);
}

// ---- contexts
std::string trace_text(const socle_context& context) {
  constexpr char hex[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : context.trace_id) (text += hex[byte >> 4]) += hex[byte & 15];
  return text;
}
const socle_context* context_open(const socle_host* host, const socle_root* root) {
  Generation& g = self(host);
  if (!g.grants.ingress) return nullptr;
  Worker* w = here();
  if (w == nullptr) return nullptr;
  const bool continues = root->struct_size >= sizeof(socle_root) && root->continues != 0;
  return Context::open({view(root->tenant), view(root->principal), view(root->claims), view(root->idempotency_key),
                        view(root->lane), root->deadline, root->work_class, root->trace_id, root->span_id,
                        root->trace_flags, &w->account(view(root->tenant)), !continues},
                       &g);
}
const socle_context* context_act_as(const socle_host* host, socle_str tenant, socle_str reason, int64_t deadline) {
  Generation& g = self(host);
  if (!g.grants.act_as) return nullptr;
  // A suspended tenant's work behind its requests goes on; one that is going or gone has none.
  const auto why = entry_refusal(g.bus.tenants(), view(tenant));
  if (why.status != SOCLE_OK && why.code != "tenant_suspended") return nullptr;
  const std::string principal = "plugin:" + g.plugin;
  // The call of somebody that it is answering just now: what it opens for that ends with it. START and the other hooks
  // are the kernel's, and what they open is work without a caller.
  const Frame* frame = here() != nullptr ? here()->running_frame.load(std::memory_order_relaxed) : nullptr;
  const bool answers = frame != nullptr && frame->callee == &g && frame->method < g.descriptor->method_count;
  const Context* const parent = answers ? frame->context : nullptr;
  telemetry::Log::get().write(telemetry::Level::info, "acts as tenant",
                              {{"plugin", g.plugin},
                               {"generation", std::to_string(g.seq)},
                               {"tenant", view(tenant)},
                               {"trace_id", parent != nullptr ? trace_text(*parent) : ""},
                               {"reason", view(reason)},
                               {"asked_by", parent != nullptr ? view(parent->principal) : ""},
                               {"asked_for", parent != nullptr ? view(parent->tenant) : ""}});
  Identity who;
  who.tenant = view(tenant);
  who.principal = principal;
  who.deadline = parent != nullptr ? std::min(deadline, parent->deadline) : deadline;
  if (parent != nullptr) {
    who.trace_id = parent->trace_id;
    who.span_id = parent->span_id;
    who.trace_flags = parent->trace_flags;
  }
  who.work_class = SOCLE_CLASS_BACKGROUND;
  who.account = here() != nullptr ? &here()->account(view(tenant)) : nullptr;
  return Context::open(who, &g);
}
void context_retain(const socle_host*, const socle_context* c) { Context::of(c)->retain(); }
void context_release(const socle_host*, const socle_context* c) { Context::of(c)->release(); }
void context_cancel(const socle_host* host, const socle_context* c) {
  Worker* w = here();
  if (w != nullptr && Context::of(c)->opener() == &self(host)) self(host).bus.cancel(*w, *Context::of(c));
}

// ---- time, readiness, threads
int64_t now(const socle_host*) { return telemetry::monotonic_now(); }
int64_t now_utc(const socle_host*) { return telemetry::utc_now(); }
uint64_t timer_start(const socle_host* host, int64_t delay, socle_event_fn fn, void* user) {
  return here() != nullptr ? here()->timer_start(self(host), delay, fn, user) : 0;
}
int timer_cancel(const socle_host*, uint64_t id) { return here() != nullptr && here()->timer_cancel(id) ? 1 : 0; }
uint64_t watch_open(const socle_host* host, int32_t fd) {
  return here() != nullptr ? here()->watch_open(self(host), fd) : 0;
}
void watch_wait(const socle_host*, uint64_t id, uint32_t events, socle_event_fn fn, void* user) {
  if (here() != nullptr) here()->watch_wait(id, events, fn, user);
}
void watch_close(const socle_host*, uint64_t id) {
  if (here() != nullptr) here()->watch_close(id);
}
// On an offload thread, behind the barrier that code on the bare ABI may lack. What `done` is to be told.
socle_status run_work(const Generation& g, const Payer& payer, socle_work_fn work, void* user) {
  const crash::Blame blame(g.plugin, g.version, g.seq, "offload");
  const sched::PaidAside paid(*payer.account, payer.call);
  try {
    work(user);
    return SOCLE_OK;
  } catch (...) {
    telemetry::Log::get().write(telemetry::Level::error, "plugin let an exception out of offloaded work",
                                {{"plugin", g.plugin}});
    return SOCLE_INTERNAL;
  }
}
socle_status offload(const socle_host* host, socle_work_fn work, socle_event_fn done, void* user) {
  Generation& g = self(host);
  Worker* w = here();
  if (w == nullptr) return SOCLE_UNAVAILABLE;
  const Payer payer = w->paying();
  const auto piece = [&g, index = w->index(), work, done, user, payer] {
    const int64_t before = telemetry::thread_cpu();
    const socle_status status = run_work(g, payer, work, user);
    const int64_t used = telemetry::thread_cpu() - before;
    g.bus.post(index, [&g, done, user, payer, used, status](Worker& at) {
      at.lane.queue.charge(at.lane.queue.flow(*payer.account), used);
      Job job;
      job.kind = Job::Kind::offloaded;
      job.generation = &g;
      job.status = status;
      job.event = done;
      job.user = user;
      at.defer(job, payer);
    });
  };
  OffloadTerms terms = g.offload_terms != nullptr ? g.offload_terms(g) : OffloadTerms{};
  terms.patient = g.grants.ingress;  // it knows nobody yet: what it offloads is asked for by strangers
  if (!g.bus.offload().submit(*payer.account, piece, terms)) return SOCLE_UNAVAILABLE;
  g.at(w->index()).waiting.add(1);
  return SOCLE_PENDING;
}
void defer(const socle_host* host, socle_event_fn fn, void* user) {
  if (here() == nullptr) return;
  Job job;
  job.generation = &self(host);
  job.event = fn;
  job.user = user;
  here()->defer(job);
}
void post_to(Generation& g, sched::Account& payer, uint32_t worker, socle_event_fn fn, void* user) {
  if (g.bound()) worker = 0;
  if (Worker* w = here(); w != nullptr && w->index() == worker) {
    g.posted.fetch_add(1, std::memory_order_relaxed);
    Job job;
    job.kind = Job::Kind::posted;
    job.generation = &g;
    job.event = fn;
    job.user = user;
    return w->defer(job, {&payer, 0});
  }
  OffloadPool::handed_on();
  g.bus.post(g, worker, fn, user, payer);
}
void post(const socle_host* host, uint32_t worker, socle_event_fn fn, void* user) {
  post_to(self(host), self(host).account, worker, fn, user);
}
uint32_t worker(const socle_host* host) {
  return here() != nullptr ? std::min(here()->index(), self(host).bus.worker_count()) : 0;
}
uint32_t worker_count(const socle_host* host) { return self(host).bus.worker_count(); }
// Before each frame stands who pays for it; frames are aligned as malloc does.
struct FrameHead {
  sched::Account* payer = nullptr;
  sched::CallMemory call;
};
constexpr size_t frame_head = 32;
static_assert(sizeof(FrameHead) <= frame_head);
void* frame_alloc(const socle_host* host, size_t size) {
  Worker* w = here();
  char* block = nullptr;
  FrameHead head;
  if (w == nullptr) {
    block = static_cast<char*>(std::malloc(size + frame_head));
  } else {
    head = {w->paying().account, w->lane.call};
    const uint64_t cap = head.payer->call_memory_cap();
    const bool fits = head.call.fits(size, cap);
    if (!fits || !w->lane.hold(w->lane.payer(), static_cast<int64_t>(size))) {
      self(host).bus.memory_refused(fits ? 0 : cap);
      return nullptr;
    }
    head.call.add(size);
    self(host).at(w->index()).frames.add(1);
    block = static_cast<char*>(w->frame_alloc(size + frame_head));
  }
  if (block == nullptr) std::abort();
  new (block) FrameHead(head);
  return block + frame_head;
}
void frame_free(const socle_host* host, void* frame, size_t size) {
  Worker* w = here();
  char* block = static_cast<char*>(frame) - frame_head;
  FrameHead head = *reinterpret_cast<const FrameHead*>(block);
  head.call.remove(size);
  if (w == nullptr) {
    if (head.payer != nullptr) head.payer->give_memory(static_cast<int64_t>(size));
    return std::free(block);
  }
  if (head.payer != nullptr) w->lane.release(*head.payer, static_cast<int64_t>(size));
  self(host).at(w->index()).frames.add(-1);
  w->frame_free(block, size + frame_head);
}

// ---- catalogue
uint64_t catalog_version(const socle_host*) { return here() != nullptr ? here()->snapshot->version : 0; }
std::string listeners_json(const Snapshot& snapshot, const Generation& g) {
  std::string out = "[";
  for (const std::string& name : g.listeners) {
    if (const auto it = snapshot.listener_config.find(name); it != snapshot.listener_config.end())
      out.append(out.size() > 1 ? "," : "").append(it->second);
  }
  return out + "]";
}
socle_payload* catalog(const socle_host* host, socle_str name) {
  Generation& g = self(host);
  const SnapshotPtr snapshot = here() != nullptr ? here()->snapshot : g.bus.snapshot();
  const std::string_view what = view(name);
  std::string text;
  uint32_t media = SOCLE_MEDIA_JSON;
  if (what == "listeners") {
    text = listeners_json(*snapshot, g);
  } else if (g.grants.catalog && what == "routes") {
    text = snapshot->routes_json;
  } else if (g.grants.catalog && what == "plugins") {
    text = snapshot->plugins_json;
  } else if (g.grants.catalog && what == "health" && g.bus.owner() != nullptr) {
    text = g.bus.owner()->health_json();
  } else if (g.grants.catalog && what == "metrics") {
    text = g.bus.metrics().text() + g.bus.call_totals().text() + g.bus.monitor().metrics(20);
    media = SOCLE_MEDIA_TEXT;
  } else {
    return nullptr;
  }
  return Payload::make(text, media, {});
}

// ---- connections and resident handles
void connection_closed(const socle_host* host, uint64_t id) {
  Generation& g = self(host);
  Worker* w = here();
  if (w == nullptr) return;
  g.at(w->index()).connections.add(-1);
  w->connections.fetch_sub(1, std::memory_order_relaxed);
  w->connection_gone(id);
  if (g.bus.owner() != nullptr) g.bus.owner()->connection_closed(id);
}
void connection_return(const socle_host* host, const socle_connection* given) {
  Generation& g = self(host);
  Worker* w = here();
  if (w == nullptr) return;
  g.at(w->index()).connections.add(-1);
  w->connection_gone(given->id);
  w->connection(*given);
}
socle_status resident_put(const socle_host* host, socle_str name, uint32_t version, void* handle,
                          void (*destroy)(void*)) {
  Generation& g = self(host);
  return g.bus.owner() != nullptr ? g.bus.owner()->resident_put(g, view(name), version, handle, destroy)
                                  : SOCLE_UNSUPPORTED;
}
void* resident_take(const socle_host* host, socle_str name, uint32_t version) {
  Generation& g = self(host);
  return g.bus.owner() != nullptr ? g.bus.owner()->resident_take(g, view(name), version) : nullptr;
}

// ---- what operators see
void log(const socle_host* host, int level, const socle_context* context, socle_str message, const socle_pair* fields,
         size_t n) {
  Generation& g = self(host);
  const std::string generation = std::to_string(g.seq);
  std::string trace;
  std::vector<telemetry::Field> all{{"plugin", g.plugin}, {"generation", generation}};
  if (context != nullptr) {
    trace = trace_text(*context);
    all.push_back({"tenant", view(context->tenant)});
    all.push_back({"trace_id", trace});
  }
  for (size_t i = 0; i < std::min<size_t>(n, 32); ++i) all.push_back({view(fields[i].key), view(fields[i].value)});
  telemetry::Log::get().write(static_cast<telemetry::Level>(std::clamp(level, 0, 3)), view(message), all);
}
uint32_t metric(const socle_host* host, socle_str name, uint32_t kind, socle_str help) {
  return self(host).bus.metrics().define(view(name), static_cast<telemetry::Metrics::Kind>(std::min<uint32_t>(kind, 2)),
                                         view(help));
}
void observe(const socle_host* host, uint32_t number, double value) { self(host).bus.metrics().observe(number, value); }
double limit(const socle_host* host, const socle_context* context, socle_str name) {
  const TenantDirectory* tenants = self(host).bus.tenants();
  if (tenants == nullptr || here() == nullptr) return std::numeric_limits<double>::infinity();
  return tenants->limit(view(context->tenant), view(name));
}
void meter(const socle_host* host, const socle_context* context, socle_str name, double amount) {
  Generation& g = self(host);
  if (here() == nullptr || view(name).find_first_of("\"\\\n") != std::string_view::npos) return;
  if (g.bus.tenants() != nullptr) g.bus.tenants()->meter(view(context->tenant), view(name), amount, here()->now());
  g.bus.metrics().observe(here()->meter_series(view(name)), amount);
}
uint64_t span_begin(const socle_host*, const socle_context*, socle_str) {
  return static_cast<uint64_t>(telemetry::monotonic_now());
}
void span_end(const socle_host*, uint64_t) {}
socle_status fault_point(const socle_host* host, socle_str name) {
  return self(host).bus.fault_point(self(host).plugin, view(name));
}

// ---- 1.1: whose turn it is, and who pays
socle_status admit(const socle_host* host, uint64_t connection, socle_event_fn ready, void* user) {
  return here() != nullptr ? here()->connection_admit(self(host), connection, ready, user) : SOCLE_OK;
}
void connection_charge(const socle_host*, uint64_t connection, socle_str tenant) {
  if (here() != nullptr) here()->connection_charge(connection, view(tenant));
}
int rate(const socle_host*, const socle_context* context, socle_rate* out) {
  sched::Account* account = context != nullptr ? Context::of(context)->account() : nullptr;
  if (here() == nullptr || account == nullptr || !account->rate_limited()) return 0;
  const sched::RateState s = here()->lane.rate_state(*account, telemetry::monotonic_now());
  *out = {sizeof(socle_rate), 0, s.limit, s.burst, s.remaining, s.reset_for, s.retry_after};
  return 1;
}
int64_t slice_left_for(const socle_host*) { return here() != nullptr ? here()->lane.slice_left() : sched::Lane::slice; }
uint32_t pressure(const socle_host*, const socle_context* context) {
  const sched::Account* account = context != nullptr ? Context::of(context)->account() : nullptr;
  return account != nullptr ? account->pressure() : 0;
}
void* arena_alloc(const socle_host*, const socle_context* context, size_t size, size_t alignment) {
  return here() != nullptr && context != nullptr ? Context::of(context)->arena_alloc(size, alignment) : nullptr;
}
// An account's address: accounts live as long as the process.
uint64_t payer(const socle_host* host) {
  return reinterpret_cast<uintptr_t>(here() != nullptr ? here()->paying().account : &self(host).account);
}
void post_for(const socle_host* host, uint64_t payer_number, uint32_t worker, socle_event_fn fn, void* user) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): payer() above made the number from an account's address
  auto* account = reinterpret_cast<sched::Account*>(payer_number);
  post_to(self(host), *account, worker, fn, user);
}

// ---- what is kept, and done elsewhere, for a tenant
// Held are an account's bytes; accounts live as long as the process.
void* memory_hold(const socle_host* host, const socle_context* context, size_t size) {
  Generation& g = self(host);
  Worker* w = here();
  if (w == nullptr || context == nullptr || size > static_cast<size_t>(std::numeric_limits<int64_t>::max()))
    return nullptr;
  // An operator's call is the tenant's in whose name it is made, too.
  sched::Account* account = Context::of(context)->account();
  if (account == nullptr) account = &w->account(view(context->tenant));
  const auto bytes = static_cast<int64_t>(size);
  // What others keep beyond the cap (it was larger once) does not take the eighth that is this plugin's.
  const uint64_t cap = account->memory_cap();
  const bool own_part = size <= cap / 8 && static_cast<uint64_t>(g.kept.of(*account)) <= cap / 8 - size;
  const bool fits = own_part || size <= w->lane.memory_left(*account, cap);
  if (!fits || !w->lane.hold(w->lane.queue.flow(*account), bytes)) {
    g.bus.memory_refused(0);
    return nullptr;
  }
  if (g.kept.add(*account, bytes)) return account;
  w->lane.release(*account, bytes);  // the generation has ended
  g.bus.memory_refused(0);
  return nullptr;
}
void memory_release(const socle_host* host, void* held, size_t size) {
  auto* account = static_cast<sched::Account*>(held);
  if (account == nullptr || !self(host).kept.remove(*account, static_cast<int64_t>(size))) return;
  if (sched::Lane* lane = sched::Lane::current(); lane != nullptr) {
    lane->release(*account, static_cast<int64_t>(size));
  } else {
    account->give_memory(static_cast<int64_t>(size));
  }
}
void charge(const socle_host*, const socle_context* context, int64_t cpu) {
  constexpr int64_t most = 1'000'000'000;  // what one call can have caused is less
  sched::Account* account = context != nullptr ? Context::of(context)->account() : nullptr;
  if (here() == nullptr || account == nullptr || cpu <= 0) return;
  sched::Lane& lane = here()->lane;
  lane.queue.charge(lane.queue.flow(*account), std::min(cpu, most));
}

int64_t memory_refused(const socle_host*) { return Bus::last_refusal(); }

void meter_level(const socle_host* host, const socle_context* context, socle_str name, double level) {
  TenantDirectory* tenants = self(host).bus.tenants();
  if (tenants != nullptr && here() != nullptr && std::isfinite(level))
    tenants->meter_level(view(context->tenant), view(name), level);
}

}  // namespace

void fill_host_table(socle_host& h) {
  h.struct_size = sizeof(socle_host);
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
  h.connection_closed = connection_closed;
  h.connection_return = connection_return;
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
  h.admit = admit;
  h.connection_charge = connection_charge;
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
}

}  // namespace socle::bus
