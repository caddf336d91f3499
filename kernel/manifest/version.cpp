#include "manifest/version.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "manifest/quantities.hpp"

namespace socle::manifest {

namespace {

constexpr std::size_t longest_version = 128;
constexpr std::size_t most_comparisons = 8;

// The text up to `separator`, which is removed from `rest` together with it.
std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto head = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return head;
}

bool is_numeric(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool are_identifiers(std::string_view text, bool refuse_leading_zeros) {
  if (text.empty() || text.ends_with('.')) return false;
  while (!text.empty()) {
    const auto part = take_until(text, '.');
    const bool known = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (!known || (refuse_leading_zeros && is_numeric(part) && part.size() > 1 && part[0] == '0')) return false;
  }
  return true;
}

// One to three numbers with dots between; the number of them, or 0.
int parse_core(std::string_view text, Version& version) {
  const std::array<std::uint32_t*, 3> parts{&version.major, &version.minor, &version.patch};
  if (text.ends_with('.')) return 0;
  int count = 0;
  while (!text.empty()) {
    if (count == 3) return 0;
    const auto number = parse_unsigned(take_until(text, '.'));
    if (!number || *number > UINT32_MAX) return 0;
    *parts[static_cast<std::size_t>(count++)] = static_cast<std::uint32_t>(*number);
  }
  return count;
}

std::optional<Version> parse(std::string_view text, bool partial) {
  if (text.empty() || text.size() > longest_version) return std::nullopt;
  Version version;
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    version.build = text.substr(plus + 1);
    if (!are_identifiers(version.build, false)) return std::nullopt;
    text = text.substr(0, plus);
  }
  bool has_pre_release = false;
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    has_pre_release = true;
    version.pre_release = text.substr(dash + 1);
    if (!are_identifiers(version.pre_release, true)) return std::nullopt;
    text = text.substr(0, dash);
  }
  const int count = parse_core(text, version);
  if (count == 0 || (count < 3 && (!partial || has_pre_release))) return std::nullopt;
  return version;
}

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool a_numeric = is_numeric(a);
  const bool b_numeric = is_numeric(b);
  if (a_numeric != b_numeric) return a_numeric ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a_numeric && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::strong_ordering compare_pre_release(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // without one is above: true > false
  while (!a.empty() && !b.empty()) {
    const auto order = compare_identifiers(take_until(a, '.'), take_until(b, '.'));
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

bool same_core(const Version& a, const Version& b) {
  return a.major == b.major && a.minor == b.minor && a.patch == b.patch;
}

constexpr std::array<std::pair<std::string_view, VersionRange::Relation>, 5> relations{
    {{">=", VersionRange::Relation::at_least},
     {"<=", VersionRange::Relation::at_most},
     {">", VersionRange::Relation::above},
     {"<", VersionRange::Relation::below},
     {"=", VersionRange::Relation::equal}}};

bool holds(const VersionRange::Comparison& comparison, const Version& version) {
  const auto order = version <=> comparison.version;
  switch (comparison.relation) {
    case VersionRange::Relation::at_least: return order >= 0;
    case VersionRange::Relation::above: return order > 0;
    case VersionRange::Relation::at_most: return order <= 0;
    case VersionRange::Relation::below: return order < 0;
    case VersionRange::Relation::equal: return order == 0;
  }
  return false;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) { return parse(text, false); }

std::string to_string(const Version& version) {
  std::string text =
      std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
  if (!version.pre_release.empty()) text += "-" + version.pre_release;
  if (!version.build.empty()) text += "+" + version.build;
  return text;
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = a.major <=> b.major; order != 0) return order;
  if (const auto order = a.minor <=> b.minor; order != 0) return order;
  if (const auto order = a.patch <=> b.patch; order != 0) return order;
  return compare_pre_release(a.pre_release, b.pre_release);
}

bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

bool VersionRange::contains(const Version& version) const {
  for (const auto& comparison : comparisons_) {
    if (!holds(comparison, version)) return false;
  }
  if (version.pre_release.empty() || comparisons_.empty()) return true;
  return std::any_of(comparisons_.begin(), comparisons_.end(), [&](const Comparison& comparison) {
    return !comparison.version.pre_release.empty() && same_core(comparison.version, version);
  });
}

std::optional<VersionRange> parse_version_range(std::string_view text) {
  VersionRange range;
  if (text == "*") return range;
  while (!text.empty()) {
    auto word = take_until(text, ' ');
    if (word.empty()) continue;
    VersionRange::Comparison comparison;
    for (const auto& [sign, relation] : relations) {
      if (!word.starts_with(sign)) continue;
      comparison.relation = relation;
      word.remove_prefix(sign.size());
      break;
    }
    auto version = parse(word, true);
    if (!version || range.comparisons_.size() == most_comparisons) return std::nullopt;
    comparison.version = std::move(*version);
    range.comparisons_.push_back(std::move(comparison));
  }
  if (range.comparisons_.empty()) return std::nullopt;
  return range;
}

std::string to_string(const VersionRange& range) {
  if (range.is_any()) return "*";
  std::string text;
  for (const auto& comparison : range.comparisons()) {
    if (!text.empty()) text += ' ';
    for (const auto& [sign, relation] : relations) {
      if (relation == comparison.relation) text += sign;
    }
    text += to_string(comparison.version);
  }
  return text;
}

std::optional<AbiVersion> parse_abi_version(std::string_view text) {
  const auto major = parse_unsigned(take_until(text, '.'));
  const auto minor = parse_unsigned(text);
  if (!major || !minor || *major > UINT16_MAX || *minor > UINT16_MAX) return std::nullopt;
  return AbiVersion{static_cast<std::uint16_t>(*major), static_cast<std::uint16_t>(*minor)};
}

std::string to_string(AbiVersion version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

}  // namespace socle::manifest
