// operation_record.hpp: what an operator's command leaves in the audit trail. The kernel knows no trail: whoever
// provides a method `record` for operators is told (audit/1), as `forget` tells of a tenant's end. Control threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/server.hpp"
#include "lifecycle/lifecycle.hpp"

namespace socle::control {

struct Operation {
  std::string name, target, tenant;  // "plugin.swap", "plugins/hello", "" or whose trail it belongs to
  std::string words;                 // as typed, without what may be long or secret
};

// Nothing: the command changes nothing.
[[nodiscard]] std::optional<Operation> operation_of(const std::vector<std::string>& words);
// `status`: "ok", "refused" or what else became of it. `outcome`: of a change of one plugin, in words ("canary ended",
// "reverted: WHY"). A failure is logged: the command itself has been carried out.
void record_operation(lifecycle::Lifecycle& lifecycle, const Operation& operation, std::string_view status,
                      const std::string& outcome = {});

}  // namespace socle::control
