// target.hpp: Target, a service's method as this generation may call it. Look it up once, in the constructor:
// Host::target("storage/1", "put"). A refused lookup is remembered, and calling it answers that refusal.
#pragma once

#include <socle/detail/reply.hpp>

namespace socle {

class Target {
 public:
  Target() = default;
  Target(std::string_view service, std::string_view method) : name_(std::string(service).append(".").append(method)) {
    status_ = detail::host_table->resolve(detail::host_table, detail::str(service), detail::str(method), &id_);
  }

  explicit operator bool() const { return status_ == SOCLE_OK; }
  [[nodiscard]] std::uint32_t id() const { return id_; }
  [[nodiscard]] std::string_view name() const { return name_; }
  // REQUIRES: the lookup was refused.
  [[nodiscard]] Error error() const {
    if (status_ == SOCLE_DENIED) {
      return {Code::denied, "call " + name_ + ": not granted; name the service under `requires` in the manifest and " +
                                "grant it in the system manifest"};
    }
    if (status_ == SOCLE_UNSUPPORTED) return {Code::unsupported, "call " + name_ + ": the service has no such method"};
    return {detail::code(status_), "call " + name_ + ": the target was never resolved"};
  }

 private:
  std::string name_ = "(none)";
  std::uint32_t id_ = 0;
  socle_status status_ = SOCLE_INTERNAL;
};

struct CallOptions {
  Duration timeout = {};                  // zero: the callee's declared time-out; the context's deadline always holds
  std::string_view idempotency_key = {};  // replaces the context's when present; copied
};

}  // namespace socle
