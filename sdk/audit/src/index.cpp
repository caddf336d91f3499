#include "index.hpp"

#include <socle/json/document.hpp>

#include "bytes.hpp"

namespace socle::audit {
namespace {

constexpr int probes = 5;

// MurmurHash3's 64-bit finalizer: spreads every bit over all.
std::uint64_t mixed(std::uint64_t h) {
  h = (h ^ h >> 33U) * 0xff51afd7ed558ccdULL;
  h = (h ^ h >> 33U) * 0xc4ceb9fe1a85ec53ULL;
  return h ^ h >> 33U;
}

// FNV-1a. Who makes keys collide only makes a search read more.
std::uint64_t hashed(char kind, std::string_view text) {
  std::uint64_t h = 14695981039346656037ULL ^ static_cast<unsigned char>(kind);
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return mixed(h);
}

template <class Visit>
void each_bit(std::uint64_t key, std::size_t bits, Visit visit) {
  const std::uint64_t step = key >> 32U | 1U;
  for (int i = 0; i < probes; ++i) visit(static_cast<std::size_t>((key + static_cast<std::uint64_t>(i) * step) % bits));
}

}  // namespace

std::uint64_t key_of_tenant(std::uint64_t tag) { return mixed(tag); }
std::uint64_t key_of_trace(std::string_view trace) { return hashed('t', trace); }
std::uint64_t key_of_target(std::string_view target) { return hashed('o', target); }

void Block::put(std::uint64_t key) {
  each_bit(key, filter_bytes * 8, [this](std::size_t bit) {
    filter_[bit / 8] = static_cast<unsigned char>(filter_[bit / 8] | 1U << (bit % 8));
  });
}

bool Block::may_have(std::uint64_t key) const {
  bool all = true;
  each_bit(key, filter_bytes * 8, [this, &all](std::size_t bit) { all = all && (filter_[bit / 8] >> (bit % 8) & 1U); });
  return all;
}

bool Block::covers(const Block& other) const {
  if (first != other.first || end != other.end || count != other.count || sequence != other.sequence) return false;
  for (std::size_t i = 0; i < filter_.size(); ++i)
    if ((other.filter_[i] & ~filter_[i]) != 0) return false;
  return true;
}

void Block::add(std::uint64_t offset, const Record& record, std::string_view trace, std::string_view target) {
  if (count++ == 0) {
    first = static_cast<std::uint32_t>(offset);
    sequence = record.sequence;
  }
  end = static_cast<std::uint32_t>(offset + record.size());
  put(key_of_tenant(record.tag));
  if (!trace.empty()) put(key_of_trace(trace));
  if (!target.empty()) put(key_of_target(target));
}

void Block::add(std::uint64_t offset, const Record& record, std::string_view payload) {
  const auto document =
      payload.size() > salt_size ? json::Document::parse(payload.substr(salt_size)) : json::Document::parse("{}");
  if (!document) return add(offset, record, {}, {});
  add(offset, record, document->root().find("trace").as_string(), document->root().find("target").as_string());
}

std::string Block::encode() const {
  std::string out(index_block, '\0');
  store(out, 0, first);
  store(out, 4, end);
  store(out, 8, sequence);
  store(out, 16, count);
  store_bytes(out, 24, {reinterpret_cast<const char*>(filter_.data()), filter_.size()});
  store_bytes(out, 1016, bytes_of(sha256({std::string_view(out).substr(0, 1016)})).substr(0, 8));
  return out;
}

std::optional<Block> Block::decode(std::string_view bytes) {
  if (bytes.size() != index_block || bytes_of(sha256({bytes.substr(0, 1016)})).substr(0, 8) != bytes.substr(1016))
    return std::nullopt;
  Block out;
  out.first = load<std::uint32_t>(bytes, 0);
  out.end = load<std::uint32_t>(bytes, 4);
  out.sequence = load<std::uint64_t>(bytes, 8);
  out.count = load<std::uint32_t>(bytes, 16);
  std::memcpy(out.filter_.data(), bytes.data() + 24, out.filter_.size());
  return out;
}

}  // namespace socle::audit
