// host.hpp: Host, everything a plugin may ask of the kernel. One per generation, made before the plugin and outliving
// it. On a worker (or the staging thread of constructor, start, self_test and stop) unless a function says "any
// thread".
#pragma once

#include <socle/detail/callback.hpp>
#include <socle/detail/config.hpp>
#include <socle/detail/held.hpp>
#include <socle/detail/observe.hpp>
#include <socle/detail/operation.hpp>
#include <socle/detail/share.hpp>
#include <socle/detail/target.hpp>
#include <socle/detail/watch.hpp>

#include <algorithm>
#include <optional>

namespace socle {

// What context_open() needs; text is copied by the host.
struct Root {
  std::string_view tenant{}, principal{}, claims{}, idempotency_key{}, lane{};
  Instant deadline = Instant::never();
  bool background = false;
  const std::uint8_t* trace_id = nullptr;  // 16 bytes, or nullptr for a new trace
  const std::uint8_t* span_id = nullptr;   // 8 bytes: the remote parent, or nullptr
  std::uint8_t trace_flags = 0;
  bool continues = false;  // part of a request that was admitted already
};

class Host {
 public:
  Host(const socle_host* table, Payload config) : table_(table), config_(std::move(config)) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] Config config() const { return Config(config_.text()); }

  // -- calls and channels --------------------------------------------------------------------------------------------
  [[nodiscard]] Target target(std::string_view service, std::string_view method) const { return {service, method}; }
  // co_await gives the callee's Reply, its own errors included.
  [[nodiscard]] detail::CallOperation call(Context context, const Target& target, Payload payload = {},
                                           const CallOptions& options = {}) const {
    detail::CallOperation out{context.raw(), target.id(), std::move(payload), {}, std::string(options.idempotency_key)};
    out.options.struct_size = sizeof(socle_call_options);
    out.options.timeout_for = options.timeout.count();
    if (!target) {
      out.refused = true;
      out.answer = Reply(target.error());
    }
    return out;
  }
  // co_await gives a Status; `channel` must live until then.
  [[nodiscard]] detail::PublishOperation publish(Context context, std::string_view channel, Payload payload) const {
    return {context.raw(), channel, std::move(payload)};
  }

  // -- for whom ------------------------------------------------------------------------------------------------------
  // Work without a caller, for a tenant; permission "act-as: tenants". `reason` is logged.
  [[nodiscard]] Result<OwnedContext> act_as(std::string_view tenant, std::string_view reason, Duration limit) const {
    auto context = OwnedContext::adopt(
        table_->context_act_as(table_, detail::str(tenant), detail::str(reason), (now() + limit).nanoseconds));
    if (!context) {
      return Error{Code::denied, std::string("act as tenant '")
                                     .append(tenant)
                                     .append("': denied; the manifest needs permission \"act-as: tenants\"")};
    }
    return context;
  }
  // A root context for the plugin that answers for identity; permission "ingress".
  [[nodiscard]] Result<OwnedContext> open_context(const Root& root) const {
    const socle_root raw{sizeof raw,
                         static_cast<std::uint32_t>(root.background ? SOCLE_CLASS_BACKGROUND : SOCLE_CLASS_INTERACTIVE),
                         detail::str(root.tenant),
                         detail::str(root.principal),
                         detail::str(root.claims),
                         detail::str(root.idempotency_key),
                         detail::str(root.lane),
                         root.deadline.nanoseconds,
                         root.trace_id,
                         root.span_id,
                         root.trace_flags,
                         {},
                         root.continues ? 1U : 0U};
    auto context = OwnedContext::adopt(table_->context_open(table_, &raw));
    if (!context) return Error{Code::denied, "open a context: the manifest needs permission \"ingress\""};
    return context;
  }

  // -- time, readiness, threads --------------------------------------------------------------------------------------
  [[nodiscard]] Instant now() const { return {table_->now(table_)}; }                   // any thread
  [[nodiscard]] Duration now_utc() const { return Duration(table_->now_utc(table_)); }  // since 1970; any thread
  // co_await gives a Status: Code::cancelled when the generation drains.
  [[nodiscard]] detail::SleepOperation sleep(Duration length) const { return detail::SleepOperation(length); }
  // co_await lets others of this worker run first.
  [[nodiscard]] detail::YieldOperation yield() const { return {}; }
  template <class Function>
  [[nodiscard]] Timer after(Duration delay, Function function) const {
    return Timer(delay, std::move(function));
  }
  [[nodiscard]] Watch watch(int fd) const { return Watch(fd); }
  // Runs work() on the bounded pool for what blocks; co_await gives Result<what it returns> (a Result is not wrapped
  // again; a throw is Code::internal; a full pool Code::unavailable). In work() only "any thread" functions.
  template <class Work>
  [[nodiscard]] detail::OffloadOperation<Work> offload(Work work) const {
    return detail::OffloadOperation<Work>(std::move(work));
  }
  // On this worker, soon, from an empty stack.
  template <class Function>
  void defer(Function function) const {
    auto posted = std::make_unique<detail::Posted<Function>>(detail::Posted<Function>{std::move(function)});
    table_->defer(table_, &detail::Posted<Function>::arrived, posted.release());
  }
  // On that worker; from any thread.
  template <class Function>
  void post(std::uint32_t worker, Function function) const {
    auto posted = std::make_unique<detail::Posted<Function>>(detail::Posted<Function>{std::move(function)});
    table_->post(table_, worker, &detail::Posted<Function>::arrived, posted.release());
  }
  [[nodiscard]] std::uint32_t worker() const { return table_->worker(table_); }
  [[nodiscard]] std::uint32_t worker_count() const { return table_->worker_count(table_); }
  // Starts a loop of its own on this worker; see Ends.
  void spawn(Task<void> task, Ends ends = Ends::at_drain) { backgrounds_.spawn(std::move(task), ends); }
  // True once this generation is no longer routed: loops should end, connections be given back. Any thread.
  [[nodiscard]] bool draining() const { return draining_.load(std::memory_order_relaxed); }

  // -- its share of the machine (docs/design/scheduler.md)
  // ---------------------------------------------------------
  // How long this piece of work may go on before the worker's other tenants must have their turn; zero or less: pause.
  [[nodiscard]] Duration slice_left() const { return Duration(table_->slice_left_for(table_)); }
  // co_await goes on at once while the slice lasts, else when its tenant's turn has come again.
  [[nodiscard]] detail::PauseOperation pause() const { return {}; }
  // Long work in pieces: step() until it returns true, pausing whenever the slice is used up. A step should take some
  // 10 µs. The Status is Code::cancelled when the generation drains or nobody waits for the answer any more.
  template <class Step>
  [[nodiscard]] Task<Status> in_slices(Context context, Step step) const {
    while (!step()) {
      if (context.cancelled()) co_return Error{Code::cancelled, "long work: nobody waits for it any more"};
      if (auto paused = co_await pause(); !paused) co_return std::move(paused).error();
    }
    co_return Status{};
  }
  [[nodiscard]] Pressure pressure(Context context) const {
    return static_cast<Pressure>(std::min(table_->pressure(table_, context.raw()), 2U));
  }
  // A budget of fuel, cut to a half and a quarter as the tenant's memory fills up.
  [[nodiscard]] std::uint64_t fuel(Context context, std::uint64_t full) const {
    return full >> static_cast<unsigned>(pressure(context));
  }
  // Memory that is kept for the context's tenant beyond its calls, charged until the Held goes; see also ModelCache.
  // Code::exhausted when the tenant's budget is used up, too_large when it is more than all of that.
  [[nodiscard]] Result<Held> hold(Context context, std::size_t bytes) const {
    void* raw = table_->memory_hold(table_, context.raw(), bytes);
    if (raw == nullptr) return detail::not_held(bytes, limit(context, "memory"));
    return Held::adopt(raw, bytes);
  }
  // CPU time that was used for the context's tenant on threads that are not the host's: it counts like the tenant's
  // own.
  void charge(Context context, Duration cpu) const { table_->charge(table_, context.raw(), cpu.count()); }
  // Nothing when the tenant's rate is not limited.
  [[nodiscard]] std::optional<RequestRate> rate(Context context) const {
    socle_rate raw{};
    raw.struct_size = sizeof raw;
    if (table_->rate(table_, context.raw(), &raw) != 1) return std::nullopt;
    return RequestRate{raw.limit, raw.burst, raw.remaining, Duration(raw.reset_for), Duration(raw.retry_after_for)};
  }

  // -- catalogue and resident handles --------------------------------------------------------------------------------
  [[nodiscard]] std::uint64_t catalog_version() const { return table_->catalog_version(table_); }
  // "routes", "listeners", "plugins", "health", "metrics"; empty for an unknown name or without permission "catalog".
  [[nodiscard]] Payload catalog(std::string_view name) const {
    return Payload::adopt(table_->catalog(table_, detail::str(name)));
  }
  // Keeps a pointer across swaps. `destroy` must lie in a resident library.
  [[nodiscard]] Status resident_put(std::string_view name, std::uint32_t version, void* handle,
                                    void (*destroy)(void*)) const {
    return detail::to_status(table_->resident_put(table_, detail::str(name), version, handle, destroy),
                             "keep a resident handle");
  }
  // nullptr when absent or of another version; otherwise ours from now on.
  [[nodiscard]] void* resident_take(std::string_view name, std::uint32_t version) const {
    return table_->resident_take(table_, detail::str(name), version);
  }

  // -- what operators see --------------------------------------------------------------------------------------------
  // Any thread: host.log(Level::warn, "disk is slow", {{"ms", 12}, {"path", path}});
  void log(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(level, nullptr, message, fields);
  }
  void log(Level level, Context context, std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(level, context.raw(), message, fields);
  }
  [[nodiscard]] Metric counter(std::string_view name, std::string_view help) const {
    return metric(name, SOCLE_METRIC_COUNTER, help);
  }
  [[nodiscard]] Metric gauge(std::string_view name, std::string_view help) const {
    return metric(name, SOCLE_METRIC_GAUGE, help);
  }
  [[nodiscard]] Metric histogram(std::string_view name, std::string_view help) const {
    return metric(name, SOCLE_METRIC_HISTOGRAM, help);
  }
  // The tenant's plan says; +infinity when it does not name it.
  [[nodiscard]] double limit(Context context, std::string_view name) const {
    return table_->limit(table_, context.raw(), detail::str(name));
  }
  void meter(Context context, std::string_view name, double amount) const {
    table_->meter(table_, context.raw(), detail::str(name), amount);
  }
  // A stock (bytes stored, records) as it stands now; meter() adds to a flow.
  void meter_level(Context context, std::string_view name, double level) const {
    table_->meter_level(table_, context.raw(), detail::str(name), level);
  }
  [[nodiscard]] Span span(Context context, std::string_view name) const {
    return Span(table_->span_begin(table_, context.raw(), detail::str(name)));
  }
  // OK, or the fault that a test or a drill asks for here: if (auto s = host.fault_point("before sync"); !s) return …
  [[nodiscard]] Status fault_point(std::string_view name) const {
    return detail::to_status(table_->fault_point(table_, detail::str(name)), name);
  }

  [[nodiscard]] const socle_host* table() const { return table_; }
  // For the SDK's own hooks.
  [[nodiscard]] detail::Backgrounds& backgrounds() { return backgrounds_; }
  void begin_drain() { draining_.store(true, std::memory_order_relaxed); }

 private:
  [[nodiscard]] Metric metric(std::string_view name, std::uint32_t kind, std::string_view help) const {
    return Metric(table_->metric(table_, detail::str(name), kind, detail::str(help)));
  }
  void write(Level level, const socle_context* context, std::string_view message,
             std::initializer_list<Field> fields) const {
    constexpr std::size_t most = 16;
    socle_pair pairs[most];
    std::size_t count = 0;
    for (const Field& field : fields) {
      if (count < most) pairs[count++] = field.pair();
    }
    table_->log(table_, static_cast<int>(level), context, detail::str(message), pairs, count);
  }

  const socle_host* table_;
  Payload config_;
  detail::Backgrounds backgrounds_;
  std::atomic<bool> draining_{false};
};

}  // namespace socle
