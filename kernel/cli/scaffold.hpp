// scaffold.hpp: `socle plugin new`: a plugin's folder from the SDK's template. In every file @name@ becomes
// stock-keeper, @file@ stock_keeper, @Class@ StockKeeper; a file plugin*.cpp becomes stock_keeper*.cpp. The same as
// SocleNew.cmake does. Any thread; blocks on the disk.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "socle/result.hpp"

namespace socle::cli {

// The template beside this executable (PREFIX/bin/socle → PREFIX/share/socle/scaffold), else that of the source tree it
// was built from.
[[nodiscard]] Result<std::filesystem::path> find_scaffold(const std::filesystem::path& executable);

struct Scaffolded {
  std::filesystem::path folder;
  std::vector<std::string> files;  // names inside it, sorted
};

// invalid: a name that is none; conflict: the folder has files already; nothing is left behind after an error.
[[nodiscard]] Result<Scaffolded> make_plugin(const std::filesystem::path& scaffold, const std::string& name,
                                             const std::filesystem::path& folder);

}  // namespace socle::cli
