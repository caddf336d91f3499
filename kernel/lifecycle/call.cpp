// call.cpp: the operator's own call of a method, routed like any other: on a worker, by its routes, through filters.
#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <set>

#include "lifecycle/confine.hpp"
#include "lifecycle/lifecycle.hpp"
#include "telemetry/clock.hpp"

namespace socle::lifecycle {
namespace {

constexpr std::chrono::minutes patience{10};

struct Said {
  socle_status status = SOCLE_INTERNAL;
  std::string text, message;
};

Said said(const socle_reply& reply) {
  Said s;
  s.status = reply.status;
  if (reply.payload == nullptr) return s;
  const bus::PayloadRef owned(bus::Payload::of(reply.payload));
  s.text = bus::view(owned->text);
  s.message = owned->find("message");
  if (s.message.empty()) s.message = owned->find("code");
  return s;
}

// What it knows ends with its process.
bool only_remembers(const GenerationRecord& record) {
  if (record.link == nullptr) return false;
  const cell::Sandbox sandbox = sandbox_of(record.package);
  return sandbox.write.empty() && !sandbox.network;
}

// The cell that answers the tenant's calls, if its process lives.
std::optional<cell::CellFacts> living_cell(const cell::Link& link, const std::string& tenant, const bus::Bus& bus) {
  std::string owner;
  if (link.spec().sharing == cell::Sharing::per_tenant) owner = tenant;
  if (link.spec().sharing == cell::Sharing::per_plan && bus.tenants() != nullptr && !tenant.empty())
    owner = bus.tenants()->plan(tenant);
  for (cell::CellFacts& cell : link.facts()) {
    if (cell.owner == owner && cell.state != "down" && cell.state != "leaving") return std::move(cell);
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> Lifecycle::call(const std::string& service, const std::string& method, const std::string& json,
                                    const std::string& tenant, const std::string& principal) {
  const auto target = bus_->target(service, method);
  if (!target) return Error{Code::exhausted, "too many methods are known to call " + service + "." + method};
  const auto promise = std::make_shared<std::promise<Said>>();  // the worker's share: it may answer too late
  bus::Worker& worker = bus_->worker(0);
  worker.post([this, &worker, promise, json, tenant, principal, number = *target] {
    bus::Identity kernel;
    kernel.tenant = tenant;
    kernel.principal = principal;
    kernel.work_class = SOCLE_CLASS_BACKGROUND;
    kernel.deadline = telemetry::monotonic_now() + std::chrono::nanoseconds(patience).count();
    const bus::ContextRef context(bus::Context::open(kernel, nullptr));
    const bus::PayloadRef body(bus::Payload::make(json, SOCLE_MEDIA_JSON, {}));
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    const auto done = [](void* user, const socle_reply* r) {
      const std::unique_ptr<std::shared_ptr<std::promise<Said>>> held(
          static_cast<std::shared_ptr<std::promise<Said>>*>(user));
      (*held)->set_value(said(*r));
    };
    auto held = std::make_unique<std::shared_ptr<std::promise<Said>>>(promise);
    const socle_status status =
        bus_->call(worker, nullptr, *context.get(), number, body.get(), nullptr, &reply, done, held.get());
    if (status == SOCLE_PENDING) {
      static_cast<void>(held.release());  // done() takes it
    } else {
      promise->set_value(said(reply));
    }
  });
  std::future<Said> answered = promise->get_future();
  if (answered.wait_for(patience + std::chrono::seconds(1)) != std::future_status::ready)
    return Error{Code::deadline, service + "." + method + ": worker 0 does not come back"};
  const Said answer = answered.get();
  if (answer.status == SOCLE_OK) return answer.text.empty() ? std::string("{}") : answer.text;
  return Error{
      static_cast<Code>(answer.status),
      service + "." + method + ": " +
          (answer.message.empty() ? std::string(to_string(static_cast<Code>(answer.status))) : answer.message)};
}

Status Lifecycle::call_one(const GenerationRecord& record, const std::string& service, const std::string& method,
                           const std::string& json, const std::string& tenant) {
  const bool mortal = only_remembers(record);
  std::optional<cell::CellFacts> before;
  if (mortal) {
    before = living_cell(*record.link, tenant, *bus_);
    if (!before) return {};
  }
  auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  for (const auto& provided : record.package.manifest->provides) {
    if (to_string(provided.service) != service) continue;
    if (const auto facts = provided.methods.find(method); facts != provided.methods.end() && facts->second.timeout)
      timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*facts->second.timeout);
  }
  bus::PayloadRef body(bus::Payload::make(json, SOCLE_MEDIA_JSON, {}));
  const auto number = static_cast<uint32_t>(record.runtime->method(service, method));
  const bus::Answer answer = bus_->run_hook(*record.runtime, bus_->worker(0), number, std::move(body), timeout, tenant);
  if (answer.status == SOCLE_OK) return {};
  if (mortal) {  // it may have died meanwhile, and what it knew with it
    const auto now = living_cell(*record.link, tenant, *bus_);
    if (!now || now->deaths != before->deaths) return {};
  }
  const std::string& said = answer.message.empty() ? answer.code : answer.message;
  const auto code = static_cast<Code>(answer.status);
  return Error{code, service + "." + method + ": " + (said.empty() ? std::string(to_string(code)) : said)};
}

// Asking is pinned, as health.cpp does. A generation that comes while others are asked has its turn, too.
Status Lifecycle::call_all(const std::string& service, const std::string& method, const std::string& json,
                           const std::string& tenant) {
  Status all;
  std::set<uint64_t> asked;
  for (;;) {
    RecordPtr next;
    bool parked = false;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [name, member] : members_) {
        for (const RecordPtr& r : {member.primary, member.canary}) {
          if (r == nullptr || asked.contains(r->seq) || r->runtime->method(service, method) < 0) continue;
          next = r;
          parked = member.parked;
        }
      }
      if (next == nullptr) return all;
      if (!parked) ++next->guests;
    }
    if (parked) {  // it hands its state over: the call waits for whoever gets it, who is asked again then
      if (auto answered = call(service, method, json, tenant); !answered) return std::move(answered).error();
      continue;
    }
    asked.insert(next->seq);
    auto done = call_one(*next, service, method, json, tenant);
    {
      const std::lock_guard lock(mutex_);
      --next->guests;
    }
    changed_.notify_all();
    if (!done && all) all = std::move(done);
  }
}

Status Lifecycle::operators_may_call(const manifest::MethodRef& method) const {
  for (const auto& [name, member] : members_copy()) {
    const auto& provided = member.primary->package.manifest->provides;
    const auto service =
        std::find_if(provided.begin(), provided.end(), [&](const auto& p) { return p.service == method.service; });
    if (service == provided.end()) continue;
    const auto found = service->methods.find(method.method);
    if (found == service->methods.end())
      return Error{Code::not_found, "plugin '" + name + "' has no method " + to_string(method)};
    if (found->second.operators) return {};
    return Error{Code::denied, to_string(method) + " is not for operators: the manifest of plugin '" + name +
                                   "' does not say `operators: true` of it"};
  }
  return Error{Code::unavailable,
               "no plugin provides " + to_string(method.service) + "; `socle plugin list` names those that are loaded"};
}

std::vector<std::string> Lifecycle::services_with(const std::string& method) const {
  std::vector<std::string> out;
  for (const auto& [name, member] : members_copy()) {
    for (const auto& provided : member.primary->package.manifest->provides) {
      const auto found = provided.methods.find(method);
      if (found != provided.methods.end() && found->second.operators) out.push_back(to_string(provided.service));
    }
  }
  return out;
}

bool Lifecycle::provides(const std::string& service, const std::string& method) {
  const auto target = bus_->target(service, method);
  const bus::SnapshotPtr snapshot = bus_->snapshot();
  return target && *target < snapshot->routes.size() && snapshot->routes[*target].primary.generation != nullptr;
}

}  // namespace socle::lifecycle
