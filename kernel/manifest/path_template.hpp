// path_template.hpp: the form of a route's path. "/v1/forms/{form}/records:batch", "/v1/rules/{set}:test",
// "/files/{rest*}". Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socle::manifest {

// What is wrong with it, as a sentence; nothing when it is well formed: begins with '/', at most 32 segments and 512
// bytes, no empty segment but the root's, at most one {name} a segment and at its beginning, no name twice, {name*}
// only as the last segment, no '?', '#', '%', blanks or control characters.
[[nodiscard]] std::optional<std::string> path_template_problem(std::string_view path);

// The names in braces, in order, without '*'. Of a malformed template: those that can be read.
[[nodiscard]] std::vector<std::string> path_parameters(std::string_view path);

// The template with its names taken out, "/v1/forms/{}/records": equal shapes match the same requests.
[[nodiscard]] std::string path_shape(std::string_view path);

}  // namespace socle::manifest
