// verify.cpp: one pass over everything. The signed head first: it says where the trail begins, ends and with which
// chain. Then each segment, record by record, with the index beside it. What comes first in this order is reported.
#include "socle/audit/verify.hpp"

#include <algorithm>
#include <map>

#include "index.hpp"
#include "segment.hpp"
#include "socle/audit/head.hpp"
#include "socle/audit/time.hpp"

namespace socle::audit {
namespace {

class Verification {
 public:
  Verification(const std::string& directory, Report& report) : directory_(directory), report_(report) {}

  bool run(const std::optional<Digest>& key) {
    if (!check_keys(key) || !check_head()) return false;
    auto segments = list_segments(directory_);
    if (!segments) return bad({"segments", 0, 0, segments.error().message, "a folder of segments", "none"});
    // Retention signs the new beginning before it removes what is older.
    std::erase_if(*segments, [this](auto first) { return first < head_.first; });
    chain_ = head_.anchor;
    next_ = head_.first;
    if (segments->empty() || segments->front() != head_.first)
      return bad({name(head_.first, ".log"), 0, head_.first, "the first segment is missing",
                  "first sequence " + std::to_string(head_.first),
                  segments->empty() ? "no segment" : "first sequence " + std::to_string(segments->front())});
    for (const auto segment : *segments)
      if (!check_segment(segment, segment == segments->back())) return false;
    report_.chain = head_.chain;
    if (next_ <= head_.sequence)
      return bad({name(segments->back(), ".log"), end_, next_, "entries are missing at the end",
                  "sequence " + std::to_string(head_.sequence) + ", which the head has signed",
                  "the files end after sequence " + std::to_string(next_ - 1)});
    return check_erasures();
  }

 private:
  static std::string name(std::uint64_t segment, std::string_view ending) {
    return "segments/" + segment_name(segment) + std::string(ending);
  }
  bool bad(Finding finding) {
    report_.finding = std::move(finding);
    return false;
  }

  bool check_keys(const std::optional<Digest>& wanted) {
    auto kept = read_whole(directory_ + "/key.pub", 32);
    if (!kept || kept->size() != 32)
      return bad({"key.pub", 0, 0, kept ? "the public key was changed" : kept.error().message, "32 bytes",
                  kept ? std::to_string(kept->size()) + " bytes" : "nothing"});
    std::copy_n(reinterpret_cast<const unsigned char*>(kept->data()), 32, report_.key.begin());
    if (wanted && *wanted != report_.key)
      return bad({"key.pub", 0, 0, "the trail has another key", to_hex(bytes_of(*wanted)), to_hex(*kept)});
    auto secret = read_whole(directory_ + "/key", 32);
    if (!secret) return true;  // not for our eyes: the signature is what counts
    Digest bytes{};
    if (secret->size() == bytes.size())
      std::copy_n(reinterpret_cast<const unsigned char*>(secret->data()), bytes.size(), bytes.begin());
    const auto derived = public_of(bytes);
    if (secret->size() == bytes.size() && derived && *derived == report_.key) return true;
    return bad({"key", 0, 0, "the signing key and key.pub do not belong together", to_hex(*kept),
                derived ? to_hex(bytes_of(*derived)) : "no key"});
  }

  bool check_head() {
    auto bytes = read_whole(directory_ + "/head", head_size);
    if (!bytes) return bad({"head", 0, 0, bytes.error().message, "a signed head", "nothing"});
    auto head = read_head(*bytes, report_.key);
    if (!head) return bad({"head", 0, 0, head.error().message, "a head signed by this trail's key", "another"});
    head_ = *head;
    report_.first = head_.first;
    report_.signed_at = utc_text(head_.time_ns);
    return true;
  }

  bool check_segment(std::uint64_t segment, bool last) {
    const std::string file_name = name(segment, ".log");
    auto file = File::open(segment_path(directory_, segment), File::Mode::read);
    if (!file) return bad({file_name, 0, segment, file.error().message, "a segment", "nothing"});
    const bool promised = segment <= head_.segment;
    Window window(*file);
    auto header = window.at(0, segment_header);
    SegmentHead facts;
    auto flaw = header ? read_segment_head(*header, segment, facts) : Flaw{header.error().message, "a header", "none"};
    if (!flaw && facts.before != chain_)
      flaw =
          Flaw{"the segment does not follow the one before", to_hex(bytes_of(chain_)), to_hex(bytes_of(facts.before))};
    if (!flaw && segment != next_)
      flaw = Flaw{"a segment is missing", "first sequence " + std::to_string(next_),
                  "first sequence " + std::to_string(segment)};
    if (flaw && !promised) return unfinished(*file, 0);
    if (flaw) return bad({file_name, 0, segment, flaw->what, flaw->expected, flaw->found});
    chain_ = facts.chain;
    blocks_.clear();
    block_ = Block();
    ++report_.segments;
    name_of_now_ = file_name;
    if (!check_records(*file, window, file_name)) return false;
    return check_index(segment, last);
  }

  bool check_records(const File& file, Window& window, const std::string& file_name) {
    auto size = file.size();
    if (!size) return bad({file_name, 0, next_, size.error().message, "a file", "none"});
    std::uint64_t at = segment_header;
    while (at < *size) {
      const bool promised = next_ <= head_.sequence;
      auto header = window.at(at, record_header);
      Record record;
      auto flaw = header && header->size() == record_header
                      ? read_header(*header, next_, chain_, record)
                      : Flaw{"the entry is cut short", "a header of 128 bytes", std::to_string(*size - at) + " bytes"};
      if (!flaw && at + record.size() > *size)
        flaw = Flaw{"the entry is cut short", std::to_string(record.size()) + " bytes",
                    std::to_string(*size - at) + " bytes"};
      auto payload =
          flaw ? Result<std::string_view>(std::string_view()) : window.at(at + record_header, record.payload_size);
      if (!flaw && !payload) flaw = Flaw{payload.error().message, "its bytes", "none"};
      if (!flaw) flaw = take(record, *payload, at);
      if (flaw && !promised) return unfinished(file, at);
      if (flaw) return bad({file_name, at, next_, flaw->what, flaw->expected, flaw->found});
      if (!promised) ++report_.unsigned_entries;
      at += record.size();
      if (next_ == head_.sequence && !ends_as_signed(file_name, at)) return false;
      report_.last = next_++;
    }
    end_ = at;
    report_.bytes += at;
    return true;
  }

  std::optional<Flaw> take(const Record& record, std::string_view payload, std::uint64_t at) {
    const auto state = judge_payload(record, payload);
    if (state == PayloadState::changed)
      return Flaw{"the entry's content was changed", to_hex(bytes_of(record.payload_hash)),
                  to_hex(bytes_of(sha256({payload})))};
    if (!block_.holds(at)) {
      blocks_.push_back(block_);
      block_ = Block();
    }
    block_.add(at, record, payload);
    if (state == PayloadState::erased) {
      erased_.try_emplace(record.tag, Finding{name_of_now_, at, record.sequence, {}, {}, {}});
      ++report_.erased;
    }
    if (record.kind == Kind::erasure) erased_.erase(record.tag);  // all before it are accounted for
    chain_ = record.chain;
    return std::nullopt;
  }

  bool ends_as_signed(const std::string& file_name, std::uint64_t end) {
    if (chain_ != head_.chain)
      return bad({file_name, end, next_, "the trail was written again: its end is not what the head has signed",
                  to_hex(bytes_of(head_.chain)), to_hex(bytes_of(chain_))});
    return true;
  }

  bool unfinished(const File& file, std::uint64_t at) {
    const auto size = file.size();
    report_.unfinished_bytes += size ? *size - std::min(at, *size) : 0;
    return true;
  }

  // Every block must say what the records say; the last one of the last segment is not written yet.
  bool check_index(std::uint64_t segment, bool last) {
    if (!last && block_.count > 0) blocks_.push_back(block_);
    const std::string file_name = name(segment, ".index");
    auto bytes = read_whole(index_path(directory_, segment), std::size_t{64} << 20);
    if (!bytes) return bad({file_name, 0, segment, bytes.error().message, "an index", "nothing"});
    const std::size_t whole = bytes->size() / index_block;
    for (std::size_t i = 0; i < std::max(blocks_.size(), whole); ++i) {
      const bool promised = i < blocks_.size() && blocks_[i].sequence + blocks_[i].count <= head_.sequence;
      const auto block =
          i < whole ? Block::decode(std::string_view(*bytes).substr(i * index_block, index_block)) : Block();
      if (!promised && (i >= blocks_.size() ? last : i >= whole)) continue;
      if (block && i < blocks_.size() && block->covers(blocks_[i])) continue;
      return bad({file_name, i * index_block, i < blocks_.size() ? blocks_[i].sequence : 0,
                  "the index does not agree with its segment; remove the file, the next start makes the last "
                  "segment's again",
                  "block " + std::to_string(i), block ? "another one" : "a damaged one"});
    }
    if (bytes->size() % index_block != 0 && !last)
      return bad({file_name, whole * index_block, 0, "the index does not end with a block", "a multiple of 1024 bytes",
                  std::to_string(bytes->size()) + " bytes"});
    return true;
  }

  bool check_erasures() {
    const Finding* first = nullptr;
    for (const auto& [tag, finding] : erased_)
      if (first == nullptr || finding.sequence < first->sequence) first = &finding;
    if (first == nullptr) return true;
    Finding finding = *first;
    finding.what = "the entry was blanked, and no later entry says that its tenant was erased";
    finding.expected = "its content, or an erasure after it";
    finding.found = "zeros";
    return bad(std::move(finding));
  }

  const std::string& directory_;
  Report& report_;
  Head head_;
  Digest chain_{};
  std::uint64_t next_ = 1, end_ = 0;
  std::vector<Block> blocks_;
  Block block_;
  std::string name_of_now_;
  std::map<std::uint64_t, Finding> erased_;  // the first of each tenant's tag that is not yet accounted for
};

}  // namespace

Report verify_trail(const std::string& directory, const std::optional<Digest>& key) {
  Report report;
  Verification(directory, report).run(key);
  return report;
}

}  // namespace socle::audit
