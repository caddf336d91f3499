// uploads.hpp: how files arrive: whole in one request, or in parts (after draft-ietf-httpbis-resumable-upload), so that
// no request holds more than one part in memory. On the caller's worker; the disk is touched on the offload pool.
//
// A part is on disk before the record that counts it is written; what a crash leaves beyond the record is cut off by
// the next part. A file appears to readers with its record's state `whole`, after its bytes and its name are on disk.
#pragma once

#include "disk/vault.hpp"
#include "service/ledger.hpp"
#include "service/settings.hpp"

namespace socle::blob {

class Uploads {
 public:
  Uploads(Host& host, const Settings& settings, const Vault& vault, Ledger& ledger)
      : host_(host), settings_(settings), vault_(vault), ledger_(ledger) {}

  Task<Reply> begin(Request request);  // POST /v1/files
  Task<Reply> go_on(Request request);  // PATCH /v1/files/{id}
  [[nodiscard]] static Reply progress(const File& file);

 private:
  Task<Reply> take(Request request, Part part, File file, bool last, bool created);
  [[nodiscard]] std::optional<Reply> too_large(std::uint64_t size) const;

  Host& host_;
  const Settings& settings_;
  const Vault& vault_;
  Ledger& ledger_;
};

// Repr-Digest of a checksum in hexadecimal (RFC 9530).
[[nodiscard]] std::string digest_header(std::string_view sha256);

}  // namespace socle::blob
