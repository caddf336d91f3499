// names.hpp: the small languages of authorization: actions (`read`), permissions (`records:read`, `records:*`, `*`) and
// resources (`forms/leave`, `forms/hr-*`, `*`). Any thread; nothing is kept.
#pragma once

#include <string_view>

namespace socle::authz {

// `read`: a letter, then letters, digits, `_` and `-`, all small; at most 64.
[[nodiscard]] bool is_word(std::string_view text);
// A word, or `*`.
[[nodiscard]] bool is_action_pattern(std::string_view text);
// `*`, `AREA:*` or `AREA:ACTION`.
[[nodiscard]] bool is_permission(std::string_view text);
// `AREA/NAME` where NAME may end in `*`, or `*`; at most 200 bytes of printable ASCII without white space.
[[nodiscard]] bool is_resource_pattern(std::string_view text);
// A name of people's choice: role, unit, id: 1 to 64 of `a-z A-Z 0-9 _ - .`.
[[nodiscard]] bool is_name(std::string_view text);
// A path of identifiers that CEL can read below `record`: `org`, `owner.unit`.
[[nodiscard]] bool is_field_path(std::string_view text);
// A JSON Pointer below the document's root: `/salary`.
[[nodiscard]] bool is_field_pointer(std::string_view text);

// `write` is create, update and delete.
[[nodiscard]] bool action_covers(std::string_view pattern, std::string_view action);
[[nodiscard]] bool resource_covers(std::string_view pattern, std::string_view resource);
// Does the permission grant `action` in `area`?
[[nodiscard]] bool permission_covers(std::string_view permission, std::string_view area, std::string_view action);
// The area whose permissions guard a resource: `records` for `forms/NAME`, else what stands before the `/`.
[[nodiscard]] std::string_view area_of(std::string_view resource);
// `records:read` as its two halves; the second empty without a `:`.
struct PermissionParts {
  std::string_view area;
  std::string_view action;
};
[[nodiscard]] PermissionParts parts_of(std::string_view permission);

}  // namespace socle::authz
