#include "tenants/usage_service.hpp"

#include <array>
#include <string>

#include "bus/worker.hpp"

namespace socle::tenants {
namespace {

using bus::str;
using bus::view;

socle_status usage(void* instance, const socle_call* call, socle_reply* reply) {
  const bus::TenantDirectory* tenants = static_cast<bus::Bus*>(instance)->tenants();
  const std::string_view tenant = view(call->context->tenant);
  const int64_t now = bus::Worker::current()->now();
  const std::string text = tenants != nullptr ? tenants->usage_json(tenant, now) : std::string();
  if (text.empty()) {
    *reply = bus::Bus::error(SOCLE_NOT_FOUND, "unknown_tenant",
                             "'" + std::string(tenant) + "' is no tenant: sign in to see what yours uses");
    return reply->status;
  }
  const std::array<socle_pair, 1> meta{socle_pair{str("cache-control"), str("no-store")}};
  reply->payload = bus::Payload::make(text, SOCLE_MEDIA_JSON, meta);
  return SOCLE_OK;
}

const std::array<socle_method, 1> methods{socle_method{str("tenants/1"), str("usage")}};

const socle_plugin descriptor{sizeof(socle_plugin), SOCLE_ABI_MAJOR, SOCLE_ABI_MINOR, str("kernel"), methods.data(),
                              methods.size(),       nullptr,         nullptr,         usage,         nullptr};

}  // namespace

const std::string_view usage_manifest = R"(plugin: kernel
version: 1.0.0
abi: 1.1
library: kernel.so
provides: [{service: tenants/1, methods: {usage: {idempotent: true, timeout: 1s}}}]
routes: [{GET: /v1/usage, to: tenants/1.usage, access: authenticated}]
)";

std::unique_ptr<bus::Generation> make_usage_service(bus::Bus& bus) {
  auto service = std::make_unique<bus::Generation>(bus, "kernel", "1.0.0", 0, bus::Grants{}, bus.worker_count() + 1);
  service->attach(&descriptor);
  service->instance = &bus;
  return service;
}

}  // namespace socle::tenants
