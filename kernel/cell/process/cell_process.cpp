#include "cell/process/cell_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "crash/report.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::cell {

SharedBox::SharedBox() : fd_(memfd_create("socle-box", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  if (!fd_.valid() || ftruncate(fd_.get(), sizeof(crash::BlackBox)) != 0) return;
  // A cell that cuts it off would end the reader.
  if (fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return;
  void* memory = mmap(nullptr, sizeof(crash::BlackBox), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (memory != MAP_FAILED) box_ = static_cast<crash::BlackBox*>(memory);
}

SharedBox::~SharedBox() {
  if (box_ != nullptr) munmap(box_, sizeof(crash::BlackBox));
}

CellProcess::CellProcess(pid_t pid, base::Fd pidfd, std::unique_ptr<SharedBox> box, Group group,
                         std::filesystem::path data)
    : pid_(pid), pidfd_(std::move(pidfd)), box_(std::move(box)), group_(std::move(group)), data_(std::move(data)) {}

CellProcess::~CellProcess() {
  kill();
  reap();
}

void CellProcess::kill() { syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0); }

void CellProcess::reap() {
  if (reaped_) return;
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) == 0) {
    signal_ = info.si_code == CLD_EXITED ? 0 : info.si_status;
    exit_code_ = info.si_code == CLD_EXITED ? info.si_status : 0;
  }
  reaped_ = true;
}

bool CellProcess::ended_as_told() {
  reap();
  return signal_ == SIGKILL || (signal_ == 0 && exit_code_ == 0);
}

std::string CellProcess::epitaph(const LastWork& work) {
  reap();
  crash::Report report;
  report.process = "cell";
  report.pid = pid_;
  report.signal = signal_;
  report.exit_code = exit_code_;
  report.at = telemetry::utc_now();
  crash::read(box_->box(), report);
  // Whose it was the kernel knows better than the dead.
  report.plugin = work.plugin;
  report.version = work.version;
  report.generation = work.generation;
  report.tenant = work.tenant;
  if (!work.method.empty()) report.method = work.method;
  report.input_sha256 = work.input_sha256;
  if (work.input_size) report.input_size = *work.input_size;  // SIGKILL leaves nothing of it in the box
  const auto file = crash::keep(data_, report);
  if (!file) telemetry::Log::get().write(telemetry::Level::error, "crash report: " + file.error().message);
  return (signal_ != 0 ? "killed by " + crash::signal_name(signal_) : "exit code " + std::to_string(exit_code_)) +
         (report.method.empty() ? "" : " in " + report.method) + (file ? ", report " + file->string() : "");
}

}  // namespace socle::cell
