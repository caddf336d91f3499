// execute.hpp: one command line, start to end, but for `run` and the live `top`: parse, ask, and say it for people or
// programs. All that is outside comes in World, so tests need no kernel. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/parse.hpp"
#include "control/server.hpp"
#include "socle/result.hpp"

namespace socle::cli {

using Ask =
    std::function<Result<control::Answer>(const std::filesystem::path& socket, const std::vector<std::string>& words)>;

struct World {
  Ask ask;
  std::filesystem::path here;                      // working directory
  std::filesystem::path executable;                // of this process
  std::optional<std::string> environment_control;  // SOCLE_CONTROL
  bool colour = false;
};

struct Outcome {
  int exit_code = 0;
  std::string out, err;
};

// REQUIRES: not `run`.
[[nodiscard]] Outcome execute(const Invocation& invocation, const World& world);

// A refused command line, or any other error of ours. `json` prints it on stdout too, as the kernel would.
[[nodiscard]] Outcome complaint(int exit_code, const Error& error, bool json);

[[nodiscard]] std::filesystem::path socket_of(const Invocation& invocation, const World& world);

}  // namespace socle::cli
