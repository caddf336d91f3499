// The log beside a reader that stalls, goes, or comes back: nobody who logs waits, and what is missing is told.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "telemetry/log.hpp"
#include "telemetry/log_queue.hpp"

namespace socle::telemetry {
namespace {

using Catch::Matchers::Contains;
using std::chrono::seconds;

// A pipe that holds 4 KiB.
class Pipe {
 public:
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    out_ = ends[0];
    in = ends[1];
    REQUIRE(fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096);
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_reader() {
    if (out_ >= 0) close(std::exchange(out_, -1));
  }
  void close_writer() {
    if (const int fd = in.exchange(-1); fd >= 0) close(fd);
  }
  // What comes until `last` has come, or all of it.
  std::string read_to(const std::string& last) {
    std::string text;
    std::array<char, 4096> some{};
    while (text.find(last) == std::string::npos) {
      const ssize_t n = read(out_, some.data(), some.size());
      if (n <= 0) break;
      text.append(some.data(), static_cast<size_t>(n));
    }
    return text;
  }
  std::atomic<int> in{-1};  // what is written to

 private:
  int out_ = -1;
};

std::string notice(uint64_t dropped) { return "dropped " + std::to_string(dropped) + "\n"; }
std::string numbered(int n) { return "line " + std::to_string(n) + std::string(80, '.') + "\n"; }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) lines.push_back(line + "\n");
  return lines;
}

}  // namespace

TEST_CASE("log: a reader that stalls stops nobody, and is told where lines are missing and how many", "[telemetry]") {
  Pipe pipe;
  LogQueue queue(8192, pipe.in, notice);
  queue.start();
  constexpr int sent = 1000;
  for (int i = 0; i < sent; ++i) queue.put(numbered(i));  // ends, though nobody reads
  std::string text = pipe.read_to("dropped ");
  queue.put("the end\n");
  if (text.find("the end\n") == std::string::npos) text += pipe.read_to("the end\n");
  REQUIRE(queue.finish(seconds(20)));
  const std::vector<std::string> lines = lines_of(text);
  int next = 0;
  for (const std::string& line : lines) {
    INFO(line);
    if (line.starts_with("dropped ")) {
      next += std::stoi(line.substr(8));
    } else if (line != "the end\n") {
      CHECK(line == numbered(next++));
    }
  }
  CHECK(next == sent);
  CHECK(lines.size() < sent / 2);
  CHECK(lines.back() == "the end\n");
}

TEST_CASE("log: lines longer than a pipe takes at once, and over the ring's edge, come whole", "[telemetry]") {
  Pipe pipe;
  LogQueue queue(20'000, pipe.in, notice);
  queue.start();
  for (size_t i = 0; i < 60; ++i) {
    const std::string line = std::string(i * 150, static_cast<char>('a' + i % 26)) + "\n";
    queue.put(line);
    REQUIRE(pipe.read_to(line) == line);
  }
  REQUIRE(queue.finish(seconds(20)));
}

TEST_CASE("log: a queue that ends has written what was put into it", "[telemetry]") {
  Pipe pipe;
  LogQueue queue(8192, pipe.in, notice);
  for (int i = 0; i < 20; ++i) queue.put(numbered(i));
  queue.start();
  REQUIRE(queue.finish(seconds(20)));
  const std::string text = pipe.read_to(numbered(19));
  CHECK(lines_of(text).size() == 20);
}

TEST_CASE("log: a queue whose reader never comes ends without it", "[telemetry]") {
  static auto* const pipe = new Pipe;  // its thread stays in write(2) for a while longer
  static auto* const queue = new LogQueue(8192, pipe->in, notice);
  queue->start();
  for (int i = 0; i < 90; ++i) queue->put(numbered(i));
  CHECK_FALSE(queue->finish(std::chrono::milliseconds(20)));
  pipe->close_reader();
}

TEST_CASE("log: what a broken descriptor loses is counted once another takes its place", "[telemetry]") {
  Pipe broken, sound;
  std::atomic<int> to{broken.in.load()};
  broken.close_reader();
  LogQueue queue(8192, to, notice);
  queue.start();
  for (int i = 0; i < 5; ++i) queue.put(numbered(i));
  to = sound.in.load();
  queue.put("well again\n");
  REQUIRE(queue.finish(seconds(20)));
  sound.close_writer();
  size_t taken = 0, dropped = 0;
  for (const std::string& line : lines_of(sound.read_to("nothing"))) {
    if (line.starts_with("line ")) ++taken;
    if (line.starts_with("dropped ")) dropped += std::stoul(line.substr(8));
  }
  CHECK(taken + dropped == 5);
}

TEST_CASE("log: last words are what no thread has written yet", "[telemetry]") {
  Pipe pipe;
  LogQueue queue(8192, pipe.in, notice);
  for (int i = 0; i < 60; ++i) queue.put(numbered(i));
  queue.last_words();  // 4 KiB of them: what the pipe takes
  const std::string text = pipe.read_to(numbered(30));
  CHECK_THAT(text, Catch::Matchers::StartsWith(numbered(0) + numbered(1)));
}

TEST_CASE("log: without a queue a record that nobody takes is dropped and counted", "[telemetry]") {
  Pipe pipe;
  REQUIRE(write(pipe.in, std::string(4095, ' ').append("\n").data(), 4096) == 4096);
  Log& log = Log::get();
  log.configure(Level::info, Log::Format::json);
  log.redirect(pipe.in);
  log.write(Level::info, "lost");
  static_cast<void>(pipe.read_to("\n"));
  log.write(Level::info, "kept");
  const std::string text = pipe.read_to("kept");
  log.redirect(STDERR_FILENO);
  CHECK_THAT(text, Contains("log records were dropped: whoever reads this log did not take them in time") &&
                       Contains("\"dropped\":\"1\""));
  CHECK(text.find("lost") == std::string::npos);
}

TEST_CASE("log: with a queue nobody waits, and the end writes what is queued", "[telemetry]") {
  Pipe pipe;
  Log& log = Log::get();
  log.configure(Level::info, Log::Format::json);
  log.redirect(pipe.in);
  log.begin_queue();
  for (int i = 0; i < 10; ++i) log.write(Level::info, "record " + std::to_string(i));
  log.end_queue(seconds(20));
  const std::string text = pipe.read_to("record 9");
  log.redirect(STDERR_FILENO);
  CHECK(lines_of(text).size() == 10);
}

}  // namespace socle::telemetry
