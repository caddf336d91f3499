// error_json.hpp: an error as the control socket and `--json` print it: {"error": {"code": ..., "message": ...}}.
#pragma once

#include <string>

#include "lifecycle/json_text.hpp"
#include "socle/result.hpp"

namespace socle::control {

[[nodiscard]] inline std::string error_json(const Error& error) {
  lifecycle::JsonText json;
  json.begin_object()
      .begin_object("error")
      .string("code", to_string(error.code))
      .string("message", error.message)
      .end_object()
      .end_object();
  return json.take();
}

}  // namespace socle::control
