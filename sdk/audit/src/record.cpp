#include "socle/audit/record.hpp"

#include <algorithm>

#include "bytes.hpp"

namespace socle::audit {
namespace {

constexpr std::uint32_t magic = 0x31455341;  // "ASE1"
constexpr std::size_t chained = 96;

std::string_view chained_part(std::string_view header) { return header.substr(0, chained); }

Flaw flaw(std::string what, std::string expected, std::string found) {
  return {std::move(what), std::move(expected), std::move(found)};
}

}  // namespace

void append_record(std::string& out, const Entry& entry, std::uint64_t sequence, Digest& chain) {
  std::string payload(salt_size, '\0');
  // Without random bytes the kept hash of an erased entry could be guessed at; that is all that is lost.
  static_cast<void>(random_bytes(reinterpret_cast<unsigned char*>(payload.data()), salt_size));
  payload += entry.json;
  std::string header(record_header, '\0');
  store(header, 0, magic);
  store(header, 4, static_cast<std::uint32_t>(payload.size()));
  store(header, 8, sequence);
  store(header, 16, entry.time_ns);
  store(header, 24, tenant_tag(entry.tenant));
  store(header, 32, entry.origin.store);
  store(header, 40, entry.origin.commit);
  store(header, 48, entry.origin.number);
  header[56] = static_cast<char>(entry.kind);
  store_bytes(header, 64, bytes_of(sha256({payload})));
  chain = sha256({bytes_of(chain), chained_part(header)});
  store_bytes(header, 96, bytes_of(chain));
  out += header;
  out += payload;
}

bool peek_header(std::string_view header, Record& out) {
  out.payload_size = load<std::uint32_t>(header, 4);
  out.sequence = load<std::uint64_t>(header, 8);
  out.time_ns = load<std::int64_t>(header, 16);
  out.tag = load<std::uint64_t>(header, 24);
  out.origin = {load<std::uint64_t>(header, 32), load<std::uint64_t>(header, 40), load<std::uint64_t>(header, 48)};
  out.kind = static_cast<Kind>(header[56]);
  std::copy_n(reinterpret_cast<const unsigned char*>(header.data()) + 64, out.payload_hash.size(),
              out.payload_hash.begin());
  std::copy_n(reinterpret_cast<const unsigned char*>(header.data()) + 96, out.chain.size(), out.chain.begin());
  return load<std::uint32_t>(header, 0) == magic && out.payload_size >= salt_size && out.payload_size <= max_payload &&
         out.kind >= Kind::entry && out.kind <= Kind::retention;
}

std::optional<Flaw> read_header(std::string_view header, std::uint64_t sequence, const Digest& before, Record& out) {
  const bool legible = peek_header(header, out);
  const Digest chain = sha256({bytes_of(before), chained_part(header)});
  if (chain != out.chain || !legible) {
    if (const auto found = load<std::uint32_t>(header, 0); found != magic)
      return flaw("the entry does not begin as one", "ASE1", to_hex(header.substr(0, 4)));
    return flaw("the chain breaks: the entry's header was changed", to_hex(bytes_of(chain)),
                to_hex(header.substr(96, 32)));
  }
  if (out.sequence != sequence)
    return flaw("entries are missing or out of order", "sequence " + std::to_string(sequence),
                "sequence " + std::to_string(out.sequence));
  return std::nullopt;
}

PayloadState judge_payload(const Record& record, std::string_view payload) {
  if (sha256({payload}) == record.payload_hash) return PayloadState::intact;
  const bool blank = std::all_of(payload.begin(), payload.end(), [](char c) { return c == '\0'; });
  return blank && record.kind == Kind::entry ? PayloadState::erased : PayloadState::changed;
}

}  // namespace socle::audit
