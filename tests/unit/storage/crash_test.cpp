// kill -9 at random moments: nothing acknowledged is lost, nothing is half there, indexes and feed agree with the
// documents. A hundred rounds on one database; SOCLE_CRASH_ROUNDS=300 for the long run.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>

#include "store/read.hpp"
#include "store/rocks_kv.hpp"
#include "support/temp_dir.hpp"
#include "support/thread_lane.hpp"

using namespace socle::storage;

namespace {

// Runs the writer until `lines` acknowledgements were seen and a little longer, kills it; all it acknowledged.
std::string run_and_kill(const std::string& directory, unsigned seed, std::size_t lines, unsigned extra_us) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string seed_text = std::to_string(seed);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execl(CRASH_WRITER, "crash_writer", directory.c_str(), seed_text.c_str(), nullptr);
    std::_Exit(127);
  }
  ::close(ends[1]);
  std::string acknowledged;
  char buffer[4096];
  bool killed = false;
  for (;;) {
    const auto got = ::read(ends[0], buffer, sizeof buffer);
    if (got <= 0) break;
    acknowledged.append(buffer, static_cast<std::size_t>(got));
    if (!killed && static_cast<std::size_t>(std::count(acknowledged.begin(), acknowledged.end(), '\n')) >= lines) {
      ::usleep(extra_us);  // not a wait for anything: the moment of the crash
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  INFO("writer ended with status " << status);
  REQUIRE(killed);
  REQUIRE(WIFSIGNALED(status));
  return acknowledged;
}

}  // namespace

TEST_CASE("storage: kill -9 at any moment loses nothing acknowledged and leaves nothing half-written",
          "[storage][crash]") {
  const char* wish = std::getenv("SOCLE_CRASH_ROUNDS");
  const int rounds = wish != nullptr ? std::atoi(wish) : 100;
  socle::testing::TempDir directory;
  std::mt19937 random(42);
  std::map<int, unsigned> promised;
  std::size_t acknowledged = 0;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    std::istringstream lines(run_and_kill(directory / "db", static_cast<unsigned>(round), 1 + random() % 400,
                                          static_cast<unsigned>(random() % 3000)));
    int group = 0;
    unsigned stamp = 0;
    std::string line;
    while (std::getline(lines, line) && std::istringstream(line) >> group >> stamp) {
      promised[group] = std::max(promised[group], stamp);
      ++acknowledged;
    }
    auto db = open_rocks(directory / "db", {});
    INFO((db ? "" : db.error().message));
    REQUIRE(db);
    {
      RocksKv kv(*db);
      ThreadLane store(kv);
      const Answer verified = verify_store(store.state);
      INFO(verified.text);
      REQUIRE(verified.text.starts_with("{\"ok\":true"));
      for (const auto& [each, least] : promised) {
        unsigned first = 0;
        for (int part = 0; part < 3; ++part) {
          const Answer found =
              store.call("acme", Method::get,
                         "{\"collection\":\"x\",\"id\":\"" + std::to_string(each) + "." + std::to_string(part) + "\"}");
          REQUIRE_FALSE(found.failed);
          const auto stored = static_cast<unsigned>(std::atoi(found.text.c_str() + found.text.find("\"stamp\":") + 8));
          if (part == 0) first = stored;
          INFO("group " << each << " part " << part);
          REQUIRE(stored >= least);
          REQUIRE(stored == first);
        }
      }
    }
    close_rocks(*db);
  }
  CHECK(acknowledged > static_cast<std::size_t>(rounds));
  WARN(rounds << " kills, " << acknowledged << " acknowledged writes, none lost");
}
