// server.hpp: the control socket: a Unix stream socket (mode 0600) on which `socle` asks the kernel. A request is the
// command's words, an answer is an exit code and a JSON text:
//
//   request: u32 count, then count × (u32 size, bytes)        at most 64 words, 1 MiB in all
//   answer:  u32 exit code (0 done, 1 refused or failed, 2 usage), u32 size, JSON bytes
//
// Integers are little-endian. One request a connection. Each runs on a thread of its own (at most 16), because a swap
// may wait for a drain; nothing here runs on a worker.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "socle/result.hpp"

namespace socle::control {

struct Answer {
  int exit_code = 0;
  std::string json;
  std::string outcome = {};  // what became of one plugin, for the audit trail; not sent
};

using Handler = std::function<Answer(const std::vector<std::string>& words)>;

class Server {
 public:
  static constexpr size_t max_words = 64;
  static constexpr size_t max_request = 1 << 20;

  Server(std::filesystem::path path, Handler handler);
  ~Server();  // stop()
  // A socket nobody serves any more is replaced; anything else at the path is refused and left alone.
  Status start();
  void stop();  // waits for requests that run

 private:
  void run();
  void serve(base::Fd client);
  static void refuse(int client);
  std::filesystem::path path_;
  Handler handler_;
  std::pair<dev_t, ino_t> ours_{};  // what start() made: somebody else's is not removed
  base::Fd listening_, wake_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable idle_;
  size_t running_ = 0;  // guarded by mutex_
};

// The client's side: sends words, waits for the answer. unavailable: nobody listens there (with the path, and what to
// do).
Result<Answer> ask(const std::filesystem::path& socket, const std::vector<std::string>& words);

}  // namespace socle::control
