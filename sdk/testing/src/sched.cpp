// sched.cpp: the scheduling slots of the fake table: everybody's turn has always come, what tests set is answered.
#include "state.hpp"

namespace socle::testing {
namespace {

using detail::view;

// OK, or PENDING and the turn in a later step when a test stalls or fails "admit".
socle_status admit(const socle_host* host, std::uint64_t connection, socle_event_fn ready, void* user) {
  State& state = state_of(host);
  state.worker_only("admit");
  if (!state.connections.contains(connection)) state.misuse("admit: not an open connection");
  Code code{};
  const Verdict verdict = state.judge("admit", code);
  if (verdict == Verdict::go) return SOCLE_OK;
  state.schedule_event(state.worker, ready, user, verdict == Verdict::fail ? SOCLE_CANCELLED : SOCLE_OK,
                       verdict == Verdict::stall);
  return SOCLE_PENDING;
}

void connection_charge(const socle_host* host, std::uint64_t connection, socle_str tenant) {
  State& state = state_of(host);
  state.worker_only("connection_charge");
  (void)state.judge("connection_charge");
  if (!state.connections.contains(connection)) return state.misuse("connection_charge: not an open connection");
  state.charged[connection] = view(tenant);
}

int rate(const socle_host* host, const socle_context* context, socle_rate* out) {
  State& state = state_of(host);
  state.worker_only("rate");
  (void)state.judge("rate");
  const auto found = state.rates.find(Context(context).tenant());
  if (found == state.rates.end()) return 0;
  *out = found->second;
  out->struct_size = sizeof(socle_rate);
  return 1;
}

std::int64_t slice_left_for(const socle_host* host) {
  (void)state_of(host).judge("slice_left_for");
  return state_of(host).slice;
}

std::uint32_t pressure(const socle_host* host, const socle_context* context) {
  State& state = state_of(host);
  (void)state.judge("pressure");
  const auto found = state.pressure.find(Context(context).tenant());
  return found == state.pressure.end() ? 0 : found->second;
}

void* arena_alloc(const socle_host* host, const socle_context* raw, std::size_t size, std::size_t alignment) {
  State& state = state_of(host);
  state.worker_only("arena_alloc");
  if (state.refuses("arena_alloc")) return nullptr;
  if (!state.contexts.contains(raw)) return state.misuse("arena_alloc: not a live context"), nullptr;
  auto& arena = reinterpret_cast<FakeContext*>(const_cast<socle_context*>(raw))->arena;
  std::size_t room = size + alignment;
  void* at = arena.emplace_back(new char[room]).get();
  return std::align(alignment, size, at, room);
}

std::uint64_t payer(const socle_host* host) {
  (void)state_of(host).judge("payer");
  return 1;
}

void post_for(const socle_host* host, std::uint64_t who, std::uint32_t worker, socle_event_fn done, void* user) {
  State& state = state_of(host);
  if (who != 1) state.misuse("post_for: a number that payer() never gave");
  const Verdict verdict = state.judge("post");  // one rule for both
  state.schedule_event(worker, done, user, verdict == Verdict::fail ? SOCLE_CANCELLED : SOCLE_OK,
                       verdict == Verdict::stall);
}

void* memory_hold(const socle_host* host, const socle_context* context, std::size_t size) {
  State& state = state_of(host);
  state.worker_only("memory_hold");
  if (state.refuses("memory_hold")) return nullptr;
  if (!state.contexts.contains(context)) return state.misuse("memory_hold: not a live context"), nullptr;
  const std::string tenant(Context(context).tenant());
  const auto limited = state.memory.find(tenant);
  if (limited != state.memory.end() && state.held_by(tenant) + size > limited->second) return nullptr;
  HeldMemory made{std::make_unique<char>(), tenant, size};
  void* address = made.address.get();
  state.held.emplace(address, std::move(made));
  return address;
}

void memory_release(const socle_host* host, void* held, std::size_t size) {
  State& state = state_of(host);
  (void)state.judge("memory_release");
  const auto found = state.held.find(held);
  if (found == state.held.end()) return state.misuse("memory_release: not what memory_hold gave, or given back before");
  if (found->second.size != size) state.misuse("memory_release: another size than was held");
  state.held.erase(found);
}

void charge(const socle_host* host, const socle_context* context, std::int64_t cpu) {
  State& state = state_of(host);
  state.worker_only("charge");
  (void)state.judge("charge");
  state.cpu_used[std::string(Context(context).tenant())] += cpu;
}

// On any thread: offloaded work is refused payloads, too.
std::int64_t memory_refused(const socle_host* host) {
  (void)state_of(host).judge("memory_refused");
  return std::exchange(state_of(host).memory_refused, 0);
}

}  // namespace

std::size_t State::held_by(std::string_view tenant) const {
  std::size_t sum = 0;
  for (const auto& [address, one] : held) sum += one.tenant == tenant ? one.size : 0;
  return sum;
}

void fill_sched(socle_host& host) {
  host.admit = admit;
  host.connection_charge = connection_charge;
  host.rate = rate;
  host.slice_left_for = slice_left_for;
  host.pressure = pressure;
  host.arena_alloc = arena_alloc;
  host.payer = payer;
  host.post_for = post_for;
  host.memory_hold = memory_hold;
  host.memory_release = memory_release;
  host.charge = charge;
  host.memory_refused = memory_refused;
}

}  // namespace socle::testing
