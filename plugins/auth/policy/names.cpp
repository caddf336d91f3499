#include "policy/names.hpp"

#include <algorithm>
#include <array>

namespace socle::authz {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_resource = 200;

bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_small(c) || (c >= 'A' && c <= 'Z'); }

bool is_identifier(std::string_view text) {
  constexpr std::array<std::string_view, 5> taken{"true", "false", "null", "in", "as"};
  if (text.empty() || text.size() > longest_name || is_digit(text[0])) return false;
  if (std::find(taken.begin(), taken.end(), text) != taken.end()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

}  // namespace

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && is_small(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_small(c) || is_digit(c) || c == '_' || c == '-'; });
}

bool is_action_pattern(std::string_view text) { return text == "*" || is_word(text); }

bool is_permission(std::string_view text) {
  if (text == "*") return true;
  const auto [area, action] = parts_of(text);
  return is_word(area) && is_action_pattern(action);
}

bool is_resource_pattern(std::string_view text) {
  if (text == "*") return true;
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size() || text.size() > longest_resource) return false;
  if (!is_word(text.substr(0, slash))) return false;
  const auto name = text.substr(slash + 1);
  const auto stem = name.back() == '*' ? name.substr(0, name.size() - 1) : name;
  return std::all_of(stem.begin(), stem.end(), [](char c) { return c > ' ' && c < 127 && c != '*'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
  });
}

bool is_field_path(std::string_view text) {
  for (std::size_t parts = 0; parts < 8; ++parts) {
    const auto dot = text.find('.');
    if (!is_identifier(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
  return false;
}

bool is_field_pointer(std::string_view text) {
  if (text.size() < 2 || text.size() > longest_resource || text[0] != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < ' ') return false;
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  }
  return true;
}

bool action_covers(std::string_view pattern, std::string_view action) {
  if (pattern == action || pattern == "*") return true;
  return pattern == "write" && (action == "create" || action == "update" || action == "delete");
}

bool resource_covers(std::string_view pattern, std::string_view resource) {
  if (pattern.empty()) return false;
  if (pattern.back() != '*') return pattern == resource;
  return resource.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool permission_covers(std::string_view permission, std::string_view area, std::string_view action) {
  if (permission == "*") return true;
  const auto parts = parts_of(permission);
  return parts.area == area && action_covers(parts.action, action);
}

std::string_view area_of(std::string_view resource) {
  const auto area = resource.substr(0, resource.find('/'));
  return area == "forms" ? std::string_view("records") : area;
}

PermissionParts parts_of(std::string_view permission) {
  const auto colon = permission.find(':');
  if (colon == std::string_view::npos) return {permission, {}};
  return {permission.substr(0, colon), permission.substr(colon + 1)};
}

}  // namespace socle::authz
