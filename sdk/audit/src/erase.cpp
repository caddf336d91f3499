// erase.cpp: what is taken out of a trail: a tenant's payloads, and segments that are old enough. Both leave an entry
// first, so that a crash in between is a thing to be repeated and nothing unexplained.
#include <algorithm>

#include <socle/json/writer.hpp>

#include "writer.hpp"

namespace socle::audit {
namespace {

Entry own_entry(Kind kind, std::string_view operation, std::string_view tenant, std::int64_t now_ns) {
  Entry out;
  out.kind = kind;
  out.time_ns = now_ns;
  out.tenant = tenant;
  out.target = tenant.empty() ? "audit" : "tenants/" + std::string(tenant);
  json::Writer(out.json)
      .begin_object()
      .member("tenant", tenant)
      .member("principal", "audit")
      .member("operation", operation)
      .member("target", out.target)
      .member("status", "ok")
      .end_object();
  return out;
}

}  // namespace

Result<std::uint64_t> Writer::erase(std::string_view tenant, std::int64_t now_ns) {
  const Entry entry = own_entry(Kind::erasure, "audit.erase", tenant, now_ns);
  if (auto noted = append({&entry, 1}); !noted) return std::move(noted).error();
  auto segments = list_segments(directory_);
  if (!segments) return std::move(segments).error();
  std::uint64_t blanked = 0;
  for (const auto segment : *segments) {
    auto done = blank(segment, tenant_tag(tenant), head_.sequence);
    if (!done) return std::move(done).error();
    blanked += *done;
  }
  return blanked;
}

Result<std::uint64_t> Writer::blank(std::uint64_t segment, std::uint64_t tag, std::uint64_t before) const {
  auto file = File::open(segment_path(directory_, segment), File::Mode::write);
  if (!file) return std::move(file).error();
  auto size = file->size();
  if (!size) return std::move(size).error();
  std::uint64_t blanked = 0;
  Window window(*file);
  for (std::uint64_t at = segment_header; at + record_header <= *size;) {
    auto header = window.at(at, record_header);
    if (!header) return std::move(header).error();
    Record record;
    if (!peek_header(*header, record))
      return Error{Code::data_loss, file->path() + " is damaged at offset " + std::to_string(at)};
    if (record.tag == tag && record.kind == Kind::entry && record.sequence < before) {
      if (auto written = file->write(std::string(record.payload_size, '\0'), at + record_header); !written)
        return std::move(written).error();
      ++blanked;
    }
    at += record.size();
  }
  if (blanked > 0)
    if (auto synced = file->sync(); !synced) return std::move(synced).error();
  return blanked;
}

Result<std::size_t> Writer::retain(std::int64_t before_ns, std::int64_t now_ns) {
  if (auto loaded = ready(); !loaded) return std::move(loaded).error();
  auto segments = list_segments(directory_);
  if (!segments) return std::move(segments).error();
  // A segment is as old as the one after it is when made.
  std::size_t drop = 0;
  SegmentHead kept;
  for (std::size_t i = 1; i < segments->size(); ++i) {
    auto bytes = read_whole(segment_path(directory_, (*segments)[i]), segment_header);
    if (!bytes) return std::move(bytes).error();
    SegmentHead head;
    if (auto flaw = read_segment_head(*bytes, (*segments)[i], head))
      return Error{Code::data_loss, segment_path(directory_, (*segments)[i]) + ": " + flaw->what};
    if (head.made_ns >= before_ns) break;
    drop = i;
    kept = head;
  }
  if (drop == 0) return std::size_t{0};
  const Entry entry = own_entry(Kind::retention, "audit.retention", {}, now_ns);
  if (auto noted = append({&entry, 1}); !noted) return std::move(noted).error();
  Head head = head_;
  head.first = kept.first;
  head.anchor = kept.before;
  if (auto written = write_head(head, true); !written) {
    loaded_ = false;
    return std::move(written).error();
  }
  head_ = head;
  if (auto dropped = drop_older_files(); !dropped) return std::move(dropped).error();
  return drop;
}

}  // namespace socle::audit
