// record.hpp: one entry of the trail as it lies in a segment. A header of 128 bytes, then the payload: 16 random bytes
// and the entry's JSON. The chain runs over the header, which holds the payload's hash, so a payload can be erased and
// the chain still proves the rest; the random bytes keep the hash from telling what was erased. Pure; any thread.
//
//    0 u32 "ASE1"   4 u32 payload bytes   8 u64 sequence   16 i64 UTC ns   24 u64 tenant's tag
//   32 u64 store   40 u64 commit   48 u64 number: where in storage's outbox it came from, 0 if from nowhere
//   56 u8 kind, 7 zero bytes   64 SHA-256 of the payload   96 chain = SHA-256(chain before, bytes 0 to 96)
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "socle/audit/digest.hpp"
#include "socle/result.hpp"

namespace socle::audit {

inline constexpr std::size_t record_header = 128;
inline constexpr std::size_t max_payload = 64 * 1024;
inline constexpr std::size_t salt_size = 16;

// entry: an event. erasure: the payloads of this tenant before it were erased. retention: older segments were dropped.
enum class Kind : std::uint8_t { entry = 1, erasure = 2, retention = 3 };

// The place of an event in storage's outbox: what was absorbed already is known by it.
struct Origin {
  std::uint64_t store = 0, commit = 0, number = 0;
  friend auto operator<=>(const Origin&, const Origin&) = default;
};

struct Entry {
  Kind kind = Kind::entry;
  std::int64_t time_ns = 0;
  std::string tenant;         // "": the operator's
  std::string trace, target;  // what the index knows it by, besides the tenant
  std::string json;
  Origin origin;
};

struct Record {
  std::uint64_t sequence = 0;
  std::int64_t time_ns = 0;
  std::uint64_t tag = 0;
  Origin origin;
  Kind kind = Kind::entry;
  std::uint32_t payload_size = 0;
  Digest payload_hash{}, chain{};
  [[nodiscard]] std::size_t size() const { return record_header + payload_size; }
};

// The record's bytes. `chain` goes in as the chain so far and comes out with this record.
void append_record(std::string& out, const Entry& entry, std::uint64_t sequence, Digest& chain);

// What is wrong with bytes that should be a record.
struct Flaw {
  std::string what, expected, found;
};
// REQUIRES: header.size() == record_header. Says nothing of the payload.
[[nodiscard]] std::optional<Flaw> read_header(std::string_view header, std::uint64_t sequence, const Digest& before,
                                              Record& out);
// Reads without judging the chain, for those who look things up. False: this is no record.
[[nodiscard]] bool peek_header(std::string_view header, Record& out);

enum class PayloadState { intact, erased, changed };
[[nodiscard]] PayloadState judge_payload(const Record& record, std::string_view payload);

}  // namespace socle::audit
