// find.cpp: segments from the newest to the oldest, in each the blocks from the last to the first; a block is read when
// its filter may have all that is asked for. What the writer is still writing ends the last block.
#include "socle/audit/find.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include <socle/json/document.hpp>

#include "index.hpp"
#include "segment.hpp"
#include "socle/audit/time.hpp"

namespace socle::audit {
namespace {

class Search {
 public:
  Search(const std::string& directory, const Question& question) : directory_(directory), question_(question) {
    if (question.tenant) keys_.push_back(key_of_tenant(tenant_tag(*question.tenant)));
    if (!question.trace.empty()) keys_.push_back(key_of_trace(question.trace));
    if (!question.target.empty()) keys_.push_back(key_of_target(question.target));
  }

  Result<Answer> run() {
    auto segments = list_segments(directory_);
    if (!segments) return std::move(segments).error();
    for (std::size_t i = segments->size(); i > 0 && !full(); --i) {
      const std::uint64_t segment = (*segments)[i - 1];
      if (segment >= question_.before) continue;
      if (auto searched = search(segment); !searched) {
        if (searched.error().code == Code::not_found) continue;  // retention was here
        return std::move(searched).error();
      }
      if (too_old_) break;
    }
    if (full() && reached_ > 1) answer_.next = reached_;
    return std::move(answer_);
  }

 private:
  [[nodiscard]] bool full() const {
    return answer_.entries.size() >= question_.limit || blocks_ >= question_.most_blocks;
  }

  Status search(std::uint64_t segment) {
    auto file = File::open(segment_path(directory_, segment), File::Mode::read);
    if (!file) return std::move(file).error();
    std::vector<Block> blocks;
    auto index = read_whole(index_path(directory_, segment), std::size_t{64} << 20);
    std::uint64_t end = segment_header;
    for (std::size_t i = 0; index && (i + 1) * index_block <= index->size(); ++i) {
      const auto block = Block::decode(std::string_view(*index).substr(i * index_block, index_block));
      if (!block || block->first != end) break;
      end = block->end;
      blocks.push_back(*block);
    }
    // What no block describes yet.
    auto size = file->size();
    if (!size) return std::move(size).error();
    if (*size > end)
      if (auto read = read_range(*file, end, *size); !read) return read;
    for (std::size_t i = blocks.size(); i > 0 && !full() && !too_old_; --i) {
      const Block& block = blocks[i - 1];
      if (block.sequence >= question_.before) continue;
      reached_ = block.sequence;
      if (std::all_of(keys_.begin(), keys_.end(), [&](auto key) { return block.may_have(key); }))
        if (auto read = read_range(*file, block.first, block.end); !read) return read;
    }
    return {};
  }

  Status read_range(const File& file, std::uint64_t from, std::uint64_t end) {
    ++blocks_;
    Window window(file, static_cast<std::size_t>(std::min<std::uint64_t>(end - from, std::uint64_t{1} << 20)));
    std::vector<Found> found;
    bool first = true;
    std::uint64_t oldest = 0;
    while (from + record_header <= end) {
      auto header = window.at(from, record_header);
      if (!header) return std::move(header).error();
      Record record;
      if (header->size() < record_header || !peek_header(*header, record) || from + record.size() > end) break;
      auto payload = window.at(from + record_header, record.payload_size);
      if (!payload) return std::move(payload).error();
      if (first) oldest = record.sequence;
      if (first && record.time_ns < question_.since_ns) too_old_ = true;
      first = false;
      if (record.sequence >= question_.before) break;
      if (wanted(record, *payload))
        found.push_back({record.sequence, record.time_ns, std::string(payload->substr(salt_size))});
      from += record.size();
    }
    if (oldest != 0) reached_ = oldest;
    for (std::size_t i = found.size(); i > 0; --i) {
      if (answer_.entries.size() >= question_.limit) break;
      reached_ = found[i - 1].sequence;
      answer_.entries.push_back(std::move(found[i - 1]));
      if (i == 1 && oldest != 0) reached_ = oldest;
    }
    return {};
  }

  [[nodiscard]] bool wanted(const Record& record, std::string_view payload) const {
    if (question_.tenant && record.tag != tenant_tag(*question_.tenant)) return false;
    if (record.time_ns < question_.since_ns || record.time_ns >= question_.until_ns) return false;
    if (judge_payload(record, payload) != PayloadState::intact) return false;
    const auto document = json::Document::parse(payload.substr(salt_size));
    if (!document) return false;
    const auto says = [&document](std::string_view name) { return document->root().find(name).as_string(); };
    // The tag is a hash; whose it is says the entry.
    if (question_.tenant && says("tenant") != *question_.tenant) return false;
    if (!question_.trace.empty() && says("trace") != question_.trace) return false;
    if (!question_.operation.empty() && says("operation") != question_.operation) return false;
    return question_.target.empty() || says("target") == question_.target;
  }

  const std::string& directory_;
  const Question& question_;
  std::vector<std::uint64_t> keys_;
  Answer answer_;
  std::size_t blocks_ = 0;
  std::uint64_t reached_ = 0;  // everything from here on was looked at
  bool too_old_ = false;
};

}  // namespace

Result<Answer> find_entries(const std::string& directory, const Question& question) {
  return Search(directory, question).run();
}

std::string utc_text(std::int64_t nanoseconds) {
  const std::int64_t second = 1'000'000'000;
  const std::time_t whole = nanoseconds / second - (nanoseconds % second < 0 ? 1 : 0);
  const std::int64_t rest = nanoseconds - static_cast<std::int64_t>(whole) * second;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<long long>(rest));
  return text.data();
}

}  // namespace socle::audit
