// ledger.hpp: what storage/1 knows of a tenant's files, and the writes that keep it true. On the caller's worker.
//
//   blob:files  ID → {name, type, size, sha256?, state: partial|whole, created_by}
//   blob:refs   ID/HOLDER → {file, holder}     who holds it; written in the holder's own batch
//   blob:loose  ID → {}                        maybe held by nobody: what the collector looks at
//   blob:usage  total → {bytes, files}         changed in the same batch as blob:files
//
// A holder's batch checks that the file is there, adds its ref and drops the loose mark; releasing removes the ref and
// sets the mark. The collector removes the file and the mark of a version it has read in one batch: so a holder that
// comes meanwhile either finds the file or has changed the mark, and one of the two batches fails.
#pragma once

#include <socle/plugin.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/document.hpp"

namespace socle::blob {

struct File {
  std::string id, name, type, sha256, created_by, created_at;
  std::uint64_t size = 0, version = 0;  // version 0: not there yet
  bool partial = false;
};

// The tenant's plan allows no more, of files or of what storage keeps of them: 507. No code of any service: exhausted
// and too_large are refusals of memory. It does not leave this plugin; problem_of() knows it.
inline constexpr Code over_plan{-1};

// JSON of a file as callers see it.
[[nodiscard]] std::string file_text(const File& file);

class Ledger {
 public:
  explicit Ledger(Host& host);

  // nullopt: there is none.
  Task<Result<std::optional<File>>> find(Context context, std::string id);
  // Puts the file as it is now (expecting file.version) and adds to what the tenant uses; over_plan when its plan
  // `files.bytes` does not allow it, Code::conflict when somebody else changed the file. Afterwards file.version
  // counts.
  Task<Status> put(Context context, File& file, std::uint64_t added);
  // Removes the file. `mark`: the version of its loose mark, which must still be
  // there: whoever begins to hold the file takes the mark away.
  Task<Status> remove(Context context, const File& file, std::uint64_t mark);
  // Whether any record holds it.
  Task<Result<bool>> held(Context context, std::string id);
  struct Mark {
    std::string id;
    std::uint64_t version = 0;
    std::string since;
  };
  // Loose marks behind `cursor`, which is moved on; "" at the end.
  Task<Result<std::vector<Mark>>> marks(Context context, std::string& cursor);
  // 0: it has none.
  Task<Result<std::uint64_t>> mark(Context context, std::string id);
  Task<Status> drop_mark(Context context, const Mark& mark);
  // Of these ids, those that have a record.
  Task<Result<std::vector<std::string>>> known(Context context, const std::vector<std::string>& ids);

  // Operations of storage/1's write, as texts.
  [[nodiscard]] static std::vector<std::string> hold(std::string_view id, std::string_view holder);
  [[nodiscard]] static std::vector<std::string> release(std::string_view id, std::string_view holder);

 private:
  struct Usage {
    std::uint64_t bytes = 0, files = 0, version = 0;
  };
  Task<Result<Usage>> usage(Context context);
  Task<Status> declare(Context context);
  // Changes files and usage in one batch, again while others change the usage.
  Task<Status> write(Context context, std::vector<std::string> operations, std::int64_t bytes, std::int64_t files);

  Host& host_;
  Target get_, query_, write_, declare_;
};

// The answer that says why: with the stable code and HTTP status that belong to the error.
[[nodiscard]] Reply problem_of(const Error& error);

}  // namespace socle::blob
