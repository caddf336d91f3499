#include "cli/cli.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "control/server.hpp"

namespace socle::cli {

int run(const std::vector<std::string>& arguments) {
  std::filesystem::path socket = "data/control.sock";
  if (const char* given = std::getenv("SOCLE_CONTROL"); given != nullptr) socket = given;
  std::vector<std::string> words;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--control" && i + 1 < arguments.size()) {
      socket = arguments[++i];
    } else if (arguments[i] != "--json") {
      words.push_back(arguments[i]);
    }
  }
  const auto answer = control::ask(socket, words);
  if (!answer) {
    std::fprintf(stderr, "socle: %s\n", answer.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", answer->json.c_str());
  return answer->exit_code;
}

}  // namespace socle::cli
