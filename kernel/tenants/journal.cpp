#include "tenants/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/hash.hpp"

namespace socle::tenants {
namespace {

constexpr size_t head_size = 8 + 1 + 16 + 1;
constexpr size_t max_file = size_t{1} << 31U;

Result<std::string> seal_of(std::string_view body) {
  auto hash = base::sha256_hex(body);
  if (hash) hash->resize(16);
  return hash;
}

Error failure(const std::filesystem::path& file, std::string_view what) {
  return Error{errno == ENOSPC ? Code::storage_full : Code::unavailable,
               std::string(what) + " " + file.string() + ": " + std::strerror(errno)};
}

bool all_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

}  // namespace

Result<std::string> frame_of(std::string_view body) {
  auto seal = seal_of(body);
  if (!seal) return std::move(seal).error();
  std::string out = fmt::format("{:08x} {}\n", body.size(), *seal);
  out += body;
  return out;
}

Framed read_frame(std::string_view bytes) {
  Framed frame;
  frame.size = bytes.size();
  if (bytes.size() < head_size) return frame;
  uint32_t size = 0;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + 8, size, 16);
  if (error != std::errc() || end != bytes.data() + 8 || bytes[8] != ' ' || bytes[head_size - 1] != '\n') {
    // No size to go by: what a file system left of an unfinished append is zeros, anything else is damage.
    frame.size = all_zero(bytes) ? bytes.size() : head_size;
    return frame;
  }
  if (size > bytes.size() - head_size) return frame;
  frame.size = head_size + size;
  frame.body = bytes.substr(head_size, size);
  const auto seal = seal_of(frame.body);
  frame.whole = seal && bytes.substr(9, 16) == *seal;
  return frame;
}

Result<Journal> Journal::open(const std::filesystem::path& file,
                              const std::function<Status(std::string_view)>& replay) {
  Journal journal(file);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (auto made = journal.replace({}); !made) return std::move(made).error();
    return journal;
  }
  const auto text = base::read_file(file, max_file);
  if (!text) return text.error();
  std::string_view rest = *text;
  while (!rest.empty()) {
    const Framed frame = read_frame(rest);
    if (!frame.whole) {
      if (frame.size >= rest.size()) break;
      return Error{Code::data_loss, file.string() + ": the frame at byte " +
                                        std::to_string(text->size() - rest.size()) +
                                        " is damaged and more follows; restore the file from a backup"};
    }
    if (auto replayed = replay(frame.body); !replayed)
      return std::move(replayed).error().context(file.string() + " at byte " +
                                                 std::to_string(text->size() - rest.size()));
    rest.remove_prefix(frame.size);
  }
  if (auto reopened = journal.reopen(); !reopened) return std::move(reopened).error();
  journal.size_ = text->size() - rest.size();
  if (!rest.empty() && ::ftruncate(journal.fd_.get(), static_cast<off_t>(journal.size_)) != 0)
    return failure(file, "cut the unfinished end of");
  return journal;
}

Status Journal::reopen() {
  fd_ = base::Fd(::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!fd_.valid()) return failure(file_, "open");
  return {};
}

Status Journal::append(std::string_view body, const std::function<std::string()>& whole) {
  if (doubtful_) {
    if (auto replaced = replace(whole()); !replaced) return replaced;
  }
  const auto frame = frame_of(body);
  if (!frame) return frame.error();
  doubtful_ = true;
  std::string_view rest = *frame;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd_.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(file_, "write");
    rest.remove_prefix(static_cast<size_t>(n));
  }
  if (::fdatasync(fd_.get()) != 0) return failure(file_, "sync");
  doubtful_ = false;
  size_ += frame->size();
  return {};
}

Status Journal::replace(std::string_view body) {
  const auto frame = frame_of(body);
  if (!frame) return frame.error();
  doubtful_ = true;
  if (auto wrote = base::write_file_atomic(file_, *frame, 0600); !wrote) return wrote;
  if (auto reopened = reopen(); !reopened) return reopened;
  size_ = frame->size();
  doubtful_ = false;
  return {};
}

}  // namespace socle::tenants
