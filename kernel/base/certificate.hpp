// base/certificate.hpp: what a certificate file says, for those who look after it. Any thread; reads the disk.
#pragma once

#include <chrono>
#include <filesystem>

#include "socle/result.hpp"

namespace socle::base {

// When the first certificate of a chain in PEM expires. The error names the file.
[[nodiscard]] Result<std::chrono::system_clock::time_point> end_of_certificates(const std::filesystem::path& chain);

}  // namespace socle::base
