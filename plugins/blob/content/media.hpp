// media.hpp: what a file is by its first bytes, and whether that agrees with what its sender says it is. Pure; any
// thread. Signatures: WHATWG MIME Sniffing (6.1-6.3, 7.1), the formats' own documents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace socle::blob {

// How many leading bytes a verdict needs.
inline constexpr std::size_t sniffed_bytes = 1024;

// "image/png"; "application/zip" also for what is packed into zip (docx, xlsx, epub); "text/html" for what a browser
// would take for HTML; "" when no signature fits.
[[nodiscard]] std::string_view sniff(std::string_view head);

// "Image/PNG; q=1" gives "image/png"; "" when it is no media type.
[[nodiscard]] std::string media_of(std::string_view content_type);

// The type to keep. `declared` "" or application/octet-stream: what the bytes say. Empty: the bytes contradict it.
[[nodiscard]] std::string settle(std::string_view declared, std::string_view head);

// By patterns such as "image/*", "application/pdf"; no patterns: everything.
[[nodiscard]] bool admitted(std::string_view media, const std::vector<std::string>& patterns);

// May be shown in a browser window of ours: raster images and PDF; never what can carry script.
[[nodiscard]] bool harmless_inline(std::string_view media);

}  // namespace socle::blob
