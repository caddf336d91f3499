// ring_fuzz.cpp: the kernel's end of a lane over whatever a cell may write: the input is written over the peer's memory
// piece by piece, and after each piece the kernel's side reads what is there, gives back, and writes in turn.
//
//   input: pieces of { where: 3 bytes, size: 1 byte, bytes }
//
// What must hold: nothing outside the two memories is touched (ASan), a message's parts lie in its block or in the
// private copy, and no more blocks are lent than there are.
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "cell/link/body.hpp"
#include "cell/ring/lane.hpp"
#include "cell/ring/message.hpp"

namespace {

using namespace socle::cell;

constexpr std::size_t lane_size = Layout::stride;
constexpr std::size_t small_slab = slab_size;

struct Peer {
  std::byte* up = nullptr;    // the cell's memory: a pair and a slab
  std::byte* down = nullptr;  // the kernel's

  Peer() {
    const auto map = [](std::size_t size) {
      return static_cast<std::byte*>(
          mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    };
    up = map(lane_size + small_slab);
    down = map(lane_size + small_slab);
  }
  void clear() const {
    for (std::byte* at : {up, down}) madvise(at, lane_size + small_slab, MADV_DONTNEED);
  }
};

void check(bool good) {
  if (!good) std::abort();
}

bool within(std::string_view part, const std::byte* at, std::size_t size) {
  const auto* begin = reinterpret_cast<const char*>(at);
  return part.empty() || (part.data() >= begin && part.data() + part.size() <= begin + size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Peer peer;
  peer.clear();
  Slab slab(peer.down + lane_size);
  Producer to_cell(peer.down, peer.up, slab);
  Consumer from_cell(peer.down, peer.up, peer.up + lane_size);
  Scratch scratch;
  for (int pieces = 0; size >= 4 && pieces < 64; ++pieces) {
    const std::size_t where = (std::size_t{data[0]} << 16 | std::size_t{data[1]} << 8 | data[2]) % lane_size;
    const std::size_t length = std::min<std::size_t>({data[3], size - 4, lane_size - where});
    std::memcpy(peer.up + where, data + 4, length);
    data += 4 + length;
    size -= 4 + length;
    for (int i = 0; i < 16; ++i) {
      const auto taken = from_cell.next();
      if (!taken) break;
      const auto in = read_message(taken->at, taken->size, scratch, true);
      if (in) {
        check(within((*in)[Field::text], taken->at, taken->size));
        check(within((*in)[Field::doc], taken->at, taken->size));
        check(within((*in)[Field::tenant], scratch.bytes.data(), scratch.bytes.size()));
        for (const auto& pair : in->meta)
          check(within(socle::bus::view(pair.value), scratch.bytes.data(), scratch.bytes.size()));
        const socle::bus::PayloadRef body(private_body(*in));
        check(!body || body->text.size == (*in)[Field::text].size());
      }
      static_cast<void>(from_cell.give_back(taken->block));
    }
    static_cast<void>(from_cell.sleep());
    for (const std::size_t wanted : {std::size_t{100}, std::size_t{5000}, std::size_t{100'000}}) {
      const auto room = to_cell.take(wanted);
      if (!room) continue;
      check(room->size >= wanted && to_cell.outstanding() <= block_count + slab_leases);
      std::memset(room->at, 1, wanted);
      static_cast<void>(to_cell.push(*room, wanted));
    }
  }
  return 0;
}
