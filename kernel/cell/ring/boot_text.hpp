// cell/ring/boot_text.hpp: what a cell learns before its first message: the head of `down` and the text behind it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cell/boot.hpp"
#include "cell/ring/layout.hpp"
#include "socle/result.hpp"

namespace socle::cell {

struct MethodName {
  std::string service, name;
};

struct BootText {
  std::string plugin, version;
  std::string config;  // JSON object for create()
  std::uint64_t generation = 0;
  std::uint64_t abi_minor = 0;  // of the plugin's note
  std::uint64_t offload_threads = 0, offload_queue = 0;
  std::uint64_t may_act_as = 0;     // 1: granted
  std::uint64_t loop_patience = 0;  // ns, see Guest::work_hangs(); 0: for ever
  std::vector<MethodName> methods;  // the kernel's numbers of the plugin's methods
};

// First bytes of `down`.
struct DownHead {
  std::uint64_t magic;
  std::uint32_t pairs;
  std::uint32_t text;               // bytes behind the head page
  std::atomic<std::uint64_t> beat;  // the cell's worker repeats it in UpHead when it comes round
};
// First bytes of `up`.
struct UpHead {
  CurrentWork work;
  std::atomic<std::uint64_t> beat;
};
static_assert(sizeof(UpHead) <= page);
inline constexpr std::uint64_t down_magic = 0x31'4c'4c'45'43'4c'43'53;  // "SCLCELL1"
inline constexpr std::size_t most_boot_text = 4U << 20;

[[nodiscard]] std::string encode(const BootText& text);
[[nodiscard]] Result<BootText> decode(std::string_view bytes);

}  // namespace socle::cell
