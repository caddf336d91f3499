// writer.hpp: Writer, the Trail on files. What it holds in memory is the head, the unfinished index block and two open
// files, all read again from disk after any failure.
#pragma once

#include "file.hpp"
#include "index.hpp"
#include "segment.hpp"
#include "socle/audit/trail.hpp"

namespace socle::audit {

class Writer final : public Trail {
 public:
  Writer(std::string directory, TrailOptions options, File lock, Key key)
      : directory_(std::move(directory)), options_(options), lock_(std::move(lock)), key_(std::move(key)) {}

  // Head, segment and index as they are on disk; makes the first segment of a new trail.
  Status load();
  Status append(std::span<const Entry> entries) override;
  [[nodiscard]] const Head& head() const override { return head_; }
  Status settle() override;
  Result<std::uint64_t> erase(std::string_view tenant, std::int64_t now_ns) override;
  Result<std::size_t> retain(std::int64_t before_ns, std::int64_t now_ns) override;

 private:
  // What one append() changes, taken over when all of it is on disk.
  struct Draft {
    Head head;
    Block block;
    std::uint64_t blocks = 0;
    std::string records, blocks_text;  // not yet written
    std::uint64_t records_at = 0, blocks_at = 0;
  };
  Status make_first();
  Status open_segment(std::uint64_t first);
  Status check_tail() const;
  Status load_index();
  Status index_up_to_head(std::uint64_t from, std::uint64_t sequence);
  Status write_draft(Draft& draft);
  Status begin_segment(Draft& draft, std::int64_t now_ns);
  Status write_all(std::span<const Entry> entries);
  Status write_head(const Head& head, bool durable);
  Status drop_older_files();
  Status ready();
  Result<std::uint64_t> blank(std::uint64_t segment, std::uint64_t tag, std::uint64_t before) const;

  const std::string directory_;
  const TrailOptions options_;
  File lock_, head_file_, segment_, index_;
  Key key_;
  Head head_;
  Block block_;
  std::uint64_t blocks_ = 0;  // complete ones of this segment
  bool loaded_ = false;
};

}  // namespace socle::audit
