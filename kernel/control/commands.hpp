// commands.hpp: what each word of the control socket does (contract, section 2). Control threads; every call may block.
#pragma once

#include <string>
#include <vector>

#include "cell/process/control.hpp"
#include "control/arguments.hpp"
#include "control/server.hpp"
#include "control/tenant_commands.hpp"
#include "lifecycle/lifecycle.hpp"

namespace socle::control {

class Commands {
 public:
  // `facts`: "control", "data", "file" and listener addresses, as JSON members for `status` and `doctor`.
  Commands(lifecycle::Lifecycle& lifecycle, TenantCommands tenants, cell::ProcessControl& processes, std::string facts)
      : lifecycle_(lifecycle), tenants_(tenants), processes_(processes), facts_(std::move(facts)) {}
  [[nodiscard]] Answer run(const std::vector<std::string>& words);

 private:
  Answer carry_out(const std::vector<std::string>& words);
  Answer plugin(const std::vector<std::string>& words);
  Answer doctor();
  Answer plan(const std::string& file, bool dry);
  [[nodiscard]] std::vector<std::string> strangers(const manifest::SystemManifest& system) const;
  Answer storage(const std::vector<std::string>& words);
  Answer explain(const std::vector<std::string>& words);
  Answer explain_access(const Arguments& args);
  Answer call(const std::vector<std::string>& words);
  lifecycle::Lifecycle& lifecycle_;
  TenantCommands tenants_;
  cell::ProcessControl& processes_;
  std::string facts_;
};

}  // namespace socle::control
