// downloads.hpp: how files leave: in pieces that the reader asks for, so a slow reader holds one piece; one range of
// them; conditionally. On the caller's worker; the disk is read on the offload pool.
#pragma once

#include "disk/vault.hpp"
#include "service/ledger.hpp"

namespace socle::blob {

class Downloads {
 public:
  Downloads(Host& host, const Vault& vault, Ledger& ledger) : host_(host), vault_(vault), ledger_(ledger) {}

  Task<Reply> read(Request request);   // GET and HEAD /v1/files/{id}
  Task<Reply> about(Request request);  // GET /v1/files/{id}:about

 private:
  Task<Reply> piece(Request request, std::string id, std::uint64_t at, std::uint64_t end, std::string type);

  Host& host_;
  const Vault& vault_;
  Ledger& ledger_;
};

}  // namespace socle::blob
