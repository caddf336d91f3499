// report.hpp: from a death and its black box to a crash report: one JSON file a crash under DATA/crashes, newest last
// in the order of names, the oldest swept. Written by whoever outlived the crash: the supervisor for the kernel, the
// kernel for its cells. Blocks on the disk; any thread that may.
//
//   {"time", "process", "pid", "signal" | "exit_code", "reason", "plugin", "version", "generation", "method", "tenant",
//    "input_size", "input_fnv1a" | "input_sha256", "address", "thread", "stack": ["libnotes.so+0x1a2b", …]}
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crash/black_box.hpp"
#include "socle/result.hpp"

namespace socle::crash {

inline constexpr size_t reports_kept = 100;

struct Report {
  std::string process;  // "kernel" or "cell"
  pid_t pid = 0;
  int signal = 0;      // 0: it exited
  int exit_code = 0;   // when signal is 0
  std::string reason;  // why it was killed, when it did not crash by itself: "no heartbeat for 2s"
  int64_t at = 0;      // UTC nanoseconds
  std::string plugin, version, method, tenant;
  uint64_t generation = 0;
  uint64_t input_size = 0, input_hash = 0;
  std::string input_sha256;  // where the writer has the input itself
  uint64_t address = 0;
  int thread = 0;
  std::vector<std::string> stack;  // "module+0xoffset" for addr2line, innermost first
};

// What the box tells, in a report whose process, pid, signal and time are set by the caller. Whatever is in the box,
// the report is short, printable text.
void read(const BlackBox& box, Report& report);

// "SIGSEGV"; "signal 77" for one without a name.
[[nodiscard]] std::string signal_name(int signal);
[[nodiscard]] std::string to_json(const Report& report);

// Writes it, sweeps all but the newest reports_kept. The file's path.
Result<std::filesystem::path> keep(const std::filesystem::path& data, const Report& report);

// The text of the newest report that names this plugin; nullopt when there is none.
[[nodiscard]] std::optional<std::string> last_of(const std::filesystem::path& data, std::string_view plugin);

}  // namespace socle::crash
