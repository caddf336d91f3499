// call.cpp: the operator's own call of a method, routed like any other: on a worker, by its routes, through filters.
#include <algorithm>
#include <future>
#include <memory>

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
