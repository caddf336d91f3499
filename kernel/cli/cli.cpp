#include "cli/cli.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "cli/execute.hpp"
#include "cli/views.hpp"
#include "socle/json/document.hpp"

namespace socle::cli {
namespace {

constexpr int refresh_ms = 1000;

bool takes_colour() {
  const char* none = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (none == nullptr || *none == '\0') &&
         (terminal == nullptr || std::strcmp(terminal, "dumb") != 0);
}

int print(const Outcome& outcome) {
  std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
  const bool whole = std::fflush(stdout) == 0;
  std::fwrite(outcome.err.data(), 1, outcome.err.size(), stderr);
  if (whole) return outcome.exit_code;
  std::fputs("socle: the output could not be written whole; free the disk or keep the pipe open\n", stderr);
  return 1;
}

// Redraws until Ctrl-C ends the process, or the kernel no longer answers.
int live_top(const Invocation& invocation, const World& world) {
  std::optional<TopSample> before;
  for (;;) {
    const auto answer = world.ask(socket_of(invocation, world), words_for_kernel(invocation));
    if (!answer) return print(complaint(1, answer.error(), false));
    const auto document = json::Document::parse(answer->json);
    if (!document || answer->exit_code != 0) return print(execute(invocation, world));
    const TopSample now = sample_of(document->root(), std::chrono::steady_clock::now());
    const std::string text = view_top(document->root(), before ? &*before : nullptr, now, world.colour);
    if (print({0, "\x1b[H\x1b[J" + text, {}}) != 0) return 1;
    before = now;
    poll(nullptr, 0, refresh_ms);
  }
}

std::vector<std::string> words_for_run(const Invocation& invocation) {
  std::vector<std::string> words = invocation.arguments;
  for (const auto& [flag, value] : invocation.flags) {
    words.push_back(flag);
    words.push_back(value);
  }
  return words;
}

}  // namespace

int run(const std::vector<std::string>& arguments, Kernel kernel) {
  World world;
  world.ask = control::ask;
  std::error_code error;
  world.here = std::filesystem::current_path(error);
  world.executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (const char* given = std::getenv("SOCLE_CONTROL"); given != nullptr) world.environment_control = given;
  world.colour = takes_colour();
  const auto invocation = parse(arguments, world.here);
  if (!invocation) {
    const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    return print(complaint(2, invocation.error(), json));
  }
  const std::string_view words = invocation->command != nullptr ? invocation->command->words : "";
  if (words == "run" && !invocation->help) return kernel(words_for_run(*invocation));
  const bool live = words == "top" && !invocation->help && !invocation->has("--once") && !invocation->has("--json");
  if (live && isatty(STDOUT_FILENO) == 1) return live_top(*invocation, world);
  return print(execute(*invocation, world));
}

}  // namespace socle::cli
