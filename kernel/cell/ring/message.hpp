// cell/ring/message.hpp: what is said between kernel and cell. A message lies in one block:
//
//   Head │ sizes of the pairs' keys and values │ names, short texts, pairs │ text, 64 zero bytes │ document
//
// The writer copies each part once. The reader believes nothing: the head is copied before it is checked, every size
// against the block's; with a Scratch everything but text and document is copied, too, so that a peer that goes on
// writing changes nothing. Without one (the cell, which trusts the kernel) all views lie in the block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "socle/abi.h"
#include "socle/result.hpp"

namespace socle::cell {

enum class Kind : std::uint32_t {
  // kernel → cell
  call = 1,  // number: the kernel's; method: index or hook; time: deadline; acts_for: version of the routes; context;
             // of who pays, value: weight (0: nobody), status: memory pressure, memory, call_memory
  answer,    // number: the cell's; status; what a request, publish, resolve, catalog or limit came to
  cancel,    // number: the kernel's; nobody waits for that call any more
  end,       // destroy the instance and leave
  // cell → kernel
  ready,    // the library is loaded and the instance made, or status and text say why not
  reply,    // number: the kernel's; status; flag_closed when its context is no longer used; time: CPU ns it took
  close,    // number: of a context; nothing acts for it any more; time: CPU ns for it since
  request,  // number: the cell's; acts_for; method: the kernel's target; time: time-out
  publish,  // number: the cell's; acts_for; name: the channel
  give_up,  // number: the cell's; its request or publication is no longer waited for
  resolve,  // number: the cell's; name: service, text: method
  catalog,  // number: the cell's; name
  limit,    // number: the cell's; acts_for; name. The answer's value
  open,     // number: of the new context; tenant; name: reason; time: deadline
  log,      // status: level; acts_for or 0; text; meta: fields
  metric,   // number: its index; method: kind; name; text: help
  observe,  // number: of a metric; value
  meter,    // acts_for; name; value; flag_level: a stock's level, not something to add
};

enum class Field : std::uint32_t { tenant, principal, claims, idempotency_key, lane, name, text, doc };
inline constexpr std::size_t field_count = 8;
inline constexpr std::size_t short_fields = 6;  // all but text and doc

inline constexpr std::uint32_t flag_closed = 1;
inline constexpr std::uint32_t flag_level = 2;

// Numbers name the pair they belong to in the top byte. The kernel's are tokens of its bus, whose slots stay below
// 2^16; those of contexts that the cell opened have this bit.
inline constexpr std::uint64_t opened_bit = std::uint64_t{1} << 55;

struct Head {
  Kind kind{};
  std::int32_t status = 0;
  std::uint64_t number = 0;
  std::uint64_t acts_for = 0;
  std::int64_t time = 0;
  double value = 0;
  std::uint64_t memory = 0;       // bytes that the payer of a call may hold in this cell
  std::uint64_t call_memory = 0;  // and that one call of it may
  std::uint32_t method = 0;
  std::uint32_t flags = 0;
  std::uint32_t work_class = 0;
  std::uint32_t media = 0;
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  std::uint32_t trace_flags = 0;
  std::uint32_t meta_count = 0;  // pairs of a payload
  std::uint32_t key_count = 0;   // pairs of a context
  std::array<std::uint32_t, field_count> sizes{};
  std::uint32_t pair_bytes = 0;  // all keys and values together
};
static_assert(sizeof(Head) == 144, "no padding: it would carry bytes of this process to the other");

// A message to be written: views of what its parts are.
struct Outgoing {
  Head head;
  std::array<std::string_view, field_count> fields{};
  std::span<const socle_pair> meta, keys;

  explicit Outgoing(Kind kind) { head.kind = kind; }
  std::string_view& operator[](Field f) { return fields[static_cast<std::size_t>(f)]; }
  // Media, metadata, text and document of a payload; nullptr: none.
  void body(const socle_payload* payload);
  // Fills the head's sizes; the bytes that write() needs.
  std::size_t measure();
  // REQUIRES: measure() bytes at `to`, aligned to 16.
  void write(std::byte* to) const;
};

// Where a reader keeps its copy of one message's parts; reused from message to message.
struct Scratch {
  std::vector<std::byte> bytes;
  std::vector<socle_pair> pairs;
};

struct Incoming {
  Head head;
  std::array<std::string_view, field_count> fields{};
  std::span<const socle_pair> meta, keys;

  [[nodiscard]] std::string_view operator[](Field f) const { return fields[static_cast<std::size_t>(f)]; }
};

// The message in [at, at + size); `at` is aligned to 16. What `copy` holds is valid until its next use; text and doc
// always lie in the block. invalid: what does not fit.
[[nodiscard]] Result<Incoming> read_message(const std::byte* at, std::size_t size, Scratch& scratch, bool copy);

}  // namespace socle::cell
