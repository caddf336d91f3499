// black_box.hpp: the last words of a process that hosts plugins (the kernel or a cell), in memory it shares with the
// one that writes them down (the supervisor, or the kernel for its cells). Written once, by the signal handler of the
// process that crashes (handler.hpp); read after its death (report.hpp). Plain bytes: the writer may be corrupt or
// hostile, so the reader trusts no length, no text and no number in it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace socle::crash {

struct BlackBox {
  enum Stage : uint32_t { empty, signalled, blamed, traced };  // how far the handler came
  static constexpr size_t most_frames = 64;
  static constexpr size_t maps_room = 256 * 1024;

  std::atomic<uint32_t> stage;
  int32_t signal;
  int32_t code;  // si_code
  int32_t thread;
  uint64_t address;  // si_addr

  // Whose code ran, as far as it is known; text is cut to its room and ends with NUL when shorter.
  char plugin[68];
  char version[36];
  char method[132];  // "greet", or what the kernel did with the plugin: "create"
  char tenant[68];
  uint64_t generation;
  uint64_t input_size;
  uint64_t input_hash;  // hash_input() of the payload

  uint32_t frames;
  uint32_t maps_size;
  uint64_t stack[most_frames];
  char maps[maps_room];  // /proc/self/maps, which is gone with the process
};

template <size_t N>
inline void put_text(char (&room)[N], std::string_view text) {
  const size_t n = text.size() < N ? text.size() : N;
  std::memcpy(room, text.data(), n);
  if (n < N) room[n] = 0;
}

// FNV-1a, 64 bits (offset basis 0xcbf29ce484222325, prime 0x100000001b3): simple enough for a signal handler.
[[nodiscard]] inline uint64_t hash_input(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace socle::crash
