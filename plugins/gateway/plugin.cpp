// plugin.cpp: wiring only: the descriptor, the instance, hooks. Entries cannot throw: allocation failure ends the
// process loudly, and the libraries' exceptions are caught where the libraries are wrapped.
#include <socle/abi.h>

#include <memory>
#include <vector>

#include "plugin.hpp"
#include "worker.hpp"

namespace socle::gateway {

namespace {

struct Gateway {
  Shared shared;
  std::vector<std::unique_ptr<Worker>> workers;
};

socle_status create(const socle_host* host, socle_payload* config, void** instance, socle_reply*) noexcept {
  auto gateway = std::make_unique<Gateway>();
  gateway->shared.host = host;
  if (config) gateway->shared.config = read_config(view(config->text));
  auto metric = [host](std::string_view name, std::uint32_t kind, std::string_view help) {
    return host->metric(host, str(name), kind, str(help));
  };
  gateway->shared.requests = metric("gateway_requests_total", SOCLE_METRIC_COUNTER, "HTTP requests answered");
  gateway->shared.failures = metric("gateway_failures_total", SOCLE_METRIC_COUNTER, "answers with a 5xx status");
  gateway->shared.refusals = metric("gateway_refusals_total", SOCLE_METRIC_COUNTER, "requests refused by the gateway");
  gateway->shared.opened = metric("gateway_connections_opened_total", SOCLE_METRIC_COUNTER, "connections taken over");
  gateway->shared.closed =
      metric("gateway_connections_closed_total", SOCLE_METRIC_COUNTER, "connections ended or given back");
  const std::uint32_t workers = host->worker_count(host);
  for (std::uint32_t i = 0; i < workers; ++i) gateway->workers.push_back(std::make_unique<Worker>(gateway->shared));
  *instance = gateway.release();
  return SOCLE_OK;
}

void destroy(void* instance) noexcept { delete static_cast<Gateway*>(instance); }

Worker* worker_of(Gateway& gateway) {
  const std::uint32_t index = gateway.shared.host->worker(gateway.shared.host);
  return index < gateway.workers.size() ? gateway.workers[index].get() : nullptr;
}

socle_status handle(void* instance, const socle_call* call, socle_reply*) noexcept {
  auto& gateway = *static_cast<Gateway*>(instance);
  switch (call->method) {
    case SOCLE_HOOK_START:
    case SOCLE_HOOK_HEALTH:
    case SOCLE_HOOK_STOP: return SOCLE_OK;
    case SOCLE_HOOK_DRAIN: {
      Worker* worker = worker_of(gateway);
      return worker ? worker->drain(call->token) : SOCLE_OK;
    }
    default: return SOCLE_UNSUPPORTED;
  }
}

void connection(void* instance, const socle_connection* connection) noexcept {
  auto& gateway = *static_cast<Gateway*>(instance);
  worker_of(gateway)->accept(*connection);
}

constexpr socle_plugin descriptor{sizeof(socle_plugin),
                                  SOCLE_ABI_MAJOR,
                                  SOCLE_ABI_MINOR,
                                  {"gateway", 7},
                                  nullptr,
                                  0,
                                  create,
                                  destroy,
                                  handle,
                                  connection};

}  // namespace

const socle_plugin* plugin_descriptor() { return &descriptor; }

}  // namespace socle::gateway
