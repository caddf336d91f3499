// cell/link/process.hpp: what the data path needs of process control: somebody who starts a process for a CellBoot, and
// that process. kernel/cell/process implements it; tests use a plain fork().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cell/boot.hpp"
#include "socle/result.hpp"

namespace socle::cell {

// What a cell was working on when it died, from the kernel's own tables; the page in shared memory only said which of
// the kernel's calls to look at. Texts are empty when it was nobody's call.
struct LastWork {
  std::string plugin, version;
  std::uint64_t generation = 0;
  std::string tenant;
  std::string method;                       // "storage/1.put", "start hook"
  std::string input_sha256;                 // of the request's text
  std::optional<std::uint64_t> input_size;  // of it, bytes; nullopt: the kernel does not hold it (any more)
};

class Process {
 public:
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  virtual ~Process() = default;  // kills it if it lives, and reaps it
  [[nodiscard]] virtual pid_t pid() const = 0;
  [[nodiscard]] virtual int pidfd() const = 0;  // readable once it has ended
  virtual void kill() = 0;                      // SIGKILL; any thread, any number of times
  // REQUIRES: pidfd() is readable. Reaps it: did it end as one does that is told to, by exit 0 or SIGKILL? May block:
  // never called on a worker.
  virtual bool ended_as_told() = 0;
  // REQUIRES: pidfd() is readable. Reaps it and tells how it died, in one line; may write a report. May block, too.
  virtual std::string epitaph(const LastWork& work) = 0;
};

// Called on threads that may block, several at a time. The descriptors of `boot` are borrowed.
using Spawn = std::function<Result<std::unique_ptr<Process>>(const CellBoot& boot)>;

}  // namespace socle::cell
