// trail.hpp: the writer. One process at a time has a trail open (a lock says so), one thread at a time calls it, and
// every call blocks. What append() accepted is on disk, chained, and named by a signed head when it returns. The head
// itself is on disk after settle(): until then a power failure may take the trail back to an earlier head, so events
// are kept where they came from for so long.
//
// DIRECTORY/lock  key  key.pub  head  segments/NNN.log  segments/NNN.index
#pragma once

#include <memory>
#include <span>
#include <string>

#include "socle/audit/head.hpp"
#include "socle/audit/record.hpp"

namespace socle::audit {

struct TrailOptions {
  std::uint64_t segment_bytes = std::uint64_t{128} << 20;  // a segment ends before it would be larger; at least 64 KiB
};

class Trail {
 public:
  // Cuts off what a crash left unfinished after the signed head. unavailable: another process or generation has it.
  // data_loss: what the head names is not there; nothing is changed then.
  static Result<std::unique_ptr<Trail>> open(std::string directory, TrailOptions options = {});
  virtual ~Trail() = default;

  // All or none. After an error nothing of it is in the trail; the next call reads the files again first.
  virtual Status append(std::span<const Entry> entries) = 0;
  virtual Status settle() = 0;
  [[nodiscard]] virtual const Head& head() const = 0;
  // Blanks the payloads of all entries of a tenant, after an entry that says so. Again is harmless. How many there
  // were.
  virtual Result<std::uint64_t> erase(std::string_view tenant, std::int64_t now_ns) = 0;
  // Drops whole segments whose entries are all older than `before_ns`, never the last. How many.
  virtual Result<std::size_t> retain(std::int64_t before_ns, std::int64_t now_ns) = 0;
};

}  // namespace socle::audit
