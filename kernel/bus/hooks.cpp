// hooks.cpp: hooks and methods of a generation that the lifecycle asks from its own threads, and who is to blame where
// no answer comes: the hook's own code, what held its thread before, or an overloaded machine.
#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "bus/bus.hpp"
#include "bus/latch.hpp"
#include "telemetry/clock.hpp"

namespace socle::bus {

struct Bus::HookRun {
  HookRun(Generation& g, Worker& w, std::chrono::milliseconds t) : asked(g), on(w), timeout(t) {}
  Generation& asked;
  Worker& on;
  const std::chrono::milliseconds timeout;
  Latch latch{1};
  std::atomic<bool> begun{false}, returned{false};
  Answer answer;
};

std::shared_ptr<Bus::HookRun> Bus::begin_hook(Generation& g, Worker& on, uint32_t method, PayloadRef payload,
                                              std::chrono::milliseconds timeout, const std::string& tenant) {
  auto hook = std::make_shared<HookRun>(g, on, timeout);
  if (payload) payload->share();
  auto body = std::make_shared<PayloadRef>(std::move(payload));
  on.post([this, &g, &on, method, hook, body, timeout, tenant] {
    hook->begun = true;
    const auto done = [](void* user, const socle_reply* reply) {
      const std::unique_ptr<std::shared_ptr<HookRun>> held(static_cast<std::shared_ptr<HookRun>*>(user));
      HookRun& h = **held;
      h.answer.status = reply->status;
      if (reply->payload != nullptr) {
        const PayloadRef owned(Payload::of(reply->payload));
        h.answer.code = owned->find("code");
        h.answer.message = owned->find("message");
        h.answer.state_version = owned->find("state-version");
        h.answer.text = view(owned->text);
      }
      h.latch.arrive();
    };
    Frame& f = on.frames.take();
    Identity kernel;
    kernel.tenant = tenant;
    kernel.principal = "kernel";
    kernel.work_class = SOCLE_CLASS_BACKGROUND;
    kernel.deadline = telemetry::monotonic_now() + std::chrono::nanoseconds(timeout).count();
    f.context = Context::open(kernel, nullptr);
    f.payload = body->get() != nullptr ? body->take() : Payload::empty();
    f.target = UINT32_MAX;
    f.caller = nullptr;
    f.done = done;
    f.user = new std::shared_ptr<HookRun>(hook);
    f.started = 0;
    f.waiting = nullptr;
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    const socle_status status = enter(on, f, {&g, method}, &reply);
    hook->returned = true;
    if (status == SOCLE_PENDING) {
      f.context->link(f);
      f.kind = TimerKind::deadline;
      on.arm_deadline(f, f.context->deadline);
      return;
    }
    f.done = nullptr;
    done(f.user, &reply);
    recycle(on, f);
  });
  return hook;
}

// The deadline inside answers a plugin that waits; only a worker that does not come round is still silent after the
// grace. Then somebody's code is on its stack: the hook's own, or what was begun before or behind it. While nobody's
// is, the machine is overloaded.
Answer Bus::await_hook(HookRun& run) {
  constexpr std::chrono::milliseconds grace{250};
  constexpr std::chrono::milliseconds look{50};
  constexpr int looks = 100;
  if (run.latch.wait(run.timeout + std::min(grace, run.timeout + std::chrono::milliseconds(50)))) return run.answer;
  const sched::Account* holder = nullptr;
  uint64_t turns = run.on.turns();
  for (int i = 0; i < looks && holder == nullptr; ++i) {
    if (run.latch.wait(look)) return run.answer;
    if (run.on.turns() == turns) holder = run.on.running_plugin.load(std::memory_order_acquire);
    turns = run.on.turns();
  }
  Answer lost;
  lost.status = SOCLE_DEADLINE;
  lost.code = "deadline_exceeded";
  lost.blocked = !run.begun && holder != &run.asked.account;
  lost.hung = !lost.blocked;
  const std::string whose = holder != nullptr ? "plugin '" + holder->id().substr(8) + "'" : "the kernel";
  lost.message = lost.hung ? "the plugin did not give its thread back" : "its thread is held by " + whose;
  return lost;
}

Answer Bus::run_hook(Generation& g, Worker& on, uint32_t method, PayloadRef payload, std::chrono::milliseconds timeout,
                     const std::string& tenant) {
  if (g.bound()) return await_hook(*begin_hook(g, worker(0), method, std::move(payload), timeout, tenant));
  if (on.index() < worker_count()) return await_hook(*begin_hook(g, on, method, std::move(payload), timeout, tenant));
  const std::lock_guard staged(staging_mutex_);
  const std::string name = g.plugin + ": " + g.entry_name(method);
  if (payload) {
    payload->share();
    payload->retain();
  }
  PayloadRef again(payload.get());
  Answer answer = await_hook(*begin_hook(g, staging(), method, std::move(payload), timeout, tenant));
  if (answer.blocked) {  // somebody before it had the thread: it has not been asked yet, and is on the next one
    replace_staging(answer.message);
    answer = await_hook(*begin_hook(g, staging(), method, std::move(again), timeout, tenant));
  }
  if (answer.hung || answer.blocked) replace_staging(name);
  return answer;
}

std::vector<Answer> Bus::run_hook_on_workers(Generation& g, uint32_t method, std::chrono::milliseconds timeout) {
  if (g.affinity_one) return {run_hook(g, staging(), method, {}, timeout)};
  std::vector<std::shared_ptr<HookRun>> runs;
  runs.reserve(workers_.size());
  for (auto& w : workers_) runs.push_back(begin_hook(g, *w, method, {}, timeout));
  std::vector<Answer> answers;
  answers.reserve(runs.size());
  for (auto& run : runs) answers.push_back(await_hook(*run));
  return answers;
}

}  // namespace socle::bus
