// indexes.hpp: the collections and indexes a version of a model needs, brought about in storage/1 before the version is
// served and taken away after the last one that needed them. Coroutines on the call's worker.
#pragma once

#include "registry/store.hpp"

namespace socle::models {

enum class Readiness { ready, building, failed };

struct Grown {
  Readiness readiness = Readiness::ready;
  std::string plan = "[]";      // JSON: the steps taken, for the answer
  std::string failures = "[]";  // JSON array of {pointer, code, message, params}: what stands in the way
};

class Indexes {
 public:
  explicit Indexes(Host& host);

  // Adds what `wanted` needs beside what `kept` needs; both are arrays of {collection, indexes}, or absent. Waits for
  // the backfill, at most `patience`. When it fails, what was added is taken away again.
  Task<Got<Grown>> grow(Context context, json::View kept, json::View wanted, Duration patience);
  // Whether what `wanted` needs is there.
  Task<Got<Grown>> check(Context context, json::View wanted);
  // Exactly what `wanted` needs: an index that only an earlier version needed goes.
  Task<Status> settle(Context context, json::View wanted);

 private:
  Task<Reply> declare(Context context, std::string_view collection, json::View indexes, json::View kept);
  Host& host_;
  Target declare_, describe_;
};

}  // namespace socle::models
