// vault.cpp: see the header.
#include "disk/vault.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>

#include "content/media.hpp"

namespace socle::blob {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t piece = 256 * 1024;
constexpr std::string_view digits = "0123456789abcdef";

Error failed(const std::string& what, int number) {
  const auto code = number == ENOSPC || number == EDQUOT ? Code::storage_full
                    : number == ENOENT                   ? Code::not_found
                                                         : Code::internal;
  return {code, what + ": " + std::strerror(number)};
}

Status sync_folder(const std::string& path) {
  const Part folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0) return failed("sync folder " + path, errno);
  return {};
}

// The folder and those above it, each entry on disk.
Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_folder(fs::path(path).parent_path().string());
  if (errno == EEXIST) return {};
  if (errno != ENOENT) return failed("make folder " + path, errno);
  const auto above = fs::path(path).parent_path().string();
  if (above.empty() || above == path) return failed("make folder " + path, ENOENT);
  if (auto made = make_folder(above); !made) return made;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed("make folder " + path, errno);
  return sync_folder(above);
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  out.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

int digit(char c) {
  const auto at = digits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

Part::Part(Part&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Part& Part::operator=(Part&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Part::~Part() {
  if (fd_ >= 0) ::close(fd_);
}

std::string Vault::folder_of(std::string_view tenant) {
  std::string out;
  for (const char c : tenant) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append("%").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
  }
  return out;
}

std::string Vault::tenant_of(std::string_view folder) {
  std::string out;
  for (std::size_t i = 0; i < folder.size(); ++i) {
    if (folder[i] != '%') {
      out += folder[i];
      continue;
    }
    if (i + 2 >= folder.size() || digit(folder[i + 1]) < 0 || digit(folder[i + 2]) < 0) return {};
    out += static_cast<char>(digit(folder[i + 1]) * 16 + digit(folder[i + 2]));
    i += 2;
  }
  return out;
}

std::string Vault::home(std::string_view tenant) const { return directory_ + "/" + folder_of(tenant); }
std::string Vault::whole(std::string_view tenant, std::string_view id) const {
  return home(tenant).append("/").append(id.substr(0, 2)).append("/").append(id);
}
std::string Vault::partial(std::string_view tenant, std::string_view id) const {
  return home(tenant).append("/part/").append(id);
}

Result<Part> Vault::open_part(std::string_view tenant, std::string_view id) const {
  if (auto made = make_folder(home(tenant) + "/part"); !made) return std::move(made).error();
  const auto path = partial(tenant, id);
  // Renamed already, but its record was not written: it goes back.
  if (::access(path.c_str(), F_OK) != 0) (void)::rename(whole(tenant, id).c_str(), path.c_str());
  Part part(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (part.fd() < 0) return failed("open " + path, errno);
  if (::flock(part.fd(), LOCK_EX | LOCK_NB) != 0)
    return Error{Code::conflict, "another request is writing to this upload: wait for it, then ask for its offset"};
  return part;
}

Status Vault::append(const Part& part, std::uint64_t offset, std::string_view bytes) const {
  if (::ftruncate(part.fd(), static_cast<off_t>(offset)) != 0) return failed("cut an upload", errno);
  while (!bytes.empty()) {
    const auto wrote = ::pwrite(part.fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return failed("write an upload", wrote == 0 ? EIO : errno);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  if (::fsync(part.fd()) != 0) return failed("sync an upload", errno);
  return {};
}

Result<Stored> Vault::seal(const Part& part, std::uint64_t size) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1)
    return Error{Code::internal, "SHA-256 is not available"};
  Stored out;
  std::string buffer(std::min<std::uint64_t>(piece, std::max<std::uint64_t>(size, 1)), '\0');
  for (std::uint64_t at = 0; at < size;) {
    const auto got =
        ::pread(part.fd(), buffer.data(), std::min<std::uint64_t>(buffer.size(), size - at), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failed("read an upload back", got == 0 ? EIO : errno);
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (EVP_DigestUpdate(digest.get(), bytes.data(), bytes.size()) != 1) return Error{Code::internal, "SHA-256 failed"};
    if (out.head.size() < sniffed_bytes) out.head += bytes.substr(0, sniffed_bytes - out.head.size());
    at += bytes.size();
  }
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_DigestFinal_ex(digest.get(), sum, &length) != 1) return Error{Code::internal, "SHA-256 failed"};
  out.sha256 = hex(sum, length);
  if (::ftruncate(part.fd(), static_cast<off_t>(size)) != 0 || ::fsync(part.fd()) != 0)
    return failed("sync an upload", errno);
  return out;
}

Status Vault::finish(std::string_view tenant, std::string_view id) const {
  const auto path = whole(tenant, id);
  const auto folder = fs::path(path).parent_path().string();
  if (auto made = make_folder(folder); !made) return made;
  if (::rename(partial(tenant, id).c_str(), path.c_str()) != 0) return failed("keep " + path, errno);
  return sync_folder(folder);
}

Result<std::string> Vault::read(std::string_view tenant, std::string_view id, std::uint64_t offset,
                                std::size_t size) const {
  const auto path = whole(tenant, id);
  const Part file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.fd() < 0) return failed("open " + path, errno);
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto got = ::pread(file.fd(), out.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read " + path, errno);
    if (got == 0) return Error{Code::data_loss, path + " is shorter than its record says"};
    have += static_cast<std::size_t>(got);
  }
  return out;
}

Status Vault::remove(std::string_view tenant, std::string_view id) const {
  for (const auto& path : {whole(tenant, id), partial(tenant, id)})
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove " + path, errno);
  return {};
}

Status Vault::forget(std::string_view tenant) const {
  std::error_code error;
  fs::remove_all(home(tenant), error);
  if (error) return failed("remove the files of '" + std::string(tenant) + "'", error.value());
  return {};
}

Result<std::vector<std::string>> Vault::tenants() const {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator one(directory_, error), end; !error && one != end; one.increment(error))
    if (auto tenant = tenant_of(one->path().filename().string()); !tenant.empty()) out.push_back(std::move(tenant));
  if (error && error.value() != ENOENT) return failed("list " + directory_, error.value());
  return out;
}

Result<std::vector<Leftover>> Vault::list(std::string_view tenant) const {
  std::vector<Leftover> out;
  std::error_code error;
  const auto now = std::time(nullptr);
  for (fs::recursive_directory_iterator one(home(tenant), error), end; !error && one != end; one.increment(error)) {
    struct stat facts {};
    if (::lstat(one->path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    auto id = one->path().filename().string();
    if (!is_file_id(id)) continue;
    out.push_back({std::move(id), one->path().parent_path().filename() == "part", now - facts.st_mtim.tv_sec});
  }
  if (error && error.value() != ENOENT) return failed("list the files of '" + std::string(tenant) + "'", error.value());
  return out;
}

std::string random_id() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return {};
  return hex(bytes, sizeof bytes);
}

bool is_file_id(std::string_view id) {
  return id.size() == 32 && std::all_of(id.begin(), id.end(), [](char c) { return digit(c) >= 0; });
}

}  // namespace socle::blob
