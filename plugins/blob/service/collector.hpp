// collector.hpp: removes what nobody holds: files without a holder, uploads that were never completed, and what a crash
// left on the disk without a record, each once it is older than the grace time. On the caller's worker.
#pragma once

#include "disk/vault.hpp"
#include "service/ledger.hpp"
#include "service/settings.hpp"

namespace socle::blob {

struct Collected {
  std::uint64_t files = 0, bytes = 0, leftovers = 0;
};

class Collector {
 public:
  Collector(Host& host, const Settings& settings, const Vault& vault, Ledger& ledger)
      : host_(host), settings_(settings), vault_(vault), ledger_(ledger) {}

  // One tenant, that of the context. `leftovers`: the disk is searched too.
  Task<Result<Collected>> collect(Context context, bool leftovers);
  // All tenants that have files, again and again, until the generation drains.
  Task<void> sweep();

 private:
  Task<Status> consider(Context context, const Ledger::Mark& mark, Collected& out);
  Task<Status> search_disk(Context context, Collected& out);

  Host& host_;
  const Settings& settings_;
  const Vault& vault_;
  Ledger& ledger_;
};

}  // namespace socle::blob
