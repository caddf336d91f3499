// cell/process/cell_process.hpp: one cell's process as the kernel holds it: by pidfd, so that a number used again is
// never mistaken for it. Owned by the data path's Cell; its end is told by the pidfd in a worker's epoll.
#pragma once

#include <memory>
#include <string>

#include "base/file.hpp"
#include "cell/link/process.hpp"
#include "cell/process/group.hpp"
#include "crash/black_box.hpp"

namespace socle::cell {

// A crash::BlackBox in memory of a fixed size that a cell writes and the kernel reads.
class SharedBox {
 public:
  SharedBox();
  ~SharedBox();
  SharedBox(const SharedBox&) = delete;
  SharedBox& operator=(const SharedBox&) = delete;
  [[nodiscard]] bool valid() const { return box_ != nullptr; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void close_fd() { fd_.reset(); }  // the mapping stays
  [[nodiscard]] const crash::BlackBox& box() const { return *box_; }

 private:
  base::Fd fd_;
  crash::BlackBox* box_ = nullptr;
};

class CellProcess : public Process {
 public:
  CellProcess(pid_t pid, base::Fd pidfd, std::unique_ptr<SharedBox> box, Group group, std::filesystem::path data);
  ~CellProcess() override;
  [[nodiscard]] pid_t pid() const override { return pid_; }
  [[nodiscard]] int pidfd() const override { return pidfd_.get(); }
  void kill() override;
  bool ended_as_told() override;
  std::string epitaph(const LastWork& work) override;

 private:
  void reap();
  const pid_t pid_;
  const base::Fd pidfd_;
  const std::unique_ptr<SharedBox> box_;
  const Group group_;
  const std::filesystem::path data_;
  bool reaped_ = false;
  int signal_ = 0, exit_code_ = 0;  // once reaped
};

}  // namespace socle::cell
