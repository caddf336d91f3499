#include "credentials/refused_passwords.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <system_error>
#include <utility>

#include "credentials/password.hpp"

namespace socle::auth {
namespace {

constexpr std::size_t hash_digits = 40;
constexpr std::size_t longest_hash_line = 128;  // the hash, a colon, a count, the line's end
constexpr std::size_t shortest_hash = 32;       // digits; whatever begins with so many is a hash of some kind
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::uint64_t sampled_lines = 64;
constexpr std::size_t shortest_listed = 8;  // no password is shorter than that
constexpr std::string_view wanted_list =
    "wanted a password a line (64 MiB at most), or a SHA-1 hash a line: 40 hexadecimal digits and perhaps :COUNT, "
    "ordered by hash";

// As many as there are, up to `count`.
Result<std::string> bytes_at(int file, std::uint64_t at, std::size_t count) {
  std::string out(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t got = ::pread(file, out.data() + have, count - have, static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Code::unavailable, "it cannot be read: " + std::generic_category().message(errno)};
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

std::string_view without_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// The digits of HASH or HASH:COUNT, in capitals; "" of any other line.
std::string hash_of_line(std::string_view line) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() < hash_digits) return {};
  const std::string_view count = line.substr(hash_digits);
  if (!count.empty() &&
      (count.size() == 1 || count[0] != ':' || !std::all_of(count.begin() + 1, count.end(), is_digit)))
    return {};
  std::string out(line.substr(0, hash_digits));
  for (char& c : out) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
    if (!is_digit(c) && (c < 'A' || c > 'F')) return {};
  }
  return out;
}

std::size_t leading_digits(std::string_view line) {
  return std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
}

std::string sha1_digits(std::string_view password) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(password.data(), password.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) std::abort();
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out.push_back("0123456789ABCDEF"[digest[i] >> 4U]);
    out.push_back("0123456789ABCDEF"[digest[i] & 15U]);
  }
  return out;
}

// Nobody gains by two passwords with one hash: the one that is not listed is refused too.
std::uint64_t short_hash(std::string_view password) { return std::hash<std::string_view>{}(password); }

}  // namespace

RefusedPasswords::~RefusedPasswords() {
  if (file_ >= 0) ::close(file_);
}

Result<std::shared_ptr<const RefusedPasswords>> RefusedPasswords::open(const std::string& path) {
  const std::string what = "refused_passwords '" + path + "'";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would wait for its writer
  if (file < 0)
    return Error{Code::invalid, what + " cannot be read: " + std::generic_category().message(errno) +
                                    "; name a file this process may read"};
  const std::shared_ptr<RefusedPasswords> out(new RefusedPasswords(file));
  auto fault = out->take_in();
  if (!fault) return std::move(fault).error().context(what);
  if (!fault->empty()) return Error{Code::invalid, (what + ": found ").append(*fault).append("; ").append(wanted_list)};
  return std::shared_ptr<const RefusedPasswords>(out);
}

Result<std::string> RefusedPasswords::take_in() {
  struct stat about {};
  if (::fstat(file_, &about) != 0 || !S_ISREG(about.st_mode)) return std::string("something that is no file");
  size_ = static_cast<std::uint64_t>(about.st_size);
  const std::uint64_t from = size_ - std::min<std::uint64_t>(size_, longest_hash_line);
  auto tail = bytes_at(file_, from, longest_hash_line);
  if (!tail) return std::move(tail).error();
  size_ = from + tail->find_last_not_of("\r\n") + 1;  // npos + 1 is 0
  auto head = bytes_at(file_, 0, longest_hash_line);
  if (!head) return std::move(head).error();
  if (size_ == 0) return std::string("an empty file");
  if (head->starts_with(byte_order_mark)) return std::string("a byte order mark before the first line");
  const std::string_view first = std::string_view(*head).substr(0, head->find('\n'));
  hashes_ = !hash_of_line(without_return(first)).empty();
  if (const std::size_t digits = leading_digits(first); !hashes_ && digits >= shortest_hash)
    return "a first line that begins with " + std::to_string(digits) +
           " hexadecimal digits and is no line of a list of SHA-1 hashes";
  return hashes_ ? check_order() : read_plain();
}

// Of lines spread over the file, first and last among them: a list in another order as a whole does not pass; single
// lines out of place are not seen, and are not found.
Result<std::string> RefusedPasswords::check_order() const {
  const std::uint64_t from = size_ - std::min<std::uint64_t>(size_, longest_hash_line);
  auto tail = bytes_at(file_, from, static_cast<std::size_t>(size_ - from));
  if (!tail) return std::move(tail).error();
  const std::uint64_t last_line = from + tail->rfind('\n') + 1;
  std::optional<Line> before;
  for (std::uint64_t i = 0; i <= sampled_lines; ++i) {
    auto line = line_from(i == sampled_lines ? last_line : size_ * i / sampled_lines);
    if (!line && line.error().code == Code::data_loss) return std::move(line).error().message;
    if (!line) return std::move(line).error();
    if (!*line) continue;
    if (before && (*line)->hash < before->hash)
      return "hash " + before->hash.substr(0, 8) + "... at byte " + std::to_string(before->start) + " before " +
             (*line)->hash.substr(0, 8) + "... at byte " + std::to_string((*line)->start);
    before = std::move(**line);
  }
  return std::string();
}

Result<std::string> RefusedPasswords::read_plain() {
  if (size_ > largest_plain) return std::to_string(size_) + " bytes whose first line is no SHA-1 hash";
  auto text = bytes_at(file_, 0, static_cast<std::size_t>(size_));
  if (!text) return std::move(text).error();
  if (const std::size_t zero = text->find('\0'); zero != std::string::npos)
    return "a zero byte at byte " + std::to_string(zero);
  std::string_view rest(*text);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = without_return(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.size() >= shortest_listed && line.size() <= max_password) plain_.push_back(short_hash(line));
  }
  if (plain_.empty()) return std::string("no line of 8 to 1,024 bytes");
  std::sort(plain_.begin(), plain_.end());
  ::close(std::exchange(file_, -1));
  return std::string();
}

Result<std::optional<RefusedPasswords::Line>> RefusedPasswords::line_from(std::uint64_t at) const {
  const std::uint64_t from = at == 0 ? 0 : at - 1;  // a line begins behind a line feed
  auto bytes = bytes_at(file_, from, 2 * longest_hash_line);
  if (!bytes) return std::move(bytes).error();
  const std::size_t feed = at == 0 ? std::string::npos : bytes->find('\n');
  const bool none = at != 0 && feed == std::string::npos;
  if (none && from + bytes->size() >= size_) return std::optional<Line>();
  const std::size_t begin = feed + 1;  // npos + 1 is 0
  if (!none && from + begin >= size_) return std::optional<Line>();
  const std::size_t end = std::min(bytes->find('\n', begin), bytes->size());
  Line line{from + begin, from + end + 1, {}};
  if (!none) line.hash = hash_of_line(without_return(std::string_view(*bytes).substr(begin, end - begin)));
  if (line.hash.empty())
    return Error{Code::data_loss, "a line that is no SHA-1 hash at byte " + std::to_string(line.start)};
  return std::optional<Line>(std::move(line));
}

Result<bool> RefusedPasswords::contains(std::string_view password) const {
  if (!hashes_) return std::binary_search(plain_.begin(), plain_.end(), short_hash(password));
  const std::string wanted = sha1_digits(password);
  // Where the line begins, if there is one: low <= start < high, and a line begins at `low`.
  std::uint64_t low = 0;
  std::uint64_t high = size_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    auto line = line_from(middle);
    if (!line) return Error{Code::unavailable, "the list of refused passwords: " + line.error().message};
    if (!*line || (*line)->start >= high) {
      high = middle;
      continue;
    }
    if ((*line)->hash == wanted) return true;
    if ((*line)->hash < wanted) {
      low = (*line)->next;
    } else {
      high = middle;
    }
  }
  return false;
}

}  // namespace socle::auth
