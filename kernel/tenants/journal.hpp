// journal.hpp: what the registry must never forget, in one file of frames that is appended to and now and then replaced
// whole. A frame is one decision, taken wholly or not at all:
//
//   8 hex digits: bytes of the body · blank · the first 16 hex digits of the body's SHA-256 · line end · the body
//
// Whatever follows the last whole frame was never acknowledged (the process or the machine stopped in the middle) and
// is dropped. A damaged frame with more behind it is damage of the disk: the file is refused. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "socle/result.hpp"

namespace socle::tenants {

// A body as a frame, and the body of the frame that `bytes` begins with: nothing when that is torn or damaged.
[[nodiscard]] Result<std::string> frame_of(std::string_view body);
struct Framed {
  bool whole = false;
  std::string_view body;
  size_t size = 0;  // of the frame; when it is not whole, as far as it would reach
};
[[nodiscard]] Framed read_frame(std::string_view bytes);

class Journal {
 public:
  // Every body of the file, in order; a file that is not there has none. `replay`'s error ends it.
  static Result<Journal> open(const std::filesystem::path& file, const std::function<Status(std::string_view)>& replay);

  // On disk when it answers OK. After an error the decision is not taken, and the next append() first replaces the file
  // by `whole()`, because nobody knows what lies at its end.
  [[nodiscard]] Status append(std::string_view body, const std::function<std::string()>& whole);
  [[nodiscard]] Status replace(std::string_view body);
  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  explicit Journal(std::filesystem::path file) : file_(std::move(file)) {}
  Status reopen();
  std::filesystem::path file_;
  base::Fd fd_;
  uint64_t size_ = 0;
  bool doubtful_ = false;  // the end of the file is not known
};

}  // namespace socle::tenants
