// cell/process/broker.hpp: opens files for cells. A cell cannot open anything itself; the system stops it and asks the
// kernel, which looks whether the path is declared, opens it, and puts the descriptor into the cell. The path is read
// once and used from there, so that changing it meanwhile changes nothing. Runs on the warden's thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/file.hpp"
#include "cell/process/sandbox.hpp"

namespace socle::cell {

class Broker {
 public:
  // `library` can always be read, and so can what every process looks at: time zones, /dev/null, its own maps.
  Broker(const Sandbox& sandbox, std::string library);

  // For the process `pid`. On refusal no descriptor, and `error` is an errno.
  [[nodiscard]] base::Fd open(const std::string& path, int flags, mode_t mode, pid_t pid, int& error) const;

 private:
  std::vector<std::string> readable_, writable_;
};

}  // namespace socle::cell
