// outage.hpp: storage that answers no reading while it is down.
#pragma once

#include "rig.hpp"

namespace auth_test {

struct Outage {
  explicit Outage(Rig& on) : rig(on) {
    rig.host.serve("storage/1", "get", [this](const ServiceCall& call) -> Reply {
      if (down) return Reply::error(Code::unavailable, "storage_down", "storage does not answer");
      const auto request = json::Document::parse(call.text());
      REQUIRE(request);
      const auto answer = rig.store.call(call.context.tenant(), Method::get, request->root());
      if (answer.failed)
        return Reply::error(answer.problem.code, answer.problem.stable, answer.problem.message, answer.problem.fields);
      return Reply::json(answer.text);
    });
  }
  Rig& rig;
  bool down = false;
};

}  // namespace auth_test
