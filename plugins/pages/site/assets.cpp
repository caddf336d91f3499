#include <cstdint>

#include "site/texts.hpp"

namespace socle::pages {

// FNV-1a with 64 bits: contents are told apart, nothing is protected by it.
std::string address_of(const Asset& asset) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : asset.body) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  const std::size_t dot = asset.name.rfind('.');
  std::string out("/assets/");
  out.append(asset.name.substr(0, dot)).append(".");
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[hash >> static_cast<unsigned>(shift) & 15U];
  return out.append(asset.name.substr(dot));
}

}  // namespace socle::pages
