// trail.cpp: opening, recovering and appending. The order of every append: records, index blocks, sync, head. So a head
// never names what is not on disk, and what lies after the head was never promised to anybody.
#include <algorithm>

#include "writer.hpp"

namespace socle::audit {
namespace {

constexpr std::size_t flush_bytes = std::size_t{4} << 20;

Error lost(const std::string& what) {
  return {Code::data_loss, what + ": run `socle audit verify`; to begin a new trail, move the folder away"};
}

}  // namespace

Result<std::unique_ptr<Trail>> Trail::open(std::string directory, TrailOptions options) {
  if (options.segment_bytes < block_span || options.segment_bytes > std::uint64_t{1} << 31U)
    return Error{Code::invalid,
                 "a segment has 64 KiB to 2 GiB, " + std::to_string(options.segment_bytes) + " bytes were asked for"};
  for (const auto& each : {directory, segments_of(directory)})
    if (auto made = make_directory(each); !made) return std::move(made).error();
  auto lock = File::open(directory + "/lock", File::Mode::create);
  if (!lock) return std::move(lock).error();
  auto ours = lock->lock();
  if (!ours) return std::move(ours).error();
  if (!*ours) return Error{Code::unavailable, "the trail in " + directory + " is written by another process"};
  auto key = Key::open_or_make(directory);
  if (!key) return std::move(key).error();
  auto writer = std::make_unique<Writer>(std::move(directory), options, std::move(*lock), std::move(*key));
  if (auto loaded = writer->load(); !loaded) return std::move(loaded).error();
  return std::unique_ptr<Trail>(std::move(writer));
}

Status Writer::load() {
  loaded_ = false;
  auto bytes = read_whole(directory_ + "/head", head_size);
  if (!bytes && bytes.error().code != Code::not_found) return std::move(bytes).error();
  if (!bytes) {
    if (auto made = make_first(); !made) return made;
  } else {
    auto head = read_head(*bytes, key_.public_key());
    if (!head) return lost(head.error().message);
    head_ = *head;
  }
  auto file = File::open(directory_ + "/head", File::Mode::write);
  if (!file) return std::move(file).error();
  head_file_ = std::move(*file);
  if (auto opened = open_segment(head_.segment); !opened) return opened;
  if (auto good = check_tail(); !good) return good;
  if (auto cut = segment_.truncate(head_.offset); !cut) return cut;
  if (auto dropped = drop_older_files(); !dropped) return dropped;
  if (auto indexed = load_index(); !indexed) return indexed;
  loaded_ = true;
  return {};
}

Status Writer::settle() { return head_file_.sync(); }

Status Writer::ready() { return loaded_ ? Status() : load(); }

// A first start that a crash cut short is one again: without a head nothing was promised.
Status Writer::make_first() {
  auto found = list_segments(directory_);
  if (!found) return std::move(found).error();
  if (found->size() > 1 || (found->size() == 1 && found->front() != 1))
    return lost(directory_ + " has segments and no head");
  head_ = Head();
  auto file = File::open(segment_path(directory_, 1), File::Mode::create);
  if (!file) return std::move(file).error();
  auto size = file->size();
  if (!size) return std::move(size).error();
  if (*size > segment_header) return lost(directory_ + " has entries and no head");
  if (auto written = file->write(make_segment_head(1, 0, head_.anchor, head_.chain), 0); !written) return written;
  if (auto synced = file->sync(); !synced) return synced;
  if (auto synced = sync_directory(segments_of(directory_)); !synced) return synced;
  head_.offset = segment_header;
  return replace_file(directory_ + "/head", key_.sign(head_));
}

Status Writer::open_segment(std::uint64_t first) {
  auto segment = File::open(segment_path(directory_, first), File::Mode::write);
  if (!segment) return lost(segment.error().message);
  auto index = File::open(index_path(directory_, first), File::Mode::create);
  if (!index) return std::move(index).error();
  segment_ = std::move(*segment);
  index_ = std::move(*index);
  return {};
}

// The start must be quick: what lies before is for `socle audit verify`.
Status Writer::check_tail() const {
  auto size = segment_.size();
  if (!size) return std::move(size).error();
  if (*size < head_.offset)
    return lost("the head names entry " + std::to_string(head_.sequence) + " up to offset " +
                std::to_string(head_.offset) + ", and " + segment_.path() + " has " + std::to_string(*size) + " bytes");
  return {};
}

Status Writer::drop_older_files() {
  auto found = list_segments(directory_);
  if (!found) return std::move(found).error();
  for (const auto first : *found) {
    if (first >= head_.first && first <= head_.segment) continue;  // later ones were begun and never signed
    for (const auto& path : {segment_path(directory_, first), index_path(directory_, first)})
      if (auto removed = remove_file(path); !removed) return removed;
  }
  return {};
}

Status Writer::load_index() {
  block_ = Block();
  blocks_ = 0;
  std::string bytes;
  auto size = index_.size();
  if (!size) return std::move(size).error();
  if (auto read = index_.read(bytes, 0, static_cast<std::size_t>(*size)); !read) return read;
  std::uint64_t from = segment_header;
  std::uint64_t sequence = head_.segment;
  for (; (blocks_ + 1) * index_block <= bytes.size(); ++blocks_) {
    const auto block = Block::decode(std::string_view(bytes).substr(blocks_ * index_block, index_block));
    if (!block || block->first != from || block->end > head_.offset || block->sequence != sequence) break;
    from = block->end;
    sequence += block->count;
  }
  if (auto cut = index_.truncate(blocks_ * index_block); !cut) return cut;
  return index_up_to_head(from, sequence);
}

Status Writer::index_up_to_head(std::uint64_t from, std::uint64_t sequence) {
  Window window(segment_);
  while (from < head_.offset) {
    auto header = window.at(from, record_header);
    if (!header) return std::move(header).error();
    Record record;
    if (header->size() < record_header || !peek_header(*header, record) || record.sequence != sequence++)
      return lost("entry " + std::to_string(sequence - 1) + " at offset " + std::to_string(from) + " of " +
                  segment_.path() + " is damaged");
    auto payload = window.at(from + record_header, record.payload_size);
    if (!payload) return std::move(payload).error();
    if (!block_.holds(from)) {
      if (auto written = index_.write(block_.encode(), blocks_++ * index_block); !written) return written;
      block_ = Block();
    }
    block_.add(from, record, *payload);
    from += record.size();
  }
  return {};
}

Status Writer::append(std::span<const Entry> entries) {
  if (entries.empty()) return {};
  for (const Entry& entry : entries)
    if (entry.json.size() + salt_size > max_payload)
      return Error{Code::too_large, "an audit entry has " + std::to_string(entry.json.size()) + " bytes, at most " +
                                        std::to_string(max_payload - salt_size) + " are kept"};
  if (auto loaded = ready(); !loaded) return loaded;
  auto written = write_all(entries);
  loaded_ = written.has_value();
  return written;
}

Status Writer::write_all(std::span<const Entry> entries) {
  Draft draft{head_, block_, blocks_, {}, {}, head_.offset, blocks_ * index_block};
  for (const Entry& entry : entries) {
    const std::uint64_t size = record_header + salt_size + entry.json.size();
    if (draft.head.offset + size > options_.segment_bytes && draft.block.count > 0)
      if (auto begun = begin_segment(draft, entry.time_ns); !begun) return begun;
    const std::uint64_t at = draft.head.offset;
    const std::size_t before = draft.records.size();
    append_record(draft.records, entry, draft.head.sequence + 1, draft.head.chain);
    Record record;
    static_cast<void>(peek_header(std::string_view(draft.records).substr(before, record_header), record));
    if (!draft.block.holds(at)) {
      draft.blocks_text += draft.block.encode();
      ++draft.blocks;
      draft.block = Block();
    }
    draft.block.add(at, record, entry.trace, entry.target);
    ++draft.head.sequence;
    draft.head.offset += size;
    draft.head.time_ns = entry.time_ns;
    if (entry.origin.store != 0) draft.head.origin = entry.origin;
    if (draft.records.size() >= flush_bytes)
      if (auto written = write_draft(draft); !written) return written;
  }
  if (auto written = write_draft(draft); !written) return written;
  if (auto synced = segment_.sync(); !synced) return synced;
  if (auto signed_head = write_head(draft.head, false); !signed_head) return signed_head;
  head_ = draft.head;
  block_ = draft.block;
  blocks_ = draft.blocks;
  return {};
}

Status Writer::write_draft(Draft& draft) {
  if (auto written = segment_.write(draft.records, draft.records_at); !written) return written;
  if (auto written = index_.write(draft.blocks_text, draft.blocks_at); !written) return written;
  draft.records_at += draft.records.size();
  draft.blocks_at += draft.blocks_text.size();
  draft.records.clear();
  draft.blocks_text.clear();
  return {};
}

// The segment before is closed with its last index block, and both are on disk before anything follows.
Status Writer::begin_segment(Draft& draft, std::int64_t now_ns) {
  draft.blocks_text += draft.block.encode();
  if (auto written = write_draft(draft); !written) return written;
  if (auto synced = segment_.sync(); !synced) return synced;
  if (auto synced = index_.sync(); !synced) return synced;
  const std::uint64_t first = draft.head.sequence + 1;
  auto made = File::open(segment_path(directory_, first), File::Mode::create);
  if (!made) return std::move(made).error();
  if (auto cut = made->truncate(0); !cut) return cut;
  const std::string header = make_segment_head(first, now_ns, draft.head.chain, draft.head.chain);
  if (auto written = made->write(header, 0); !written) return written;
  if (auto opened = open_segment(first); !opened) return opened;
  if (auto cut = index_.truncate(0); !cut) return cut;
  if (auto synced = sync_directory(segments_of(directory_)); !synced) return synced;
  draft.head.segment = first;
  draft.head.offset = segment_header;
  draft.records_at = segment_header;
  draft.block = Block();
  draft.blocks = draft.blocks_at = 0;
  return {};
}

// In place: 256 bytes at the start of a file are written whole or not at all.
Status Writer::write_head(const Head& head, bool durable) {
  const std::string bytes = key_.sign(head);
  if (bytes.empty()) return Error{Code::internal, "OpenSSL cannot sign the trail's head"};
  if (auto written = head_file_.write(bytes, 0); !written) return written;
  return durable ? head_file_.sync() : Status();
}

}  // namespace socle::audit
