#include "version/version.hpp"

#include <array>

namespace socle::models {
namespace {

// Up to three numbers joined by dots, or 0 of them.
std::size_t split(std::string_view text, std::array<std::uint32_t, 3>& parts) {
  std::size_t count = 0;
  while (count < 3) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || part.size() > 6 || (part.size() > 1 && part[0] == '0')) return 0;
    std::uint32_t value = 0;
    for (const char c : part) {
      if (c < '0' || c > '9') return 0;
      value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    parts[count++] = value;
    if (dot == std::string_view::npos) return count;
    text.remove_prefix(dot + 1);
  }
  return 0;
}

}  // namespace

std::string to_string(const Version& v) {
  return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
}

std::optional<Version> parse_version(std::string_view text) {
  std::array<std::uint32_t, 3> parts{};
  if (split(text, parts) != 3) return std::nullopt;
  return Version{parts[0], parts[1], parts[2]};
}

std::optional<Selector> parse_selector(std::string_view text) {
  std::array<std::uint32_t, 3> parts{};
  const std::size_t count = split(text, parts);
  if (count == 0) return std::nullopt;
  Selector out{parts[0]};
  if (count > 1) out.minor = parts[1];
  if (count > 2) out.patch = parts[2];
  return out;
}

std::string_view to_string(Level level) {
  return level == Level::patch ? "patch" : level == Level::minor ? "minor" : "major";
}

Version bumped(const Version& v, Level level) {
  if (level == Level::major) return {v.major + 1, 0, 0};
  if (level == Level::minor) return {v.major, v.minor + 1, 0};
  return {v.major, v.minor, v.patch + 1};
}

}  // namespace socle::models
